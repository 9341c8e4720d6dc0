package ui

import (
	"errors"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// processPages show the process of a tenant's worker.
type processPages struct {
	*tenantScreen
	logs    *supervisor.Logs
	history *dashboard.History
	configs *supervisor.Configs
	events  *eventPages
}

func (h *processPages) routes() []Route { return []Route{h.view("/process", h.show)} }

type processPage struct {
	tenantFrame
	Process  processView
	Memory   graphView
	CPU      graphView
	Restarts eventsView
	Limits   []pair
	Env      []flowhq.EnvVar
}

type pair struct{ Name, Value string }

type processView struct {
	ID                     string
	Known                  bool
	Status                 status
	PID, Restarts          int
	StartedAt, NextStart   *time.Time
	Memory, MemoryMax, CPU string
	Peak                   string
	Share                  int // of the memory's limit, in percent
	LastExit               string
	LastExitAt             *time.Time
	SeenAt, HeardAt        *time.Time
	LeftOut                string // how many messages were none of the bot's business
	Error                  string
}

func (h *processPages) show(c *gin.Context, t flowhq.TenantDetail) {
	v := processPage{tenantFrame: h.frame(c, t, "/process")}
	var errs [4]error
	v.Process, errs[0] = h.processView(c, t)
	v.Restarts, errs[1] = h.events.eventsView(c, t.ID, flowhq.TenantEventWorker, 25)
	errs[2] = h.graphs(c, t.ID, &v)
	v.Env, errs[3] = h.logs.Environment(c.Request.Context(), t.ID)
	if err := errors.Join(errs[:]...); err != nil {
		h.fail(c, err)
		return
	}
	switch c.Query("part") {
	case "process":
		h.render(c, http.StatusOK, pageProcess, "process", v)
	case "restarts":
		h.render(c, http.StatusOK, pageProcess, "restarts", v.Restarts)
	default:
		limits, err := h.configs.TenantLimits(c.Request.Context(), t.ID)
		if err != nil {
			h.fail(c, err)
			return
		}
		v.Limits = limitPairs(h.translator(c), limits)
		h.render(c, http.StatusOK, pageProcess, "layout", v)
	}
}

func (h *processPages) graphs(c *gin.Context, id string, v *processPage) error {
	samples := h.history.Samples(id)
	p, err := h.logs.Process(c.Request.Context(), id)
	if err != nil {
		return err
	}
	l := h.translator(c)
	v.Memory = newGraph(samples, float64(p.MemoryMax), func(s flowhq.ProcessSample) float64 {
		return float64(s.Memory)
	}, func(f float64) string { return l.bytes(int64(f)) })
	v.CPU = newGraph(samples, 0, func(s flowhq.ProcessSample) float64 {
		return s.CPU
	}, func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) + " %" })
	return nil
}

func limitPairs(l translator, m flowhq.Limits) []pair {
	count := func(n int) string {
		if n == 0 {
			return l.text(key.PageLimitNone)
		}
		return l.number(int64(n))
	}
	yes := map[bool]string{true: l.text(key.PageWordOn), false: l.text(key.PageWordOff)}
	return []pair{
		{l.text(key.PageLimitReplies), count(m.RepliesPerMinute)},
		{l.text(key.PageLimitContact), count(m.ContactReplies) + " / " + l.duration(m.ContactWindow)},
		{l.text(key.PageLimitTyping), yes[m.Typing]},
		{l.text(key.PageLimitCatchUp), l.duration(m.CatchUp)},
		{l.text(key.PageLimitHandoff), l.duration(m.Handoff)},
	}
}

func (h *processPages) processView(c *gin.Context, t flowhq.TenantDetail) (processView, error) {
	l := h.translator(c)
	v := processView{ID: t.ID, Status: workerStatus(l, flowhq.WorkerStopped)}
	if t.Worker != nil {
		v.Status = workerStatus(l, t.Worker.Status)
		if t.Worker.LastError != "" && t.Status != flowhq.TenantError {
			v.Error = l.say(t.Worker.LastError)
		}
	}
	if t.Session != nil {
		v.SeenAt, v.HeardAt = t.Session.LastSeenAt, t.Session.WAHeardAt
	}
	p, err := h.logs.Process(c.Request.Context(), t.ID)
	if err != nil {
		return v, err
	}
	v.Known = p.PID != 0 || p.LastExit != "" || p.Restarts > 0
	v.PID, v.Restarts, v.StartedAt, v.NextStart = p.PID, p.Restarts, p.StartedAt, p.NextStart
	v.Memory, v.MemoryMax, v.Peak = size(l, p.MemoryRSS), size(l, p.MemoryMax), size(l, p.MemoryPeak)
	if p.MemoryMax > 0 {
		v.Share = int(100 * p.MemoryRSS / p.MemoryMax)
	}
	v.LastExit, v.LastExitAt = l.say(p.LastExit), p.LastExitAt
	if p.CPU > 0 {
		v.CPU = l.duration(p.CPU)
	}
	v.LeftOut = leftOutText(l, p.Ignored)
	return v, nil
}

// leftOutText says where messages were written that the bot left alone; "" when there were none.
func leftOutText(l translator, counts map[flowhq.IgnoredSource]int64) string {
	var parts []string
	for _, where := range flowhq.IgnoredSources() {
		if n := counts[where]; n > 0 {
			parts = append(parts, l.word("left_out", string(where))+" "+l.number(n))
		}
	}
	return strings.Join(parts, " · ")
}

// size writes an amount of memory; "" for none.
func size(l translator, n int64) string {
	if n <= 0 {
		return ""
	}
	return l.bytes(n)
}

// graphView is a line over time, drawn as SVG on the server. The words say the same for those who do not see it.
type graphView struct {
	Points         string // of a polyline in a box of 600 by 120
	Area           string // the same, closed to the ground
	Limit          string // where the limit lies; "" when it is out of sight
	Now, Top, Span string
	From           time.Time
	Empty          bool
}

const graphWidth, graphHeight = 600, 120

// newGraph draws samples to scale: the top is the highest value with some air, or the limit where that is near.
func newGraph(samples []flowhq.ProcessSample, limit float64, of func(flowhq.ProcessSample) float64,
	say func(float64) string) graphView {
	if len(samples) < 2 {
		return graphView{Empty: true}
	}
	first, last := samples[0].At, samples[len(samples)-1].At
	highest := 0.0
	for _, s := range samples {
		highest = max(highest, of(s))
	}
	top := max(highest*1.25, 1e-9)
	v := graphView{Now: say(of(samples[len(samples)-1])), Top: say(highest), From: first}
	if limit > 0 && limit < 3*highest {
		top = limit * 1.05
		v.Limit = strconv.FormatFloat(graphHeight*(1-limit/top), 'f', 1, 64)
	}
	var line strings.Builder
	for _, s := range samples {
		x := graphWidth * s.At.Sub(first).Seconds() / max(1, last.Sub(first).Seconds())
		fmt.Fprintf(&line, "%.1f,%.1f ", x, graphHeight*(1-of(s)/top))
	}
	v.Points = strings.TrimSpace(line.String())
	v.Area = fmt.Sprintf("0,%d %s %d,%d", graphHeight, v.Points, graphWidth, graphHeight)
	return v
}

package ui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

type messagesView struct {
	ID   string
	Rows []messageRow
	More string
}

type messageRow struct {
	Out                 bool
	Author, Other, Text string
	At                  time.Time
	Trace               []traceRow
}

type traceRow struct{ Step, Detail string }

const messagesShown = 50

func (u *UI) messagesView(c *gin.Context, t flowhq.TenantDetail) (messagesView, error) {
	q := flowhq.MessageQuery{Limit: messagesShown, Trace: true, Before: cursor(c.Query("before"))}
	messages, err := u.fleet.Messages(c.Request.Context(), t.ID, q)
	if err != nil {
		return messagesView{}, err
	}
	l := u.locale(c)
	v := messagesView{ID: t.ID}
	for _, m := range messages {
		v.Rows = append(v.Rows, newMessageRow(l, m))
	}
	if n := len(messages); n == messagesShown {
		last := messages[n-1]
		v.More = fmt.Sprintf("/admin/tenants/%s?before=%s_%s#messages", t.ID, last.CreatedAt.UTC().Format(cursorTime), last.ID)
	}
	return v, nil
}

func newMessageRow(l locale, m flowhq.Message) messageRow {
	row := messageRow{
		Out: m.Direction == flowhq.DirectionOut, Author: l.word("msg.author", string(m.Author)), Text: m.Text, At: m.CreatedAt, Other: m.FromNumber,
	}
	if row.Out {
		row.Other = m.ToNumber
	}
	if m.Author == "" { // written by the predecessor
		row.Author = l.word("msg.author", map[bool]string{true: "bot", false: "customer"}[row.Out])
	}
	for _, e := range m.Trace {
		row.Trace = append(row.Trace, traceRow{Step: e.Step, Detail: e.Detail})
	}
	return row
}

const cursorTime = "20060102T150405.000"

// cursor reads a place in a list from the address; the list's start when it says nothing that makes sense.
func cursor(s string) flowhq.Cursor {
	at, id, _ := strings.Cut(s, "_")
	t, err := time.Parse(cursorTime, at)
	if err != nil || id == "" {
		return flowhq.Cursor{}
	}
	return flowhq.Cursor{At: t, ID: id}
}

type processView struct {
	ID                     string
	Known                  bool
	Status                 status
	PID, Restarts          int
	StartedAt              *time.Time
	Memory, MemoryMax, CPU string
	LastExit               string
	LastExitAt             *time.Time
	SeenAt, HeardAt        *time.Time
	Error                  string
}

func (u *UI) processView(c *gin.Context, t flowhq.TenantDetail) processView {
	l := u.locale(c)
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
	p, err := u.fleet.Process(c.Request.Context(), t.ID)
	if err != nil {
		return v
	}
	v.Known = true
	v.PID, v.Restarts, v.StartedAt = p.PID, p.Restarts, p.StartedAt
	v.Memory, v.MemoryMax = bytesText(p.MemoryRSS), bytesText(p.MemoryMax)
	v.LastExit, v.LastExitAt = p.LastExit, p.LastExitAt
	if p.CPU > 0 {
		v.CPU = p.CPU.Round(10 * time.Millisecond).String()
	}
	return v
}

// bytesText writes a size for people; "" for none.
func bytesText(n int64) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

type eventsView struct {
	ID   string
	Rows []eventRow
}

type eventRow struct {
	Status *status // where the tenant's status changed: to what
	Detail string
	At     time.Time
}

func (u *UI) eventsView(c *gin.Context, t flowhq.TenantDetail) (eventsView, error) {
	events, err := u.fleet.Events(c.Request.Context(), t.ID, flowhq.EventQuery{Limit: 30})
	if err != nil {
		return eventsView{}, err
	}
	v := eventsView{ID: t.ID}
	for _, e := range events {
		v.Rows = append(v.Rows, newEventRow(u.locale(c), e))
	}
	return v, nil
}

func newEventRow(l locale, e flowhq.TenantEvent) eventRow {
	row := eventRow{Detail: l.say(e.Detail), At: e.CreatedAt}
	var change struct {
		To flowhq.TenantStatus `json:"to"`
	}
	if e.Type == flowhq.TenantEventStatus && json.Unmarshal(e.Payload, &change) == nil && change.To != "" {
		s := tenantStatus(l, change.To)
		row.Status = &s
	}
	return row
}

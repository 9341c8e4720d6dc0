package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
	"flowhq/locale/key"
)

// logLines is how many of the latest lines are shown where no number is asked for, maxLogLines how many at most.
const (
	logLines    = 300
	maxLogLines = 5000
)

type logView struct {
	Lines     []logLineView `json:"lines"`
	Truncated bool          `json:"truncated"`
}

type logLineView struct {
	File *string `json:"file"` // null where it is the present one
	Text string  `json:"text"`
}

func linesWanted(c *gin.Context) (int, error) {
	text := c.Query("lines")
	if text == "" {
		return logLines, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxLogLines {
		return 0, flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("lines", key.FieldBetween, "from", 0, "to",
			maxLogLines)})
	}
	return n, nil
}

// showLog shows the latest lines of a worker's log, or with q those that hold a text, oldest first.
func showLog(logs *supervisor.Logs) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		lines, err := linesWanted(c)
		if err != nil {
			return err
		}
		v := logView{Lines: []logLineView{}}
		if c.Request.URL.Query().Has("q") {
			found, err := logs.SearchLog(c.Request.Context(), id, c.Query("q"), min(lines, flowhq.MaxLimit))
			if err != nil {
				return err
			}
			v.Truncated = found.Cut
			for _, l := range found.Lines {
				v.Lines = append(v.Lines, logLineView{File: orNull(l.File), Text: l.Text})
			}
		} else {
			var b bytes.Buffer
			if err := logs.FollowLog(c.Request.Context(), id, &b, lines, false); err != nil {
				return err
			}
			for _, text := range textLines(b.String()) {
				v.Lines = append(v.Lines, logLineView{Text: text})
			}
		}
		c.JSON(http.StatusOK, v)
		return nil
	}
}

func textLines(s string) []string {
	if s = strings.TrimRight(strings.ToValidUTF8(s, "\uFFFD"), "\n"); s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// downloadLog sends the newest 16 MiB of a worker's log as a file.
func downloadLog(logs *supervisor.Logs) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if err := logs.FollowLog(c.Request.Context(), id, io.Discard, 0, false); err != nil { // before the first byte
			return err
		}
		c.Header("Content-Type", "text/plain; charset=utf-8")
		c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", id+".log"))
		c.Status(http.StatusOK)
		return logs.WholeLog(c.Request.Context(), id, c.Writer)
	}
}

// streamLog follows a worker's log, across rotations, as server-sent events: "hello" once, then "lines" with a JSON
// list of texts. It begins with the latest lines, so that one who connects again shows what comes instead of what was
// there.
func (a *API) streamLog(logs *supervisor.Logs) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		lines, err := linesWanted(c)
		if err != nil {
			return err
		}
		if err := logs.FollowLog(c.Request.Context(), id, io.Discard, 0, false); err != nil {
			return err
		}
		select {
		case a.streams <- struct{}{}:
			defer func() { <-a.streams }()
		default:
			return flowhq.Fail(flowhq.CodeUnavailable, key.RefusalWatchers)
		}
		h := c.Writer.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no")
		c.Status(http.StatusOK)
		ctx, cancel := context.WithCancel(c.Request.Context())
		defer cancel()
		out := &lineWriter{out: &eventWriter{w: c.Writer, ctl: http.NewResponseController(c.Writer)}}
		out.event("retry: 2000\nevent: hello\ndata: {}\n\n")
		var beats sync.WaitGroup
		beats.Go(func() { a.keepAlive(ctx, c, out, cancel) })
		err = logs.FollowLog(ctx, id, out, lines, true)
		cancel()
		beats.Wait() // nobody writes when the handler has returned
		if err != nil && out.failed() == nil {
			a.cfg.Log.Warn("the stream of a log broke off", "tenant", id, "error", err)
		}
		return nil
	}
}

// keepAlive shows that the stream stands, and ends it when the appliance stops or the browser was signed out.
func (a *API) keepAlive(ctx context.Context, c *gin.Context, out *lineWriter, end func()) {
	defer end()
	beat := time.NewTicker(a.cfg.Heartbeat)
	defer beat.Stop()
	for out.failed() == nil {
		select {
		case <-beat.C:
			if !a.cfg.StillIn(c) {
				return
			}
			out.event(": still here\n\n")
		case <-a.cfg.Stopping:
			return
		case <-ctx.Done():
			return
		}
	}
}

// lineWriter turns what a log adds into events of whole lines. A line that is not ended yet waits, 64 KiB of it at
// most.
type lineWriter struct {
	mu   sync.Mutex
	out  *eventWriter
	rest []byte
}

const maxRest = 64 << 10

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n')
	if end < 0 && len(w.rest) < maxRest {
		return len(p), w.out.err
	}
	whole := w.rest
	if end >= 0 {
		whole = w.rest[:end]
	}
	data, err := json.Marshal(strings.Split(strings.ToValidUTF8(string(whole), "\uFFFD"), "\n"))
	if err != nil {
		return 0, err
	}
	w.out.printf("event: lines\ndata: %s\n\n", data)
	w.rest = append(w.rest[:0], w.rest[min(len(w.rest), len(whole)+1):]...)
	return len(p), w.out.err
}

func (w *lineWriter) event(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.printf("%s", text)
}

func (w *lineWriter) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.err
}

type sampleView struct {
	At         stamp   `json:"at"`
	Memory     int64   `json:"memory"`
	CPUPercent float64 `json:"cpu_percent"`
}

// listSamples shows a worker's memory and processor use over the last day.
func listSamples(businesses *tenants.Service, history *dashboard.History) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if _, err := businesses.Tenant(c.Request.Context(), id); err != nil {
			return err
		}
		c.JSON(http.StatusOK, list(history.Samples(id), func(s *flowhq.ProcessSample) sampleView {
			return sampleView{At: stamp(s.At), Memory: s.Memory, CPUPercent: s.CPU}
		}))
		return nil
	}
}

type envView struct {
	Name   string  `json:"name"`
	Value  *string `json:"value"` // null: a secret
	Secret bool    `json:"secret"`
}

type workerSetup struct {
	Environment []envView  `json:"environment"`
	Limits      limitsView `json:"limits"`
}

type limitsView struct {
	RepliesPerMinute     int  `json:"replies_per_minute"`
	ContactReplies       int  `json:"contact_replies"`
	ContactWindowMinutes int  `json:"contact_window_minutes"`
	Typing               bool `json:"typing"`
	CatchUpMinutes       int  `json:"catch_up_minutes"`
	HandoffHours         int  `json:"handoff_hours"`
}

// showWorkerSetup shows what a worker is started with, without secrets, and what it keeps to.
func showWorkerSetup(logs *supervisor.Logs, configs *supervisor.Configs) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		vars, err := logs.Environment(c.Request.Context(), id)
		if err != nil {
			return err
		}
		l, err := configs.TenantLimits(c.Request.Context(), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, workerSetup{
			Environment: list(vars, func(v *flowhq.EnvVar) envView {
				out := envView{Name: v.Name, Secret: v.Secret}
				if !v.Secret {
					out.Value = &v.Value
				}
				return out
			}),
			Limits: limitsView{
				RepliesPerMinute: l.RepliesPerMinute, ContactReplies: l.ContactReplies,
				ContactWindowMinutes: int(l.ContactWindow / time.Minute),
				Typing:               l.Typing, CatchUpMinutes: int(l.CatchUp / time.Minute),
				HandoffHours: int(l.Handoff / time.Hour),
			},
		})
		return nil
	}
}

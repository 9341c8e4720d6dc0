package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/dashboard"
	"flowhq/locale/key"
)

// writeTimeout is how long one write to a watcher may take; who reads more slowly is cut off and comes again by itself.
const writeTimeout = 10 * time.Second

type changeView struct {
	Kind     flowhq.ChangeKind `json:"kind"`
	TenantID *string           `json:"tenant_id"`
	ID       *string           `json:"id"`
	At       stamp             `json:"at"`
}

// streamChanges sends what changes as server-sent events, each named by its kind. The first one, "hello", says that the
// stream stands: what happened before is to be read anew. The stream ends when the appliance stops, when the browser
// was signed out, and when its reader can't keep up.
func (a *API) streamChanges(changes *dashboard.Changes) call {
	return func(c *gin.Context) error {
		select {
		case a.streams <- struct{}{}:
			defer func() { <-a.streams }()
		default:
			return flowhq.Fail(flowhq.CodeUnavailable, key.RefusalWatchers)
		}
		ctx, cancel := context.WithCancel(c.Request.Context())
		defer cancel()
		changes := changes.Subscribe(ctx)
		h := c.Writer.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		c.Status(http.StatusOK)
		out := &eventWriter{w: c.Writer, ctl: http.NewResponseController(c.Writer)}
		out.printf("retry: 2000\nevent: hello\ndata: {}\n\n")
		a.pump(c, out, changes)
		return nil
	}
}

// pump writes until something ends the stream.
func (a *API) pump(c *gin.Context, out *eventWriter, changes <-chan flowhq.Change) {
	beat := time.NewTicker(a.cfg.Heartbeat)
	defer beat.Stop()
	for out.err == nil {
		select {
		case change, ok := <-changes:
			if !ok {
				return
			}
			out.change(change)
		case <-beat.C:
			if !a.cfg.StillIn(c) {
				return
			}
			out.printf(": still here\n\n")
		case <-a.cfg.Stopping:
			return
		case <-c.Request.Context().Done():
			return
		}
	}
}

// eventWriter writes events; its first error ends the stream.
type eventWriter struct {
	w   io.Writer
	ctl *http.ResponseController
	err error
}

func (e *eventWriter) change(ch flowhq.Change) {
	data, err := json.Marshal(changeView{Kind: ch.Kind, TenantID: orNull(ch.TenantID), ID: orNull(ch.ID),
		At: stamp(ch.At)})
	if err != nil {
		e.err = err
		return
	}
	e.printf("event: %s\ndata: %s\n\n", ch.Kind, data)
}

func (e *eventWriter) printf(format string, args ...any) {
	if e.err != nil {
		return
	}
	// Not every writer (a test's recorder) knows deadlines; then there is none.
	_ = e.ctl.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, e.err = fmt.Fprintf(e.w, format, args...); e.err == nil {
		e.err = e.ctl.Flush()
	}
	_ = e.ctl.SetWriteDeadline(time.Time{}) // HTTP/2 would end a quiet stream at its deadline
}

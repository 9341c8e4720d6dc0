package access

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// shownParameters are the query parameters that may stand in the log. Nothing is told of others, not even their names:
// a password can slip into any of them, and what somebody searched for is nobody's business either.
func shownParameters() []string {
	return []string{"format", "limit", "status", "trace", "type", "version"}
}

// Observe logs one line for each request and catches panics. It stands before everything else.
func (g *Gatekeeper) Observe() gin.HandlerFunc {
	return func(c *gin.Context) {
		begun := g.cfg.Now()
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler {
					panic(r)
				}
				g.cfg.Log.Error("panic in a handler", "route", c.FullPath(), "panic", r, "stack", string(debug.Stack()))
				g.fault(c)
			}
			g.logLine(c, begun)
		}()
		c.Next()
	}
}

func (g *Gatekeeper) logLine(c *gin.Context, begun time.Time) {
	status, route := c.Writer.Status(), c.FullPath()
	attrs := []slog.Attr{
		slog.String("method", c.Request.Method),
		slog.Int("status", status),
		slog.Float64("took_ms", float64(g.cfg.Now().Sub(begun).Microseconds())/1000),
		slog.String("address", g.net.client(c.Request).String()),
	}
	if route == "" {
		attrs = append(attrs, slog.String("path", cut(c.Request.URL.Path, 200)))
	} else {
		attrs = append(attrs, slog.String("route", route))
	}
	if strings.HasPrefix(route, "/admin/tenants/:id") {
		attrs = append(attrs, slog.String("tenant", cut(c.Param("id"), 64)))
	}
	if q := shownQuery(c.Request.URL); q != "" {
		attrs = append(attrs, slog.String("query", q))
	}
	if by := By(c); by != "" {
		attrs = append(attrs, slog.String("by", cut(by, 200)))
	}
	level := slog.LevelDebug // browsers ask often; what changes or fails is worth a line of its own
	switch {
	case status >= 500:
		level = slog.LevelError
	case !safe(c.Request.Method) || status >= 400:
		level = slog.LevelInfo
	}
	g.cfg.Log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// shownQuery gives what may be shown of a query.
func shownQuery(u *url.URL) string {
	var parts []string
	q := u.Query()
	for _, name := range shownParameters() {
		if q.Has(name) {
			parts = append(parts, name+"="+cut(q.Get(name), 40))
		}
	}
	return strings.Join(parts, "&")
}

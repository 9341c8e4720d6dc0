package ui

import (
	"bytes"
	"flowhq/appliance/supervisor"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// logPages show and search the log of a tenant's worker.
type logPages struct {
	*tenantScreen
	logs *supervisor.Logs
}

func (h *logPages) routes() []Route { return []Route{h.view("/worker/log", h.show)} }

type logPage struct {
	tenantFrame
	Query  string
	Lines  []string
	Found  []flowhq.LogLine
	Cut    bool
	Wrong  string
	Stream string
	File   string
}

// Bounds of the page of a log.
const (
	logLines  = 300
	logSearch = 500
)

func (h *logPages) show(c *gin.Context, t flowhq.TenantDetail) {
	v := logPage{
		tenantFrame: h.frame(c, t, "/worker/log"), Query: strings.TrimSpace(c.Query("q")),
		Stream: tenantURL(t.ID, "/worker/log/stream?lines=300"), File: tenantURL(t.ID, "/worker/log/file"),
	}
	code := http.StatusOK
	if v.Query != "" {
		found, err := h.logs.SearchLog(c.Request.Context(), t.ID, v.Query, logSearch)
		if err != nil {
			fields, rest := h.fieldErrors(c, err)
			v.Wrong, code = fields["q"]+rest, statusOf(err)
		}
		v.Found, v.Cut = found.Lines, found.Cut
	} else {
		var b bytes.Buffer
		if err := h.logs.FollowLog(c.Request.Context(), t.ID, &b, logLines, false); err != nil {
			h.fail(c, err)
			return
		}
		if text := strings.TrimRight(strings.ToValidUTF8(b.String(), "\uFFFD"), "\n"); text != "" {
			v.Lines = strings.Split(text, "\n")
		}
	}
	h.render(c, code, pageLog, "layout", v)
}

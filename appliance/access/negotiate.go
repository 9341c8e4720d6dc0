package access

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// WantsHTML tells whether a request is answered with a page rather than with JSON. `format=html` or any other `format`
// in the query decides; then htmx's own header; then Accept: text/html must be named and stand no lower than
// application/json. A client that takes anything (curl) gets JSON.
func WantsHTML(c *gin.Context) bool {
	if f := c.Request.URL.Query().Get("format"); f != "" {
		return f == "html"
	}
	if c.GetHeader("HX-Request") == "true" {
		return true
	}
	html, json := -1.0, -1.0
	for _, accept := range c.Request.Header.Values("Accept") {
		for part := range strings.SplitSeq(accept, ",") {
			kind, q := quality(part)
			switch kind {
			case "text/html", "application/xhtml+xml":
				html = max(html, q)
			case "application/json", "text/event-stream", "text/csv":
				json = max(json, q)
			}
		}
	}
	return html > 0 && html >= json
}

// quality reads one entry of an Accept header.
func quality(part string) (kind string, q float64) {
	kind, params, _ := strings.Cut(part, ";")
	q = 1
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "q") {
			if v, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				q = v
			}
		}
	}
	return strings.ToLower(strings.TrimSpace(kind)), q
}

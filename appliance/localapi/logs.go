package localapi

import (
	"errors"
	"net/http"
	"regexp/syntax"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/procman"
)

// defaultLines is how many lines of a log are given where the caller does not say.
const defaultLines = 100

// logName gives the name of the log of the business that a call is about.
func (l *Calls) logName(c *gin.Context) (string, error) {
	t, err := l.cfg.Services.Tenants.Tenant(c.Request.Context(), c.Param("id"))
	if err != nil {
		return "", err
	}
	return l.cfg.Workers.LogName(t.ID)
}

// followLog sends what a worker printed, as it printed it, and goes on sending when asked to follow.
func (l *Calls) followLog(c *gin.Context) error {
	lines, err := number(c, "lines", defaultLines)
	if err != nil {
		return err
	}
	name, err := l.logName(c)
	if err != nil {
		return err
	}
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Status(http.StatusOK)
	out := flushing{c.Writer}
	c.Writer.Flush()
	err = l.cfg.Manager.Follow(c.Request.Context(), name, out, lines, c.Query("follow") == "true")
	if err != nil && c.Request.Context().Err() == nil {
		l.cfg.Log.Warn("a worker's log could not be read", "tenant", c.Param("id"), "error", err)
	}
	return nil
}

// searchLog looks through a worker's current and rotated logs.
func (l *Calls) searchLog(c *gin.Context) error {
	limit, err := number(c, "limit", defaultLines)
	if err != nil {
		return err
	}
	name, err := l.logName(c)
	if err != nil {
		return err
	}
	found, err := l.cfg.Manager.Search(c.Request.Context(), name, procman.Query{
		Text: c.Query("text"), Regexp: c.Query("regexp") == "true", IgnoreCase: c.Query("ignore_case") == "true",
		Limit: limit,
	})
	if bad, ok := errors.AsType[*syntax.Error](err); ok {
		return flowhq.Errorf(flowhq.CodeInvalid, "The expression cannot be read: %s.", bad.Code)
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, found)
	return nil
}

// flushing sends each piece at once.
type flushing struct{ to gin.ResponseWriter }

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.to.Write(b)
	if err == nil {
		f.to.Flush()
	}
	return n, err
}

package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
)

// call is a handler that leaves its errors to be rendered in one place. An error after the first byte of an answer
// ends it.
type call func(c *gin.Context) error

// errorView is what every failure looks like.
type errorView struct {
	Error   string              `json:"error"`
	Message string              `json:"message,omitempty"`
	Fields  []flowhq.FieldError `json:"fields,omitempty"`
}

// doneView is the answer to calls that have nothing else to tell.
type doneView struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

func done(c *gin.Context, message string) {
	c.JSON(http.StatusOK, doneView{Success: true, Message: message})
}

// statusError is a failure with a status of HTTP's own.
type statusError struct {
	status int
	view   errorView
}

func (e *statusError) Error() string { return e.view.Error }

func fail(status int, sentence string) error {
	return &statusError{status: status, view: errorView{Error: sentence}}
}

// handle makes a gin handler of a call.
func (a *API) handle(do call) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := do(c); err != nil {
			a.render(c, err)
		}
	}
}

// render is where errors become answers.
func (a *API) render(c *gin.Context, err error) {
	c.Abort()
	if c.Writer.Written() {
		a.cfg.Log.Warn("an answer broke off", "route", c.FullPath(), "tenant", c.Param("id"), "error", err)
		return
	}
	if e, ok := errors.AsType[*statusError](err); ok {
		c.JSON(e.status, e.view)
		return
	}
	status, view := a.view(c, err)
	if status == http.StatusServiceUnavailable && c.Writer.Header().Get("Retry-After") == "" {
		c.Header("Retry-After", "5")
	}
	c.JSON(status, view)
}

// view gives status and body for an error of the domain. What a person can't help is logged.
func (a *API) view(c *gin.Context, err error) (int, errorView) {
	e, ok := errors.AsType[*flowhq.Error](err)
	switch {
	case ok && e.Code != flowhq.CodeInternal:
	case errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil:
		return statusClientGone, errorView{Error: "The client went away."}
	case errors.Is(err, context.DeadlineExceeded):
		a.log(c, err)
		return http.StatusServiceUnavailable, errorView{Error: "This took too long. Try again in a moment."}
	default:
		a.log(c, err)
		return http.StatusInternalServerError, errorView{Error: "Something went wrong here. It is in the log."}
	}
	status := access.StatusOf(e.Code)
	if status >= 500 {
		a.log(c, err)
	}
	return status, errorView{Error: a.cfg.Texts.Error(flowhq.English, e), Fields: a.faults(e.Fields)}
}

// faults says what is wrong with fields, in English.
func (a *API) faults(fields []flowhq.FieldError) []flowhq.FieldError {
	out := make([]flowhq.FieldError, len(fields))
	for i, f := range fields {
		out[i] = flowhq.FieldError{Field: f.Field, Message: a.cfg.Texts.Field(flowhq.English, f)}
	}
	return out
}

// statusClientGone is nginx's number for a client that did not wait for its answer; nobody reads it but the log.
const statusClientGone = 499

func (a *API) log(c *gin.Context, err error) {
	a.cfg.Log.Error("a call failed", "method", c.Request.Method, "route", c.FullPath(), "tenant", c.Param("id"),
		"error", err)
}

// missing gives what is not found the name that the contract has for it at this call.
func missing(err error, what string) error {
	if flowhq.CodeOf(err) == flowhq.CodeNotFound {
		return flowhq.NotFound(what)
	}
	return err
}

// pathID gives the id in an address. One that no id of ours can look like is not asked for at all.
func pathID(c *gin.Context, param, what string) (string, error) {
	if id := c.Param(param); plainID(id) {
		return id, nil
	}
	return "", flowhq.NotFound(what)
}

// plainID tells whether s could be an id: those of our own are UUIDs, those of an adopted database may be other words.
func plainID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
)

type workerControl interface {
	StartWorker(ctx context.Context, by, id string) error
	StopWorker(ctx context.Context, by, id string) error
	RestartWorker(ctx context.Context, by, id string) error
	ForceRestartWorker(ctx context.Context, by, id string) error
}

type tenantPauser interface {
	Pause(ctx context.Context, by, id string) error
	Resume(ctx context.Context, by, id string) error
}

// onWorker makes a call of something that is done to a tenant's worker; what is not found is called missingName.
func onWorker(do func(ctx context.Context, by, id string) error, success, missingName string) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", missingName)
		if err != nil {
			return err
		}
		if err := do(c.Request.Context(), access.By(c), id); err != nil {
			return missing(err, missingName)
		}
		done(c, success)
		return nil
	}
}

// startWorker starts a worker. One that runs already is refused in the predecessor's words.
func startWorker(f workerControl) call {
	start := onWorker(f.StartWorker, "Worker started", "Tenant")
	return func(c *gin.Context) error {
		err := start(c)
		if e, ok := errors.AsType[*flowhq.Error](err); ok && e.Code == flowhq.CodeConflict && strings.Contains(e.Message, "already running") {
			return &statusError{status: http.StatusBadRequest, view: errorView{
				Error: "Worker already running", Message: "This tenant's worker is running. Restart it, or stop it first.",
			}}
		}
		return err
	}
}

// pause and resume answer with the tenant as it is now.
func pauseTenant(f interface {
	tenantPauser
	tenantReader
}, do func(ctx context.Context, by, id string) error) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if err := do(c.Request.Context(), access.By(c), id); err != nil {
			return err
		}
		t, err := f.Tenant(c.Request.Context(), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewTenant(&t))
		return nil
	}
}

package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
)

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

// startWorker starts a worker. One that runs already is 400 in the contract, where every other conflict is 409.
func startWorker(workers *supervisor.Workers) call {
	start := onWorker(workers.StartWorker, "Worker started", "Tenant")
	return func(c *gin.Context) error {
		err := start(c)
		if flowhq.CodeOf(err) != flowhq.CodeRunning {
			return err
		}
		return &statusError{status: http.StatusBadRequest, view: errorView{
			Error: "Worker already running", Message: "This tenant's worker is running. Restart it, or stop it first.",
		}}
	}
}

// pause and resume answer with the tenant as it is now.
func pauseTenant(businesses *tenants.Service, do func(ctx context.Context, by, id string) error) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if err := do(c.Request.Context(), access.By(c), id); err != nil {
			return err
		}
		t, err := businesses.Tenant(c.Request.Context(), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewTenant(&t))
		return nil
	}
}

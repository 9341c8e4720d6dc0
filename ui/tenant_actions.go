package ui

import (
	"context"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
)

type workerControl interface {
	StartWorker(ctx context.Context, by, id string) error
	StopWorker(ctx context.Context, by, id string) error
	RestartWorker(ctx context.Context, by, id string) error
	ForceRestartWorker(ctx context.Context, by, id string) error
	Pause(ctx context.Context, by, id string) error
	Resume(ctx context.Context, by, id string) error
}

// act does one thing to a tenant and shows its page again, with what went wrong on it.
func (u *UI) act(do func(ctx context.Context, by, id string) error) gin.HandlerFunc {
	return u.actFrom("", "", do)
}

// actFrom is act that comes back to one page of the tenant and tells what was done.
func (u *UI) actFrom(path, what string, do func(ctx context.Context, by, id string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.Param("id")
		if err := do(c.Request.Context(), access.By(c), id); err != nil {
			u.tenantWithError(c, id, err)
			return
		}
		if what == "" {
			c.Redirect(303, tenantURL(id, path))
			return
		}
		doneAt(c, tenantURL(id, path), what)
	}
}

func (u *UI) tenantWithError(c *gin.Context, id string, err error) {
	t, readErr := u.fleet.Tenant(c.Request.Context(), id)
	if readErr != nil {
		u.fail(c, readErr)
		return
	}
	u.tenantPage(c, statusOf(err), t, u.sentence(c, err))
}

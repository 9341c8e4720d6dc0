package ui

import (
	"context"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
)

// workerAction does something to the tenant id; by is who asked.
type workerAction func(ctx context.Context, by, id string) error

// act does one thing to a tenant and shows its page again, with what went wrong on it.
func (h *tenantPages) act(do workerAction) gin.HandlerFunc {
	return h.actFrom("", "", do)
}

// actFrom is act that comes back to one page of the tenant and tells what was done.
func (h *tenantPages) actFrom(path, what string, do workerAction) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.Param("id")
		if err := do(c.Request.Context(), access.By(c), id); err != nil {
			h.refused(c, id, err)
			return
		}
		if what == "" {
			c.Redirect(303, tenantURL(id, path))
			return
		}
		doneAt(c, tenantURL(id, path), what)
	}
}

func (h *tenantPages) refused(c *gin.Context, id string, err error) {
	t, readErr := h.tenants.Tenant(c.Request.Context(), id)
	if readErr != nil {
		h.fail(c, readErr)
		return
	}
	h.draw(c, statusOf(err), t, h.sentence(c, err))
}

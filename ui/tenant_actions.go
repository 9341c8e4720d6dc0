package ui

import (
	"context"
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
	Pause(ctx context.Context, by, id string) error
	Resume(ctx context.Context, by, id string) error
}

type deviceControl interface {
	OpenLinking(ctx context.Context, id string) error
	LinkCode(ctx context.Context, id, phone string) (flowhq.LinkCode, error)
	Logout(ctx context.Context, by, id string) error
}

// act does one thing to a tenant and shows its page again, with what went wrong on it.
func (u *UI) act(do func(ctx context.Context, by, id string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.Param("id")
		err := do(c.Request.Context(), access.By(c), id)
		if err == nil {
			c.Redirect(http.StatusSeeOther, "/admin/tenants/"+id)
			return
		}
		u.tenantWithError(c, id, err)
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

// linkCode asks for a pairing code and shows it in place; without JavaScript, on the whole page.
func (u *UI) linkCode(c *gin.Context) {
	id := c.Param("id")
	t, err := u.fleet.Tenant(c.Request.Context(), id)
	if err != nil {
		u.fail(c, err)
		return
	}
	v := newLinkingView(u.locale(c), t)
	v.CodePhone = strings.TrimSpace(c.PostForm("phone_number"))
	code, err := u.fleet.LinkCode(c.Request.Context(), id, v.CodePhone)
	if err != nil {
		v.CodeWrong = u.sentence(c, err)
	} else {
		v.Code, v.CodeExpires = code.Code, code.ExpiresAt
	}
	if c.GetHeader("HX-Request") == "" && err != nil {
		u.tenantPage(c, statusOf(err), t, v.CodeWrong)
		return
	}
	u.render(c, http.StatusOK, pageTenant, "link-code-body", v)
}

// deleteTenant wants the business's name typed: what it does can't be undone.
func (u *UI) deleteTenant(c *gin.Context) {
	id := c.Param("id")
	t, err := u.fleet.Tenant(c.Request.Context(), id)
	if err != nil {
		u.fail(c, err)
		return
	}
	if strings.TrimSpace(c.PostForm("confirm")) != t.Name {
		u.tenantPage(c, http.StatusBadRequest, t, u.locale(c).text("confirm.delete_mismatch"))
		return
	}
	if err := u.fleet.DeleteTenant(c.Request.Context(), access.By(c), id); err != nil {
		u.tenantWithError(c, id, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/admin/tenants")
}

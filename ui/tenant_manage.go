package ui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
)

type pauser interface {
	PauseFor(ctx context.Context, by, id string, p flowhq.Pause) error
	PauseOf(ctx context.Context, id string) (*flowhq.Pause, error)
}

type tenantKeeper interface {
	CreateTenant(ctx context.Context, by string, in flowhq.NewTenant) (flowhq.TenantDetail, error)
	UpdateTenant(ctx context.Context, by, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error)
	DeleteTenant(ctx context.Context, by, id string) error
}

// manageView is the page of what is rarely done and can hardly be taken back.
type manageView struct {
	tenantFrame
	Linked, Paused bool
	Pause          *pauseView
	Reason, Until  field
	Number         field
	Confirm        field
}

// pauseView tells of a pause.
type pauseView struct {
	Reason string
	Since  time.Time
	Until  *time.Time
	Day    string // the day of Until in the tenant's own zone
}

func (u *UI) manage(c *gin.Context, t flowhq.TenantDetail) { u.managePage(c, http.StatusOK, t, nil) }

// managePage draws the page; change puts in what was typed and what is wrong with it.
func (u *UI) managePage(c *gin.Context, code int, t flowhq.TenantDetail, change func(*manageView)) {
	v := manageView{tenantFrame: u.frame(c, t, "/manage"), Linked: t.Session.Linked(), Paused: t.Status == flowhq.TenantPaused}
	var err error
	if v.Pause, err = u.pauseView(c, t); err != nil {
		u.fail(c, err)
		return
	}
	if change != nil {
		change(&v)
	}
	u.render(c, code, pageManage, "layout", v)
}

func (u *UI) pauseView(c *gin.Context, t flowhq.TenantDetail) (*pauseView, error) {
	p, err := u.fleet.PauseOf(c.Request.Context(), t.ID)
	if err != nil || p == nil {
		return nil, err
	}
	v := &pauseView{Reason: p.Reason, Since: p.CreatedAt, Until: p.Until}
	if p.Until != nil {
		v.Day = u.locale(c).day(p.Until.In(u.zone(c, t.ID)))
	}
	return v, nil
}

// zone gives a tenant's own time zone; the usual one where its settings can't be read.
func (u *UI) zone(c *gin.Context, id string) *time.Location {
	published, _, err := u.fleet.Settings(c.Request.Context(), id)
	if err != nil {
		return flowhq.Settings{}.Location()
	}
	return published.Settings.Location()
}

// pause pauses a tenant; the day, when one is said, begins in the tenant's own zone.
func (u *UI) pause(c *gin.Context, t flowhq.TenantDetail) {
	reason, until := strings.TrimSpace(c.PostForm("reason")), strings.TrimSpace(c.PostForm("until"))
	p := flowhq.Pause{Reason: reason}
	var err error
	if until != "" {
		day, wrong := time.ParseInLocation(time.DateOnly, until, u.zone(c, t.ID))
		if p.Until = &day; wrong != nil {
			err = flowhq.Invalid([]flowhq.FieldError{{Field: "until", Message: "must be a date like 2026-12-25"}})
		}
	}
	if err == nil {
		err = u.fleet.PauseFor(c.Request.Context(), access.By(c), t.ID, p)
	}
	if err == nil {
		doneAt(c, tenantURL(t.ID, "/manage"), "paused")
		return
	}
	fields, rest := u.fieldErrors(c, err)
	u.managePage(c, statusOf(err), t, func(v *manageView) {
		v.Reason, v.Until, v.Head.Wrong = field{reason, fields["reason"]}, field{until, fields["until"]}, rest
	})
}

// logout unlinks the device and leads to where the next one is linked.
func (u *UI) logout(c *gin.Context, t flowhq.TenantDetail) {
	if err := u.fleet.Logout(c.Request.Context(), access.By(c), t.ID); err != nil {
		u.managePage(c, statusOf(err), t, func(v *manageView) { v.Head.Wrong = u.sentence(c, err) })
		return
	}
	doneAt(c, tenantURL(t.ID, "/linking"), "unlinked")
}

func (u *UI) resetSession(c *gin.Context, t flowhq.TenantDetail) {
	number := strings.TrimSpace(c.PostForm("phone_number"))
	if err := u.fleet.ResetSession(c.Request.Context(), access.By(c), t.ID, number); err != nil {
		fields, rest := u.fieldErrors(c, err)
		u.managePage(c, statusOf(err), t, func(v *manageView) {
			v.Number, v.Head.Wrong = field{number, fields["phone_number"]}, rest
		})
		return
	}
	doneAt(c, tenantURL(t.ID, "/linking"), "reset")
}

// deleteTenant wants the business's name typed: what it does can't be undone.
func (u *UI) deleteTenant(c *gin.Context, t flowhq.TenantDetail) {
	typed := strings.TrimSpace(c.PostForm("confirm"))
	if typed != strings.TrimSpace(t.Name) {
		u.managePage(c, http.StatusBadRequest, t, func(v *manageView) {
			v.Confirm = field{typed, u.locale(c).text("confirm.delete_mismatch")}
		})
		return
	}
	if err := u.fleet.DeleteTenant(c.Request.Context(), access.By(c), t.ID); err != nil {
		u.managePage(c, statusOf(err), t, func(v *manageView) { v.Confirm.Value, v.Head.Wrong = typed, u.sentence(c, err) })
		return
	}
	c.Redirect(http.StatusSeeOther, "/admin/tenants")
}

package ui

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
)

// managePages hold what is rarely done and can hardly be taken back.
type managePages struct {
	*tenantScreen
	pauses  *supervisor.Pauses
	devices *supervisor.Devices
}

func (h *managePages) routes() []Route {
	return []Route{
		h.view("/manage", h.show), h.form("/pause", h.pause), h.form("/logout", h.logout), h.form("/reset", h.reset),
		h.form("/delete", h.remove),
	}
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

func (h *managePages) show(c *gin.Context, t flowhq.TenantDetail) {
	h.draw(c, http.StatusOK, t, nil)
}

// managePage draws the page; change puts in what was typed and what is wrong with it.
func (h *managePages) draw(c *gin.Context, code int, t flowhq.TenantDetail, change func(*manageView)) {
	v := manageView{tenantFrame: h.frame(c, t, "/manage"), Linked: t.Session.Linked(),
		Paused: t.Status == flowhq.TenantPaused}
	var err error
	if v.Pause, err = h.pauseView(c, t); err != nil {
		h.fail(c, err)
		return
	}
	if change != nil {
		change(&v)
	}
	h.render(c, code, pageManage, "layout", v)
}

func (h *managePages) pauseView(c *gin.Context, t flowhq.TenantDetail) (*pauseView, error) {
	p, err := h.pauses.PauseOf(c.Request.Context(), t.ID)
	if err != nil || p == nil {
		return nil, err
	}
	v := &pauseView{Reason: p.Reason, Since: p.CreatedAt, Until: p.Until}
	if p.Until != nil {
		v.Day = h.translator(c).day(p.Until.In(h.zone(c, t.ID)))
	}
	return v, nil
}

// pause pauses a tenant; the day, when one is said, begins in the tenant's own zone.
func (h *managePages) pause(c *gin.Context, t flowhq.TenantDetail) {
	reason, until := strings.TrimSpace(c.PostForm("reason")), strings.TrimSpace(c.PostForm("until"))
	p := flowhq.Pause{Reason: reason}
	var err error
	if until != "" {
		day, wrong := time.ParseInLocation(time.DateOnly, until, h.zone(c, t.ID))
		if p.Until = &day; wrong != nil {
			err = flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("until", key.FieldDate)})
		}
	}
	if err == nil {
		err = h.pauses.PauseFor(c.Request.Context(), access.By(c), t.ID, p)
	}
	if err == nil {
		doneAt(c, tenantURL(t.ID, "/manage"), "paused")
		return
	}
	fields, rest := h.fieldErrors(c, err)
	h.draw(c, statusOf(err), t, func(v *manageView) {
		v.Reason, v.Until, v.Head.Wrong = field{reason, fields["reason"]}, field{until, fields["until"]}, rest
	})
}

// logout unlinks the device and leads to where the next one is linked.
func (h *managePages) logout(c *gin.Context, t flowhq.TenantDetail) {
	if err := h.devices.Logout(c.Request.Context(), access.By(c), t.ID); err != nil {
		h.draw(c, statusOf(err), t, func(v *manageView) { v.Head.Wrong = h.sentence(c, err) })
		return
	}
	doneAt(c, tenantURL(t.ID, "/linking"), "unlinked")
}

func (h *managePages) reset(c *gin.Context, t flowhq.TenantDetail) {
	number := strings.TrimSpace(c.PostForm("phone_number"))
	if err := h.devices.ResetSession(c.Request.Context(), access.By(c), t.ID, number); err != nil {
		fields, rest := h.fieldErrors(c, err)
		h.draw(c, statusOf(err), t, func(v *manageView) {
			v.Number, v.Head.Wrong = field{number, fields["phone_number"]}, rest
		})
		return
	}
	doneAt(c, tenantURL(t.ID, "/linking"), "reset")
}

// deleteTenant wants the business's name typed: what it does can't be undone.
func (h *managePages) remove(c *gin.Context, t flowhq.TenantDetail) {
	typed := strings.TrimSpace(c.PostForm("confirm"))
	if typed != strings.TrimSpace(t.Name) {
		h.draw(c, http.StatusBadRequest, t, func(v *manageView) {
			v.Confirm = field{typed, h.translator(c).text(key.PageConfirmDeleteMismatch)}
		})
		return
	}
	if err := h.tenants.DeleteTenant(c.Request.Context(), access.By(c), t.ID); err != nil {
		h.draw(c, statusOf(err), t, func(v *manageView) { v.Confirm.Value, v.Head.Wrong = typed, h.sentence(c, err) })
		return
	}
	c.Redirect(http.StatusSeeOther, "/admin/tenants")
}

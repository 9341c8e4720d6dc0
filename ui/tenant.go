package ui

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

type tenantView struct {
	Page
	Head     headView
	Linking  linkingView
	Messages messagesView
	Process  processView
	Events   eventsView
}

type headView struct {
	ID, Name, BusinessName, Number, Template, Language string
	Status                                             status
	Actions                                            []action
	Todo, Wrong                                        string
}

// action is one button of a tenant: a form that posts to URL.
type action struct {
	URL, Word string
	Main      bool
}

func (u *UI) tenant(c *gin.Context) {
	t, err := u.fleet.Tenant(c.Request.Context(), c.Param("id"))
	if err != nil {
		u.fail(c, err)
		return
	}
	if part := c.Query("part"); part != "" {
		u.tenantPart(c, t, part)
		return
	}
	if phaseOf(t) == flowhq.PhaseNobody {
		// To open the page is to open the linking panel: the worker makes new codes. One that can't be reached says so itself.
		if err := u.fleet.OpenLinking(c.Request.Context(), t.ID); err != nil {
			u.log.Info("open linking", "tenant", t.ID, "error", err)
		}
	}
	u.tenantPage(c, http.StatusOK, t, "")
}

// tenantPage draws the whole page, with what went wrong with the last action on top.
func (u *UI) tenantPage(c *gin.Context, code int, t flowhq.TenantDetail, wrong string) {
	l := u.locale(c)
	messages, err := u.messagesView(c, t)
	if err != nil {
		u.fail(c, err)
		return
	}
	events, err := u.eventsView(c, t)
	if err != nil {
		u.fail(c, err)
		return
	}
	view := tenantView{
		Page: u.page(c, "tenants", t.Name), Head: newHeadView(l, t), Linking: newLinkingView(l, t),
		Messages: messages, Process: u.processView(c, t), Events: events,
	}
	view.Head.Wrong = wrong
	if c.Request.Method != http.MethodGet {
		view.Path = "/admin/tenants/" + t.ID
	}
	u.render(c, code, pageTenant, "layout", view)
}

// tenantPart draws one part of the page (or the tenant's row of the list) for a page that renews itself.
func (u *UI) tenantPart(c *gin.Context, t flowhq.TenantDetail, part string) {
	l := u.locale(c)
	var view any
	var err error
	page, name := pageTenant, part
	switch part {
	case "row":
		page, name, view = pageTenants, "tenant-row", newTenantRow(l, t)
	case "head":
		name, view = "tenant-head", newHeadView(l, t)
	case "linking":
		view = newLinkingView(l, t)
	case "messages":
		view, err = u.messagesView(c, t)
	case "process":
		view = u.processView(c, t)
	case "events":
		view, err = u.eventsView(c, t)
	default:
		err = flowhq.NotFound("Part")
	}
	if err != nil {
		u.fail(c, err)
		return
	}
	u.render(c, http.StatusOK, page, name, view)
}

func newHeadView(l locale, t flowhq.TenantDetail) headView {
	v := headView{ID: t.ID, Name: t.Name, Number: t.PhoneNumber, Status: tenantStatus(l, t.Status), Actions: tenantActions(l, t), Todo: todo(l, t)}
	if t.Config != nil {
		if t.Config.BusinessName != t.Name {
			v.BusinessName = t.Config.BusinessName
		}
		v.Template = l.word("template", string(t.Config.TemplateType))
		v.Language = l.word("lang", string(t.Config.Language))
	}
	return v
}

// tenantActions gives the buttons that make sense now, the likeliest first.
func tenantActions(l locale, t flowhq.TenantDetail) []action {
	base := "/admin/tenants/" + t.ID
	button := func(path, key string) action { return action{URL: base + path, Word: l.text(key)} }
	if t.Status == flowhq.TenantPaused {
		a := button("/resume", "action.resume")
		a.Main = true
		return []action{a}
	}
	if t.Worker == nil || t.Worker.Wish != flowhq.WishRunning {
		a := button("/worker/start", "action.start")
		a.Main = true
		return []action{a, button("/pause", "action.pause")}
	}
	actions := []action{
		button("/worker/restart", "action.restart"), button("/worker/stop", "action.stop"), button("/pause", "action.pause"),
	}
	if t.Status == flowhq.TenantError {
		actions = append(actions, button("/worker/force-restart", "action.force_restart"))
	}
	return actions
}

type linkingView struct {
	ID, Number, Words string
	QR                template.URL // a data: URL that the fleet made
	Phase             status
	Expires           *time.Time
	Linked, Nobody    bool
	Code, CodeWrong   string
	CodePhone         string
	CodeExpires       time.Time
}

func newLinkingView(l locale, t flowhq.TenantDetail) linkingView {
	phase := phaseOf(t)
	v := linkingView{ID: t.ID, Phase: phaseStatus(l, phase), CodePhone: t.PhoneNumber, Nobody: phase == flowhq.PhaseNobody}
	if t.Session != nil && t.Session.State == flowhq.SessionQRReady {
		v.QR, v.Expires = pictureURL(t.Session.LastQR), t.Session.QRExpires
	}
	switch phase {
	case flowhq.PhaseConnected:
		v.Linked, v.Number, v.Words = true, t.PhoneNumber, l.text("link.connected")
	case flowhq.PhaseConnecting:
		v.Words = l.text("link.connecting")
	case flowhq.PhaseReconnecting:
		v.Words = l.text("link.reconnecting")
	case flowhq.PhaseNobody:
		v.Words = l.text("link.nobody")
	case flowhq.PhaseOff:
		v.Words = l.text("link.off")
	default:
		if v.Words = l.say(flowhq.Remedy(phase)); v.Words == "" {
			v.Words = l.text("link.starting")
		}
	}
	return v
}

// pictureURL lets a PNG in a data: URL through and nothing else: the column is open to other programs.
func pictureURL(s string) template.URL {
	if !strings.HasPrefix(s, "data:image/png;base64,") {
		return ""
	}
	return template.URL(s) //nolint:gosec // the prefix says that it is a picture
}

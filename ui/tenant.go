package ui

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

type tenantView struct {
	tenantFrame
	Linking  linkingView
	Chats    chatListView
	Fresh    waitingView
	Process  processView
	Events   eventsView
	Pause    *pauseView
	Linkable bool // the panel is the most important thing here
}

type headView struct {
	ID, Name, BusinessName, Number, Template, Language string
	Status                                             status
	Actions                                            []action
	Todo, Wrong                                        string
}

// action is one button of a tenant: a form that posts to URL.
type action struct {
	URL, Word, Icon string
	Main            bool
}

// How much of each list the overview shows.
const (
	overviewChats    = 6
	overviewRequests = 5
	overviewEvents   = 8
)

func (u *UI) tenant(c *gin.Context, t flowhq.TenantDetail) {
	if part := c.Query("part"); part != "" {
		u.tenantPart(c, t, part)
		return
	}
	u.opened(c, t)
	u.tenantPage(c, http.StatusOK, t, "")
}

// opened tells that somebody looks at the linking panel: a worker that gave up makes new codes. One that can't be reached says so
// itself.
func (u *UI) opened(c *gin.Context, t flowhq.TenantDetail) {
	if phaseOf(t) != flowhq.PhaseNobody {
		return
	}
	if err := u.fleet.OpenLinking(c.Request.Context(), t.ID); err != nil {
		u.log.Info("open linking", "tenant", t.ID, "error", err)
	}
}

// tenantPage draws the overview, with what went wrong with the last action on top.
func (u *UI) tenantPage(c *gin.Context, code int, t flowhq.TenantDetail, wrong string) {
	v := tenantView{tenantFrame: u.frame(c, t, "")}
	v.Head.Wrong = wrong
	v.Linkable = !t.Session.Linked() && t.Status != flowhq.TenantPaused
	var errs [5]error
	v.Linking = u.linkingView(c, t)
	v.Chats, errs[0] = u.chatListView(c, t.ID, "", overviewChats)
	v.Fresh, errs[1] = u.waitingView(c, t.ID)
	v.Process, errs[2] = u.processView(c, t)
	v.Events, errs[3] = u.eventsView(c, t.ID, "", overviewEvents)
	v.Pause, errs[4] = u.pauseView(c, t)
	if err := errors.Join(errs[:]...); err != nil {
		u.fail(c, err)
		return
	}
	u.render(c, code, pageTenant, "layout", v)
}

// tenantPart draws one part of the overview (or the tenant's row of the list) for a page that renews itself.
func (u *UI) tenantPart(c *gin.Context, t flowhq.TenantDetail, part string) {
	l := u.locale(c)
	var view any
	var err error
	page, name := pageTenant, part
	switch part {
	case "head":
		name, view = "tenant-head", newHeadView(l, t)
	case "linking":
		view = u.linkingView(c, t)
	case "chats":
		name = "recent-chats"
		view, err = u.chatListView(c, t.ID, "", overviewChats)
	case "waiting":
		name = "waiting-requests"
		view, err = u.waitingView(c, t.ID)
	case "process":
		name = "process-brief"
		view, err = u.processView(c, t)
	case "events":
		view, err = u.eventsView(c, t.ID, "", overviewEvents)
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
	button := func(path, key, icon string) action {
		return action{URL: tenantURL(t.ID, path), Word: l.text(key), Icon: icon}
	}
	first := func(a action) []action { a.Main = true; return []action{a} }
	if t.Status == flowhq.TenantPaused {
		return first(button("/resume", "action.resume", "play"))
	}
	if t.Worker == nil || t.Worker.DesiredState != flowhq.DesiredRunning {
		return first(button("/worker/start", "action.start", "play"))
	}
	actions := []action{button("/worker/restart", "action.restart", "restart"), button("/worker/stop", "action.stop", "stop")}
	if t.Status == flowhq.TenantError {
		actions = append(actions, button("/worker/force-restart", "action.force_restart", "alert"))
	}
	return actions
}

func asDomain(err error) (*flowhq.Error, bool) { return errors.AsType[*flowhq.Error](err) }

package ui

import (
	"errors"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// tenantPages are the overview of a tenant and the buttons of its head.
type tenantPages struct {
	*tenantScreen
	workers  *supervisor.Workers
	pauses   *supervisor.Pauses
	linking  *linkingPages
	chats    *chatPages
	requests *requestPages
	process  *processPages
	events   *eventPages
	manage   *managePages
}

func (h *tenantPages) routes() []Route {
	act := func(path string, do workerAction) Route { return post(tenantPath+path, h.act(do)) }
	return []Route{
		h.view("", h.show),
		act("/worker/start", h.workers.StartWorker), act("/worker/stop", h.workers.StopWorker),
		act("/worker/restart", h.workers.RestartWorker), act("/worker/force-restart", h.workers.ForceRestartWorker),
		post(tenantPath+"/resume", h.actFrom("", "resumed", h.pauses.Resume)),
		post(tenantPath+"/linking", h.actFrom("/linking", "", h.linking.newCodes)),
	}
}

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

func (h *tenantPages) show(c *gin.Context, t flowhq.TenantDetail) {
	if part := c.Query("part"); part != "" {
		h.part(c, t, part)
		return
	}
	opened(c, h.log, h.linking.devices, t)
	h.draw(c, http.StatusOK, t, "")
}

// tenantPage draws the overview, with what went wrong with the last action on top.
func (h *tenantPages) draw(c *gin.Context, code int, t flowhq.TenantDetail, wrong string) {
	v := tenantView{tenantFrame: h.frame(c, t, "")}
	v.Head.Wrong = wrong
	v.Linkable = !t.Session.Linked() && t.Status != flowhq.TenantPaused
	var errs [5]error
	v.Linking = h.linking.panel(c, t)
	v.Chats, errs[0] = h.chats.listView(c, t.ID, "", overviewChats)
	v.Fresh, errs[1] = h.requests.waitingView(c, t.ID)
	v.Process, errs[2] = h.process.processView(c, t)
	v.Events, errs[3] = h.events.eventsView(c, t.ID, "", overviewEvents)
	v.Pause, errs[4] = h.manage.pauseView(c, t)
	if err := errors.Join(errs[:]...); err != nil {
		h.fail(c, err)
		return
	}
	h.render(c, code, pageTenant, "layout", v)
}

// tenantPart draws one part of the overview (or the tenant's row of the list) for a page that renews itself.
func (h *tenantPages) part(c *gin.Context, t flowhq.TenantDetail, part string) {
	l := h.translator(c)
	var view any
	var err error
	page, name := pageTenant, part
	switch part {
	case "head":
		name, view = "tenant-head", newHeadView(l, t)
	case "linking":
		view = h.linking.panel(c, t)
	case "chats":
		name = "recent-chats"
		view, err = h.chats.listView(c, t.ID, "", overviewChats)
	case "waiting":
		name = "waiting-requests"
		view, err = h.requests.waitingView(c, t.ID)
	case "process":
		name = "process-brief"
		view, err = h.process.processView(c, t)
	case "events":
		view, err = h.events.eventsView(c, t.ID, "", overviewEvents)
	default:
		err = flowhq.NotFound("Part")
	}
	if err != nil {
		h.fail(c, err)
		return
	}
	h.render(c, http.StatusOK, page, name, view)
}

func newHeadView(l translator, t flowhq.TenantDetail) headView {
	v := headView{ID: t.ID, Name: t.Name, Number: t.PhoneNumber, Status: tenantStatus(l, t.Status),
		Actions: tenantActions(l, t), Todo: todo(l, t)}
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
func tenantActions(l translator, t flowhq.TenantDetail) []action {
	button := func(path, word, icon string) action {
		return action{URL: tenantURL(t.ID, path), Word: l.text(word), Icon: icon}
	}
	first := func(a action) []action { a.Main = true; return []action{a} }
	if t.Status == flowhq.TenantPaused {
		return first(button("/resume", key.PageActionResume, "play"))
	}
	if t.Worker == nil || t.Worker.DesiredState != flowhq.DesiredRunning {
		return first(button("/worker/start", key.PageActionStart, "play"))
	}
	actions := []action{button("/worker/restart", key.PageActionRestart, "restart"),
		button("/worker/stop", key.PageActionStop, "stop")}
	if t.Status == flowhq.TenantError {
		actions = append(actions, button("/worker/force-restart", key.PageActionForceRestart, "alert"))
	}
	return actions
}

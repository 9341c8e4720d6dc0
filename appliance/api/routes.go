package api

import (
	"flowhq/appliance/access"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Routes lists every call there is.
func (a *API) Routes() []Route {
	parts := [][]Route{a.openRoutes(), a.tenantRoutes(), a.conversationRoutes(), a.deskRoutes(), a.portalRoutes()}
	var all []Route
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func (a *API) route(area Area, method, path string, do call) Route {
	return Route{Method: method, Path: path, Area: area, Handler: a.handle(do)}
}

func (a *API) openRoutes() []Route {
	f, s := a.cfg.Fleet, a.cfg.Sessions
	home := func(c *gin.Context) error {
		c.Redirect(http.StatusFound, access.HomePath)
		return nil
	}
	return []Route{
		a.route(Open, http.MethodGet, "/", home),
		a.route(Open, http.MethodGet, "/healthz", alive),
		a.route(Open, http.MethodHead, "/healthz", alive),
		a.route(Open, http.MethodGet, "/readyz", a.ready(f)),
		a.route(Open, http.MethodHead, "/readyz", a.ready(f)),
		a.route(Open, http.MethodGet, "/api/openapi.yaml", a.showYAML),
		a.route(Open, http.MethodGet, "/api/openapi.json", a.showJSON),
		a.route(Open, http.MethodPost, "/sign-in", signIn(s)),
		a.route(Open, http.MethodPost, "/sign-out", signOut(s)),
		a.route(Admin, http.MethodGet, "/admin/sessions", listSessions(s)),
		a.route(Admin, http.MethodDelete, "/admin/sessions/:id", endSession(s)),
	}
}

func (a *API) tenantRoutes() []Route {
	f := a.cfg.Fleet
	const of = "/admin/tenants/:id"
	const orWorker = "Tenant or worker"
	return []Route{
		a.route(Admin, http.MethodGet, "/admin/tenants", listTenants(f)),
		a.route(Admin, http.MethodPost, "/admin/tenants", createTenant(f)),
		a.route(Admin, http.MethodGet, of, showTenant(f)),
		a.route(Admin, http.MethodPatch, of, patchTenant(f)),
		a.route(Admin, http.MethodDelete, of, deleteTenant(f)),
		a.route(Admin, http.MethodPost, of+"/worker/start", startWorker(f)),
		a.route(Admin, http.MethodPost, of+"/worker/stop", onWorker(f.StopWorker, "Worker stopped", orWorker)),
		a.route(Admin, http.MethodPost, of+"/worker/restart", onWorker(f.RestartWorker, "Worker restarted", orWorker)),
		a.route(Admin, http.MethodPost, of+"/worker/force-restart", onWorker(f.ForceRestartWorker, "Worker force-restarted", orWorker)),
		a.route(Admin, http.MethodPost, of+"/pause", pauseFor(f)),
		a.route(Admin, http.MethodGet, of+"/pause", showPause(f)),
		a.route(Admin, http.MethodPost, of+"/resume", pauseTenant(f, f.Resume)),
		a.route(Admin, http.MethodGet, of+"/qr", a.showQR(f, byPath("Session"))),
		a.route(Admin, http.MethodPost, of+"/linking", openLinking(f)),
		a.route(Admin, http.MethodPost, of+"/link-code", makeLinkCode(f, byPath("Tenant"))),
		a.route(Admin, http.MethodPost, of+"/logout", logoutDevice(f)),
		a.route(Admin, http.MethodPost, of+"/reset", resetSession(f)),
		a.route(Admin, http.MethodGet, of+"/links", a.listInvites(f)),
		a.route(Admin, http.MethodPost, of+"/links", a.createInvite(f)),
		a.route(Admin, http.MethodPost, of+"/links/:link/revoke", revokeInvite(f)),
		a.route(Admin, http.MethodGet, of+"/process", showProcess(f)),
		a.route(Admin, http.MethodGet, of+"/process/samples", listSamples(f)),
		a.route(Admin, http.MethodGet, of+"/process/setup", showWorkerSetup(f)),
		a.route(Admin, http.MethodGet, of+"/worker/log", showLog(f)),
		a.route(Admin, http.MethodGet, of+"/worker/log/file", downloadLog(f)),
		a.route(Admin, http.MethodGet, of+"/worker/log/stream", a.streamLog(f)),
		a.route(Admin, http.MethodGet, of+"/events", listEvents(f)),
		a.route(Admin, http.MethodGet, of+"/settings", showSettings(f)),
		a.route(Admin, http.MethodPut, of+"/settings", saveDraft(f)),
		a.route(Admin, http.MethodGet, of+"/settings/versions", listSettings(f)),
		a.route(Admin, http.MethodPost, of+"/settings/publish", publishDraft(f)),
		a.route(Admin, http.MethodPost, of+"/settings/discard", discardDraft(f)),
		a.route(Admin, http.MethodPost, of+"/settings/rollback", rollbackSettings(f)),
		a.route(Admin, http.MethodGet, of+"/flow", showFlow(f)),
		a.route(Admin, http.MethodPost, of+"/flow/check", checkFlow(f)),
		a.route(Admin, http.MethodPost, of+"/flow/try", tryFlow(f)),
		a.route(Admin, http.MethodPost, of+"/flow/replay", replayFlow(f)),
		a.route(Admin, http.MethodGet, of+"/fence", showFence(f)),
		a.route(Admin, http.MethodPost, of+"/fence/lift", onWorker(f.ReleaseRestoreHold, "Business released", "Tenant")),
		a.route(Admin, http.MethodGet, "/admin/events", a.streamChanges(f)),
	}
}

func (a *API) conversationRoutes() []Route {
	f := a.cfg.Fleet
	const of = "/admin/tenants/:id"
	return []Route{
		a.route(Admin, http.MethodGet, of+"/logs", listMessages(f, byPath("Tenant"), adminLogs)),
		a.route(Admin, http.MethodGet, of+"/messages", searchMessages(f)),
		a.route(Admin, http.MethodGet, of+"/chats", listChats(f)),
		a.route(Admin, http.MethodGet, of+"/chats/:chat", showChat(f, byPath("Tenant"))),
		a.route(Admin, http.MethodPut, of+"/chats/:chat/labels", setLabels(f, byPath("Tenant"))),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/take-over", onChat(f.TakeOver, byPath("Tenant"), "Chat taken over")),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/release", onChat(f.Release, byPath("Tenant"), "Chat released")),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/send", sendMessage(f)),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/opt-in", onChat(f.OptIn, byPath("Tenant"), "Customer opted in")),
		a.route(Admin, http.MethodGet, of+"/customers", listCustomers(f, byPath("Tenant"))),
		a.route(Admin, http.MethodGet, of+"/chats/:chat/data", exportCustomer(f)),
		a.route(Admin, http.MethodDelete, of+"/chats/:chat/data", eraseCustomer(f)),
		a.route(Admin, http.MethodGet, of+"/opt-outs", listOptOuts(f, byPath("Tenant"))),
		a.route(Admin, http.MethodGet, of+"/requests", listRequests(f, byPath("Tenant"))),
		a.route(Admin, http.MethodGet, of+"/requests/:request", showRequest(f, byPath("Tenant"))),
		a.route(Admin, http.MethodPatch, of+"/requests/:request", patchRequest(f, byPath("Tenant"))),
	}
}

func (a *API) deskRoutes() []Route {
	f := a.cfg.Fleet
	const requests = "/admin/setup-requests"
	return []Route{
		a.route(Admin, http.MethodGet, requests, listSetupRequests(f)),
		a.route(Admin, http.MethodGet, requests+"/:id", showSetupRequest(f)),
		a.route(Admin, http.MethodPost, requests+"/:id/review", reviewSetupRequest(f)),
		a.route(Admin, http.MethodPost, requests+"/:id/approve", decideSetupRequest(f.ApproveSetupRequest)),
		a.route(Admin, http.MethodPost, requests+"/:id/reject", decideSetupRequest(f.RejectSetupRequest)),
		a.route(Admin, http.MethodGet, "/admin/alarms", listAlarms(f, a.cfg.Texts)),
		a.route(Admin, http.MethodGet, "/admin/backups", listBackups(f)),
		a.route(Admin, http.MethodPost, "/admin/backups", startBackup(f)),
		a.route(Admin, http.MethodGet, "/admin/fences", listFences(f)),
		a.route(Admin, http.MethodGet, "/admin/overview", showOverview(f, a.cfg.Texts)),
		a.route(Admin, http.MethodGet, "/admin/board", showBoard(f)),
		a.route(Admin, http.MethodPost, "/admin/bulk", startBulk(f)),
		a.route(Admin, http.MethodGet, "/admin/bulk/:id", showBulk(f)),
		a.route(Admin, http.MethodGet, "/admin/users", listUsers(f)),
		a.route(Admin, http.MethodPost, "/admin/users", createUser(f)),
	}
}

func (a *API) portalRoutes() []Route {
	f := a.cfg.Fleet
	const own = "/portal/tenant/current"
	mine := ownTenant(f)
	return []Route{
		a.route(Portal, http.MethodGet, "/portal/me", showMe(f)),
		a.route(Portal, http.MethodPost, "/portal/users", createOwner(f)),
		a.route(Portal, http.MethodPost, "/portal/setup-request", submitSetupRequest(f)),
		a.route(Portal, http.MethodGet, own+"/status", showOwnStatus(f)),
		a.route(Portal, http.MethodGet, own+"/qr", a.showQR(f, mine)),
		a.route(Portal, http.MethodPost, own+"/link-code", makeLinkCode(f, mine)),
		a.route(Portal, http.MethodGet, own+"/logs", listMessages(f, mine, portalLogs)),
		a.route(Portal, http.MethodPost, own+"/chats/:chat/take-over", onChat(f.TakeOver, mine, "Chat taken over")),
		a.route(Portal, http.MethodPost, own+"/chats/:chat/release", onChat(f.Release, mine, "Chat released")),
		a.route(Portal, http.MethodGet, own+"/customers", listCustomers(f, mine)),
		a.route(Portal, http.MethodGet, own+"/chats/:chat", showChat(f, mine)),
		a.route(Portal, http.MethodPut, own+"/chats/:chat/labels", setLabels(f, mine)),
		a.route(Portal, http.MethodGet, own+"/opt-outs", listOptOuts(f, mine)),
		a.route(Portal, http.MethodGet, own+"/requests", listRequests(f, mine)),
		a.route(Portal, http.MethodGet, own+"/requests/:request", showRequest(f, mine)),
		a.route(Portal, http.MethodPatch, own+"/requests/:request", patchRequest(f, mine)),
	}
}

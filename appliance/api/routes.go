package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
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
	health, sessions := a.cfg.Services.Supervisor, a.cfg.Sessions
	home := func(c *gin.Context) error {
		c.Redirect(http.StatusFound, access.HomePath)
		return nil
	}
	return []Route{
		a.route(Open, http.MethodGet, "/", home),
		a.route(Open, http.MethodGet, "/healthz", alive),
		a.route(Open, http.MethodHead, "/healthz", alive),
		a.route(Open, http.MethodGet, "/readyz", a.ready(health)),
		a.route(Open, http.MethodHead, "/readyz", a.ready(health)),
		a.route(Open, http.MethodGet, "/api/openapi.yaml", a.showYAML),
		a.route(Open, http.MethodGet, "/api/openapi.json", a.showJSON),
		a.route(Open, http.MethodPost, "/sign-in", signIn(sessions)),
		a.route(Open, http.MethodPost, "/sign-out", signOut(sessions)),
		a.route(Admin, http.MethodGet, "/admin/sessions", listSessions(sessions)),
		a.route(Admin, http.MethodDelete, "/admin/sessions/:id", endSession(sessions)),
	}
}

func (a *API) tenantRoutes() []Route {
	s := a.cfg.Services
	const of = "/admin/tenants/:id"
	const orWorker = "Tenant or worker"
	return []Route{
		a.route(Admin, http.MethodGet, "/admin/tenants", listTenants(s.Tenants)),
		a.route(Admin, http.MethodPost, "/admin/tenants", createTenant(s.Tenants)),
		a.route(Admin, http.MethodGet, of, showTenant(s.Tenants, s.Chats)),
		a.route(Admin, http.MethodPatch, of, patchTenant(s.Tenants)),
		a.route(Admin, http.MethodDelete, of, deleteTenant(s.Tenants)),
		a.route(Admin, http.MethodPost, of+"/worker/start", startWorker(s.Workers)),
		a.route(Admin, http.MethodPost, of+"/worker/stop", onWorker(s.Workers.StopWorker, "Worker stopped", orWorker)),
		a.route(Admin, http.MethodPost, of+"/worker/restart",
			onWorker(s.Workers.RestartWorker, "Worker restarted", orWorker)),
		a.route(Admin, http.MethodPost, of+"/worker/force-restart",
			onWorker(s.Workers.ForceRestartWorker, "Worker force-restarted", orWorker)),
		a.route(Admin, http.MethodPost, of+"/pause", pauseFor(s.Pauses, s.Tenants)),
		a.route(Admin, http.MethodGet, of+"/pause", showPause(s.Pauses, s.Tenants)),
		a.route(Admin, http.MethodPost, of+"/resume", pauseTenant(s.Tenants, s.Pauses.Resume)),
		a.route(Admin, http.MethodGet, of+"/qr", a.showQR(s.Devices, byPath("Session"))),
		a.route(Admin, http.MethodPost, of+"/linking", openLinking(s.Devices)),
		a.route(Admin, http.MethodPost, of+"/link-code", makeLinkCode(s.Devices, byPath("Tenant"))),
		a.route(Admin, http.MethodPost, of+"/logout", logoutDevice(s.Devices)),
		a.route(Admin, http.MethodPost, of+"/reset", resetSession(s.Devices)),
		a.route(Admin, http.MethodGet, of+"/links", a.listInvites(s.Invites)),
		a.route(Admin, http.MethodPost, of+"/links", a.createInvite(s.Invites)),
		a.route(Admin, http.MethodPost, of+"/links/:link/revoke", revokeInvite(s.Invites)),
		a.route(Admin, http.MethodGet, of+"/process", showProcess(s.Logs)),
		a.route(Admin, http.MethodGet, of+"/process/samples", listSamples(s.Tenants, s.History)),
		a.route(Admin, http.MethodGet, of+"/process/setup", showWorkerSetup(s.Logs, s.Configs)),
		a.route(Admin, http.MethodGet, of+"/worker/log", showLog(s.Logs)),
		a.route(Admin, http.MethodGet, of+"/worker/log/file", downloadLog(s.Logs)),
		a.route(Admin, http.MethodGet, of+"/worker/log/stream", a.streamLog(s.Logs)),
		a.route(Admin, http.MethodGet, of+"/events", listEvents(s.Tenants)),
		a.route(Admin, http.MethodGet, of+"/settings", showSettings(s.Settings)),
		a.route(Admin, http.MethodPut, of+"/settings", saveDraft(s.Settings)),
		a.route(Admin, http.MethodGet, of+"/settings/versions", listSettings(s.Settings)),
		a.route(Admin, http.MethodPost, of+"/settings/publish", publishDraft(s.Settings)),
		a.route(Admin, http.MethodPost, of+"/settings/discard", discardDraft(s.Settings)),
		a.route(Admin, http.MethodPost, of+"/settings/rollback", rollbackSettings(s.Settings)),
		a.route(Admin, http.MethodGet, of+"/flow", showFlow(s.Flows)),
		a.route(Admin, http.MethodPost, of+"/flow/check", checkFlow(s.Flows, a.cfg.Texts)),
		a.route(Admin, http.MethodPost, of+"/flow/try", tryFlow(s.Flows)),
		a.route(Admin, http.MethodPost, of+"/flow/replay", replayFlow(s.Flows)),
		a.route(Admin, http.MethodGet, of+"/fence", showFence(s.Holds, s.Tenants)),
		a.route(Admin, http.MethodPost, of+"/fence/lift",
			onWorker(s.Holds.ReleaseRestoreHold, "Business released", "Tenant")),
		a.route(Admin, http.MethodGet, "/admin/events", a.streamChanges(s.Changes)),
	}
}

func (a *API) conversationRoutes() []Route {
	s := a.cfg.Services
	const of = "/admin/tenants/:id"
	return []Route{
		a.route(Admin, http.MethodGet, of+"/logs", listMessages(s.Chats, byPath("Tenant"), adminLogs)),
		a.route(Admin, http.MethodGet, of+"/messages", searchMessages(s.Chats)),
		a.route(Admin, http.MethodGet, of+"/chats", listChats(s.Chats)),
		a.route(Admin, http.MethodGet, of+"/chats/:chat", showChat(s.Chats, byPath("Tenant"))),
		a.route(Admin, http.MethodPut, of+"/chats/:chat/labels", setLabels(s.Chats, byPath("Tenant"))),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/take-over",
			onChat(s.Chats.TakeOver, byPath("Tenant"), "Chat taken over")),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/release",
			onChat(s.Chats.Release, byPath("Tenant"), "Chat released")),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/send", sendMessage(s.Chats)),
		a.route(Admin, http.MethodPost, of+"/chats/:chat/opt-in",
			onChat(s.Chats.OptIn, byPath("Tenant"), "Customer opted in")),
		a.route(Admin, http.MethodGet, of+"/customers", listCustomers(s.Chats, byPath("Tenant"))),
		a.route(Admin, http.MethodGet, of+"/chats/:chat/data", exportCustomer(s.Erasure)),
		a.route(Admin, http.MethodDelete, of+"/chats/:chat/data", eraseCustomer(s.Erasure)),
		a.route(Admin, http.MethodGet, of+"/opt-outs", listOptOuts(s.Chats, byPath("Tenant"))),
		a.route(Admin, http.MethodGet, of+"/requests", listRequests(s.Requests, byPath("Tenant"))),
		a.route(Admin, http.MethodGet, of+"/requests/:request", showRequest(s.Requests, byPath("Tenant"))),
		a.route(Admin, http.MethodPatch, of+"/requests/:request", patchRequest(s.Requests, byPath("Tenant"))),
	}
}

func (a *API) deskRoutes() []Route {
	s := a.cfg.Services
	const requests = "/admin/setup-requests"
	return []Route{
		a.route(Admin, http.MethodGet, requests, listSetupRequests(s.SetupRequests)),
		a.route(Admin, http.MethodGet, requests+"/:id", showSetupRequest(s.SetupRequests)),
		a.route(Admin, http.MethodPost, requests+"/:id/review", reviewSetupRequest(s.SetupRequests)),
		a.route(Admin, http.MethodPost, requests+"/:id/approve",
			decideSetupRequest(s.SetupRequests.ApproveSetupRequest)),
		a.route(Admin, http.MethodPost, requests+"/:id/reject", decideSetupRequest(s.SetupRequests.RejectSetupRequest)),
		a.route(Admin, http.MethodGet, "/admin/alarms", listAlarms(s.Alarms, a.cfg.Texts)),
		a.route(Admin, http.MethodGet, "/admin/backups", listBackups(s.Backups)),
		a.route(Admin, http.MethodPost, "/admin/backups", startBackup(s.Backups)),
		a.route(Admin, http.MethodGet, "/admin/fences", listFences(s.Holds)),
		a.route(Admin, http.MethodGet, "/admin/overview", showOverview(s.Overviews, a.cfg.Texts)),
		a.route(Admin, http.MethodGet, "/admin/board", showBoard(s.Summaries)),
		a.route(Admin, http.MethodPost, "/admin/bulk", startBulk(s.BulkJobs, a.cfg.Texts)),
		a.route(Admin, http.MethodGet, "/admin/bulk/:id", showBulk(s.BulkJobs, a.cfg.Texts)),
		a.route(Admin, http.MethodGet, "/admin/users", listUsers(s.Users)),
		a.route(Admin, http.MethodPost, "/admin/users", createUser(s.Users)),
	}
}

func (a *API) portalRoutes() []Route {
	s := a.cfg.Services
	const own = "/portal/tenant/current"
	mine := ownTenant(s.Users)
	return []Route{
		a.route(Portal, http.MethodGet, "/portal/me", showMe(s.Users)),
		a.route(Portal, http.MethodPost, "/portal/users", createOwner(s.Users)),
		a.route(Portal, http.MethodPost, "/portal/setup-request", submitSetupRequest(s.SetupRequests)),
		a.route(Portal, http.MethodGet, own+"/status", showOwnStatus(s.Users)),
		a.route(Portal, http.MethodGet, own+"/qr", a.showQR(s.Devices, mine)),
		a.route(Portal, http.MethodPost, own+"/link-code", makeLinkCode(s.Devices, mine)),
		a.route(Portal, http.MethodGet, own+"/logs", listMessages(s.Chats, mine, portalLogs)),
		a.route(Portal, http.MethodPost, own+"/chats/:chat/take-over",
			onChat(s.Chats.TakeOver, mine, "Chat taken over")),
		a.route(Portal, http.MethodPost, own+"/chats/:chat/release", onChat(s.Chats.Release, mine, "Chat released")),
		a.route(Portal, http.MethodGet, own+"/customers", listCustomers(s.Chats, mine)),
		a.route(Portal, http.MethodGet, own+"/chats/:chat", showChat(s.Chats, mine)),
		a.route(Portal, http.MethodPut, own+"/chats/:chat/labels", setLabels(s.Chats, mine)),
		a.route(Portal, http.MethodGet, own+"/opt-outs", listOptOuts(s.Chats, mine)),
		a.route(Portal, http.MethodGet, own+"/requests", listRequests(s.Requests, mine)),
		a.route(Portal, http.MethodGet, own+"/requests/:request", showRequest(s.Requests, mine)),
		a.route(Portal, http.MethodPatch, own+"/requests/:request", patchRequest(s.Requests, mine)),
	}
}

package ui

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// tenantRoutes lists the pages and forms of one tenant, and the page under a link that was sent to its owner.
func (u *UI) tenantRoutes() []Route {
	const of = "/admin/tenants/:id"
	page := func(path string, do func(*gin.Context, flowhq.TenantDetail)) Route {
		return Route{Method: http.MethodGet, Path: of + path, Handler: u.ofTenant(do)}
	}
	form := func(path string, do func(*gin.Context, flowhq.TenantDetail)) Route {
		return Route{Method: http.MethodPost, Path: of + path, Handler: u.ofTenant(do)}
	}
	press := func(path string, do gin.HandlerFunc) Route {
		return Route{Method: http.MethodPost, Path: of + path, Handler: do}
	}
	return []Route{
		page("", u.tenant), page("/linking", u.linking), page("/chats", u.chats), page("/chats/:chat", u.chat),
		page("/requests", u.board), page("/requests/:request", u.request), page("/customers", u.customers),
		page("/settings", u.settings), page("/flow", u.flow), page("/process", u.process), page("/worker/log", u.workerLog),
		page("/events", u.events), page("/manage", u.manage),

		press("/worker/start", u.act(u.fleet.StartWorker)), press("/worker/stop", u.act(u.fleet.StopWorker)),
		press("/worker/restart", u.act(u.fleet.RestartWorker)), press("/worker/force-restart", u.act(u.fleet.ForceRestartWorker)),
		press("/resume", u.actFrom("", "resumed", u.fleet.Resume)), press("/linking", u.actFrom("/linking", "", u.openLinking)),
		form("/pause", u.pause), form("/logout", u.logout), form("/reset", u.resetSession), form("/delete", u.deleteTenant),
		form("/link-code", u.linkCode), form("/links", u.createInvite), form("/links/:link/revoke", u.revokeInvite),

		form("/chats/:chat/send", u.send), form("/chats/:chat/labels", u.setLabels),
		form("/chats/:chat/take-over", u.onChat(u.fleet.TakeOver)), form("/chats/:chat/release", u.onChat(u.fleet.Release)),
		form("/requests/:request", u.updateRequest),

		form("/identity", u.saveIdentity), form("/settings", u.saveSettings), form("/settings/publish", u.publish),
		form("/settings/discard", u.discardDraft), form("/settings/rollback", u.rollback),
		form("/flow", u.saveFlow), form("/flow/check", u.checkFlow), form("/flow/try", u.tryFlow),

		{Method: http.MethodGet, Path: "/link/:token", Handler: u.link, Open: true},
		{Method: http.MethodPost, Path: "/link/:token/codes", Handler: u.linkNewCodes, Open: true},
		{Method: http.MethodPost, Path: "/link/:token/code", Handler: u.linkPairing, Open: true},
	}
}

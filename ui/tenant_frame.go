package ui

import (
	"flowhq/appliance/tenants"
	"flowhq/appliance/tenants/settings"
	"flowhq/locale/key"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// The pages of one tenant. Each has an address of its own, so that it can be bookmarked, opened beside another, and
// works without JavaScript; all have the same head and the same tabs.
const (
	pageTenant    = "tenant"
	pageChats     = "tenant_chats"
	pageBoard     = "tenant_board"
	pageRequest   = "tenant_request"
	pageCustomers = "tenant_customers"
	pageSettings  = "tenant_settings"
	pageFlow      = "tenant_flow"
	pageProcess   = "tenant_process"
	pageLog       = "tenant_log"
	pageEvents    = "tenant_events"
	pageLinking   = "tenant_linking"
	pageManage    = "tenant_manage"
	pageLink      = "link"
)

// tenantFrame is what every page of a tenant shows around its own content.
type tenantFrame struct {
	Page
	Head   headView
	Tabs   []tenantTab
	Notice notice
}

type tenantTab struct {
	URL, Icon, Word string
	Current         bool
}

// notice tells what was just done, with a way back where there is one.
type notice struct {
	Text string
	Undo *undo
}

// undo is a form that takes back what was just done.
type undo struct {
	URL    string
	Fields map[string]string
}

// tenantScreen is what the pages of one tenant share: they find it, and draw its head and its tabs.
type tenantScreen struct {
	*renderer
	tenants  *tenants.Service
	settings *settings.Settings
}

const tenantPath = tenantsPath + "/:id"

// view is a page of a tenant, form what is sent from one.
func (h *tenantScreen) view(path string, do func(*gin.Context, flowhq.TenantDetail)) Route {
	return get(tenantPath+path, h.ofTenant(do))
}

func (h *tenantScreen) form(path string, do func(*gin.Context, flowhq.TenantDetail)) Route {
	return post(tenantPath+path, h.ofTenant(do))
}

// ofTenant makes a handler of what a page does with its tenant.
func (h *tenantScreen) ofTenant(do func(c *gin.Context, t flowhq.TenantDetail)) gin.HandlerFunc {
	return func(c *gin.Context) {
		t, err := h.tenants.Tenant(c.Request.Context(), c.Param("id"))
		if err != nil {
			h.fail(c, err)
			return
		}
		do(c, t)
	}
}

// frame makes head and tabs; title is that of the page.
func (h *tenantScreen) frame(c *gin.Context, t flowhq.TenantDetail, current string) tenantFrame {
	l := h.translator(c)
	f := tenantFrame{Page: h.page(c, "tenants", t.Name), Head: newHeadView(l, t), Notice: h.notice(c)}
	f.Path = pagePath(c, tenantURL(t.ID, current))
	tabs := []struct{ path, icon, word string }{
		{"", "home", key.PageTabOverview}, {"/chats", "chat", key.PageTabChats},
		{"/requests", "calendar", key.PageTabRequests},
		{"/customers", "users", key.PageTabCustomers}, {"/settings", "shop", key.PageTabSettings},
		{"/flow", "flow", key.PageTabFlow},
		{"/linking", "qr", key.PageTabLinking}, {"/process", "cpu", key.PageTabProcess},
		{"/worker/log", "list", key.PageTabLog},
		{"/events", "clock", key.PageTabEvents}, {"/manage", "settings", key.PageTabManage},
	}
	for _, tab := range tabs {
		f.Tabs = append(f.Tabs, tenantTab{URL: tenantURL(t.ID, tab.path), Icon: tab.icon, Word: l.text(tab.word),
			Current: tab.path == current})
		if tab.path == current && current != "" {
			f.Title = l.text(tab.word) + " · " + t.Name
		}
	}
	return f
}

// pagePath is where a change of the language comes back to: this page, without what was just done on it.
func pagePath(c *gin.Context, otherwise string) string {
	if c.Request.Method != http.MethodGet {
		return otherwise
	}
	u := *c.Request.URL
	q := u.Query()
	q.Del("done")
	q.Del("undo")
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

func tenantURL(id, path string) string { return tenantsPath + "/" + url.PathEscape(id) + path }

func chatURL(id, chat string) string { return tenantURL(id, "/chats/"+url.PathEscape(chat)) }

// notice reads what was just done from the address; only what has a text is told.
func (h *tenantScreen) notice(c *gin.Context) notice {
	what := c.Query("done")
	text := h.translator(c).word("done", what)
	if text == what {
		return notice{}
	}
	n := notice{Text: text}
	if request, status, ok := strings.Cut(c.Query("undo"), "_"); ok {
		n.Undo = &undo{URL: tenantURL(c.Param("id"), "/requests/"+url.PathEscape(request)),
			Fields: map[string]string{"status": status}}
	}
	return n
}

// doneAt leads a browser to a page that tells what was done.
func doneAt(c *gin.Context, to, what string) {
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	c.Redirect(http.StatusSeeOther, to+sep+"done="+what)
}

// zone gives a tenant's own time zone; the usual one where its settings can't be read.
func (h *tenantScreen) zone(c *gin.Context, id string) *time.Location {
	published, _, err := h.settings.Settings(c.Request.Context(), id)
	if err != nil {
		return flowhq.Settings{}.Location()
	}
	return published.Settings.Location()
}

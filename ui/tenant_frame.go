package ui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// The pages of one tenant. Each has an address of its own, so that it can be bookmarked, opened beside another, and works
// without JavaScript; all have the same head and the same tabs.
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

func tenantPages() []string {
	return []string{
		pageTenant, pageChats, pageBoard, pageRequest, pageCustomers, pageSettings, pageFlow, pageProcess, pageLog, pageEvents,
		pageLinking, pageManage, pageLink,
	}
}

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

// ofTenant makes a handler of what a page does with its tenant.
func (u *UI) ofTenant(do func(c *gin.Context, t flowhq.TenantDetail)) gin.HandlerFunc {
	return func(c *gin.Context) {
		t, err := u.fleet.Tenant(c.Request.Context(), c.Param("id"))
		if err != nil {
			u.fail(c, err)
			return
		}
		do(c, t)
	}
}

// frame makes head and tabs; title is that of the page.
func (u *UI) frame(c *gin.Context, t flowhq.TenantDetail, current string) tenantFrame {
	l := u.locale(c)
	f := tenantFrame{Page: u.page(c, "tenants", t.Name), Head: newHeadView(l, t), Notice: u.notice(c)}
	f.Path = pagePath(c, tenantURL(t.ID, current))
	tabs := []struct{ path, icon, key string }{
		{"", "home", "tab.overview"}, {"/chats", "chat", "tab.chats"}, {"/requests", "calendar", "tab.requests"},
		{"/customers", "users", "tab.customers"}, {"/settings", "shop", "tab.settings"}, {"/flow", "flow", "tab.flow"},
		{"/linking", "qr", "tab.linking"}, {"/process", "cpu", "tab.process"}, {"/worker/log", "list", "tab.log"},
		{"/events", "clock", "tab.events"}, {"/manage", "settings", "tab.manage"},
	}
	for _, tab := range tabs {
		f.Tabs = append(f.Tabs, tenantTab{URL: tenantURL(t.ID, tab.path), Icon: tab.icon, Word: l.text(tab.key), Current: tab.path == current})
		if tab.path == current && current != "" {
			f.Title = l.text(tab.key) + " · " + t.Name
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

func tenantURL(id, path string) string { return "/admin/tenants/" + url.PathEscape(id) + path }

func chatURL(id, chat string) string { return tenantURL(id, "/chats/"+url.PathEscape(chat)) }

// notice reads what was just done from the address; only what has a text is told.
func (u *UI) notice(c *gin.Context) notice {
	what := c.Query("done")
	text := u.locale(c).word("done", what)
	if text == what {
		return notice{}
	}
	n := notice{Text: text}
	if request, status, ok := strings.Cut(c.Query("undo"), "_"); ok {
		n.Undo = &undo{URL: tenantURL(c.Param("id"), "/requests/"+url.PathEscape(request)), Fields: map[string]string{"status": status}}
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

// fieldErrors gives what is wrong by field, and a sentence when it is about no field.
func (u *UI) fieldErrors(c *gin.Context, err error) (fields map[string]string, rest string) {
	fields = map[string]string{}
	e, ok := asDomain(err)
	if !ok || len(e.Fields) == 0 {
		return fields, u.sentence(c, err)
	}
	for _, f := range e.Fields {
		fields[f.Field] = u.locale(c).say(f.Message)
	}
	return fields, ""
}

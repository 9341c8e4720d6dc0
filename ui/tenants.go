package ui

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

type tenantReader interface {
	Tenants(ctx context.Context, f flowhq.TenantFilter) ([]flowhq.TenantDetail, error)
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	Messages(ctx context.Context, id string, q flowhq.MessageQuery) ([]flowhq.Message, error)
	Events(ctx context.Context, id string, q flowhq.EventQuery) ([]flowhq.TenantEvent, error)
	Process(ctx context.Context, id string) (flowhq.Process, error)
}

// pageLength is how many businesses one page lists.
const pageLength = 100

type tenantsView struct {
	Page
	Empty   bool // there is no business at all
	Query   string
	Status  flowhq.TenantStatus
	Self    string // where the list fetches itself anew
	Filters []tenantFilter
	Rows    []tenantRow
	More    string // the next page
}

type tenantFilter struct {
	URL     string
	Word    string
	Count   int
	Current bool
}

type tenantRow struct {
	ID, Name, Number, Template string
	Status                     status
	Phase, Worker, Todo        string
	HeardAt                    *time.Time
}

func (u *UI) tenants(c *gin.Context) {
	l := u.locale(c)
	all, err := u.fleet.Tenants(c.Request.Context(), flowhq.TenantFilter{})
	if err != nil {
		u.fail(c, err)
		return
	}
	view := tenantsView{
		Empty: len(all) == 0, Query: strings.TrimSpace(c.Query("q")), Status: flowhq.TenantStatus(c.Query("status")),
	}
	view.Filters = tenantFilters(l, all, view)
	view.Rows, view.More = listTenants(l, all, view, c.Query("after"))
	view.Self = tenantsURL(view.Query, view.Status, c.Query("after"), "list")
	if c.Query("part") == "list" {
		u.render(c, http.StatusOK, pageTenants, "tenant-list", view)
		return
	}
	view.Page = u.page(c, "tenants", l.text("tenants.title"))
	u.render(c, http.StatusOK, pageTenants, "layout", view)
}

// listTenants gives the rows of one page: what matches, after the given id, and the address of the next page.
func listTenants(l locale, all []flowhq.TenantDetail, v tenantsView, after string) ([]tenantRow, string) {
	var rows []tenantRow
	skipping := after != ""
	for _, t := range all {
		if skipping {
			skipping = t.ID != after
			continue
		}
		if !matches(t, v.Query, v.Status) {
			continue
		}
		if len(rows) == pageLength {
			return rows, tenantsURL(v.Query, v.Status, rows[len(rows)-1].ID, "")
		}
		rows = append(rows, newTenantRow(l, t))
	}
	return rows, ""
}

func matches(t flowhq.TenantDetail, query string, s flowhq.TenantStatus) bool {
	if s != "" && t.Status != s {
		return false
	}
	if query == "" {
		return true
	}
	text := t.Name + " " + t.PhoneNumber
	if t.Config != nil {
		text += " " + t.Config.BusinessName
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(query))
}

func newTenantRow(l locale, t flowhq.TenantDetail) tenantRow {
	row := tenantRow{
		ID: t.ID, Name: t.Name, Number: t.PhoneNumber, Status: tenantStatus(l, t.Status),
		Phase: l.word("phase", string(phaseOf(t))), Todo: todo(l, t),
	}
	if t.Config != nil {
		row.Template = l.word("template", string(t.Config.TemplateType))
	}
	if t.Worker != nil {
		row.Worker = l.word("worker", string(t.Worker.Status))
	}
	if t.Session != nil {
		row.HeardAt = t.Session.WAHeardAt
	}
	return row
}

// tenantFilters counts the businesses by status, among those that the search matches.
func tenantFilters(l locale, all []flowhq.TenantDetail, v tenantsView) []tenantFilter {
	counts := map[flowhq.TenantStatus]int{}
	for _, t := range all {
		if matches(t, v.Query, "") {
			counts[t.Status]++
			counts[""]++
		}
	}
	order := []flowhq.TenantStatus{
		"", flowhq.TenantError, flowhq.TenantQRPending, flowhq.TenantActive, flowhq.TenantNew, flowhq.TenantPaused,
	}
	var filters []tenantFilter
	for _, s := range order {
		word := l.text("tenants.all")
		if s != "" {
			word = l.word("status", string(s))
		}
		filters = append(filters, tenantFilter{
			URL: tenantsURL(v.Query, s, "", ""), Word: word, Count: counts[s], Current: s == v.Status,
		})
	}
	return filters
}

func tenantsURL(query string, s flowhq.TenantStatus, after, part string) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": query, "status": string(s), "after": after, "part": part} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/admin/tenants"
	}
	return "/admin/tenants?" + q.Encode()
}

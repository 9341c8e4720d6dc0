package ui

import (
	"flowhq/appliance/dashboard"
	"flowhq/appliance/tenants"
	"flowhq/locale/key"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

const tenantsPath = "/admin/tenants"

// tenantListPages are the list of all businesses and the form for a new one.
type tenantListPages struct {
	*renderer
	summaries *dashboard.Summaries
	tenants   *tenants.Service
}

func (h *tenantListPages) routes() []Route {
	return []Route{get(tenantsPath, h.list), post(tenantsPath, h.create), get(tenantsPath+"/new", h.form)}
}

type tenantsView struct {
	Page
	Empty   bool // there is no business at all
	Query   string
	Status  flowhq.TenantStatus
	Order   flowhq.SummaryOrder
	Back    bool
	Self    string // where the list fetches itself anew
	All     int
	Filters []tenantFilter
	Orders  []choice
	Columns []column
	Rows    []tenantRow
	Pager   pager
	Actions []bulkButton
	Steps   []step
}

type tenantFilter struct {
	URL     string
	Word    string
	Tone    string // "": all
	Count   string
	Current bool
}

// column is a heading that sorts.
type column struct {
	Word, URL, Sorted, Class string // Sorted: ascending, descending or ""
}

// pager leads through a list in pages.
type pager struct {
	Page, Pages    int
	Previous, Next string
}

type bulkButton struct {
	Action flowhq.BulkAction
	Word   string
	Icon   string
}

type tenantRow struct {
	ID, Name, Number, Template string
	Status                     status
	Why                        string // what a person should know or do
	Failing                    bool   // Why is a remedy
	Phase                      string
	HeardAt                    *time.Time
	Today                      day
	Requests                   string // "" for none
	Process                    load
}

// load is what a worker uses of what it may.
type load struct {
	Memory, Max string
	Percent     int // of the limit; -1 without one
	Tone        string
	Restarts    string // "" for none
}

func (h *tenantListPages) list(c *gin.Context) {
	l := h.translator(c)
	q := boardQuery(c)
	b, err := h.summaries.Board(c.Request.Context(), q)
	if err != nil {
		h.fail(c, err)
		return
	}
	v := tenantsView{Empty: b.All == 0, Query: q.Query, Status: q.Status, Order: q.Order, Back: q.Back, All: b.All}
	q.Page = b.Page
	v.Self = boardURL(q, "list")
	v.Filters = tenantFilters(l, b, q)
	v.Columns, v.Orders = columns(l, q), orders(l, q)
	v.Pager = pagerOf(b, q)
	for _, line := range b.Summaries {
		v.Rows = append(v.Rows, newTenantRow(l, line))
	}
	v.Actions = bulkButtons(l)
	if c.Query("part") == "list" {
		h.render(c, http.StatusOK, pageTenants, "tenant-list", v)
		return
	}
	if v.Empty {
		v.Steps = firstSteps(l, flowhq.Overview{})
	}
	v.Page = h.page(c, "tenants", l.text(key.PageTenantsTitle))
	h.render(c, http.StatusOK, pageTenants, "layout", v)
}

// boardQuery reads what is asked for from the address; what makes no sense is left out.
func boardQuery(c *gin.Context) flowhq.BoardQuery {
	q := flowhq.BoardQuery{Query: strings.TrimSpace(c.Query("q")), Back: c.Query("back") == "1"}
	if s := flowhq.TenantStatus(c.Query("status")); slices.Contains(statusOrder(), s) {
		q.Status = s
	}
	if o := flowhq.SummaryOrder(c.Query("order")); slices.Contains(flowhq.SummaryOrders(), o) {
		q.Order = o
	}
	q.Page, _ = strconv.Atoi(c.Query("page")) // anything else is the first
	return q
}

func boardURL(q flowhq.BoardQuery, part string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", q.Query)
	set("status", string(q.Status))
	if q.Order != flowhq.OrderUrgency {
		set("order", string(q.Order))
	}
	if q.Back {
		set("back", "1")
	}
	if q.Page > 1 {
		set("page", strconv.Itoa(q.Page))
	}
	set("part", part)
	if len(v) == 0 {
		return "/admin/tenants"
	}
	return "/admin/tenants?" + v.Encode()
}

func statusOrder() []flowhq.TenantStatus {
	return []flowhq.TenantStatus{
		"", flowhq.TenantError, flowhq.TenantQRPending, flowhq.TenantActive, flowhq.TenantNew, flowhq.TenantPaused,
	}
}

// tenantFilters counts the businesses by status, among those that the search matches.
func tenantFilters(l translator, b flowhq.Board, q flowhq.BoardQuery) []tenantFilter {
	var filters []tenantFilter
	for _, s := range statusOrder() {
		to := q
		to.Status, to.Page = s, 1
		f := tenantFilter{URL: boardURL(to, ""), Word: l.text(key.PageTenantsAll), Count: l.number(int64(b.Found)),
			Current: s == q.Status}
		if s != "" {
			shown := tenantStatus(l, s)
			f.Word, f.Tone, f.Count = shown.Word, shown.Tone, l.number(int64(b.Counts[s]))
		}
		filters = append(filters, f)
	}
	return filters
}

// columns are the headings of the list; pressing one again turns the order round.
func columns(l translator, q flowhq.BoardQuery) []column {
	current := q.Order
	if current == "" {
		current = flowhq.OrderUrgency
	}
	var out []column
	for _, c := range []struct {
		word  string
		order flowhq.SummaryOrder
		up    bool // the order's own direction is ascending
	}{
		{key.PageTenantsName, flowhq.OrderName, true}, {key.PageTenantsStatus, flowhq.OrderUrgency, true},
		{key.PageTenantsHeard, flowhq.OrderHeard, true},
		{key.PageTenantsToday, flowhq.OrderMessages, false}, {key.PageTenantsRequests, flowhq.OrderRequests, false},
		{key.PageProcessMemory, flowhq.OrderMemory, false},
	} {
		to := q
		to.Order, to.Page, to.Back = c.order, 1, false
		col := column{Word: l.text(c.word), Class: "col-" + string(c.order)}
		if c.order == current {
			to.Back = !q.Back
			col.Sorted = map[bool]string{true: "ascending", false: "descending"}[c.up != q.Back]
		}
		col.URL = boardURL(to, "")
		out = append(out, col)
	}
	return out
}

func orders(l translator, q flowhq.BoardQuery) []choice {
	var out []choice
	for _, o := range flowhq.SummaryOrders() {
		out = append(out, choice{string(o), l.word("order", string(o)), o == q.Order})
	}
	return out
}

func pagerOf(b flowhq.Board, q flowhq.BoardQuery) pager {
	p := pager{Page: b.Page, Pages: b.Pages}
	to := q
	if b.Page > 1 {
		to.Page = b.Page - 1
		p.Previous = boardURL(to, "")
	}
	if b.Page < b.Pages {
		to.Page = b.Page + 1
		p.Next = boardURL(to, "")
	}
	return p
}

func newTenantRow(l translator, t flowhq.TenantSummary) tenantRow {
	row := tenantRow{
		ID: t.ID, Name: t.Name, Number: t.PhoneNumber, Status: tenantStatus(l, t.Status),
		Phase:   l.word("phase", string(t.Phase)),
		HeardAt: t.HeardAt, Today: newDay(l, t.Received, t.Sent, t.Hours), Process: newLoad(l, t),
	}
	if t.Template != "" {
		row.Template = l.word("template", string(t.Template))
	}
	if t.OpenRequests > 0 {
		row.Requests = l.number(int64(t.OpenRequests))
	}
	row.Why, row.Failing = why(l, t)
	return row
}

// why says what a person should know of a business now, and whether it is something to be done.
func why(l translator, t flowhq.TenantSummary) (string, bool) {
	switch {
	case t.Status == flowhq.TenantPaused:
		return "", false
	case t.Status == flowhq.TenantError && t.LastError != "":
		return l.say(t.LastError), true
	case t.Phase.Failing():
		return l.say(flowhq.Remedy(t.Phase)), true
	case t.Phase == flowhq.PhaseNobody:
		return l.text(key.PageLinkNobody), true
	case t.Status == flowhq.TenantActive && t.DesiredState != flowhq.DesiredRunning:
		return l.text(key.PageTenantsStopped), true
	case t.Phase == flowhq.PhaseReconnecting:
		return l.text(key.PageLinkReconnecting), false
	}
	return "", false
}

func newLoad(l translator, t flowhq.TenantSummary) load {
	v := load{Percent: -1, Tone: "calm"}
	if t.Restarts > 0 {
		v.Restarts = l.number(int64(t.Restarts))
	}
	if t.Memory == 0 {
		return v
	}
	v.Memory = l.bytes(t.Memory)
	if t.MemoryMax > 0 {
		v.Max, v.Percent = l.bytes(t.MemoryMax), int(min(100, t.Memory*100/t.MemoryMax))
		if v.Percent >= 85 {
			v.Tone = "bad"
		} else if v.Percent >= 60 {
			v.Tone = "wait"
		}
	}
	return v
}

func bulkButtons(l translator) []bulkButton {
	icons := map[flowhq.BulkAction]string{
		flowhq.BulkStart: "play", flowhq.BulkStop: "stop", flowhq.BulkRestart: "restart", flowhq.BulkPause: "pause",
		flowhq.BulkResume: "play",
	}
	var out []bulkButton
	for _, a := range flowhq.BulkActions() {
		out = append(out, bulkButton{Action: a, Word: l.word("action", string(a)), Icon: icons[a]})
	}
	return out
}

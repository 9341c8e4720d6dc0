package ui

import (
	"encoding/json"
	"flowhq/locale/key"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// eventPages show what happened to a tenant.
type eventPages struct {
	*tenantScreen
}

func (h *eventPages) routes() []Route { return []Route{h.view("/events", h.list)} }

type eventsPage struct {
	tenantFrame
	Filters []boardFilter
	Events  eventsView
}

type eventsView struct {
	ID, Self string
	Rows     []eventRow
	More     string
}

type eventRow struct {
	Kind, Icon string
	Status     *status // where the tenant's status changed: to what
	Detail     string
	At         time.Time
}

// eventsShown is how many entries of the time line one page lists.
const eventsShown = 60

func (h *eventPages) list(c *gin.Context, t flowhq.TenantDetail) {
	kind := c.Query("type")
	if !slices.Contains(eventTypes(), kind) {
		kind = ""
	}
	v, err := h.eventsView(c, t.ID, kind, eventsShown)
	if err != nil {
		h.fail(c, err)
		return
	}
	if c.Query("part") == "events" {
		h.render(c, http.StatusOK, pageEvents, "events-list", v)
		return
	}
	l := h.translator(c)
	page := eventsPage{tenantFrame: h.frame(c, t, "/events"), Events: v}
	page.Filters = append(page.Filters, boardFilter{URL: tenantURL(t.ID, "/events"), Word: l.text(key.PageEventsAll),
		Current: kind == ""})
	for _, k := range eventTypes() {
		page.Filters = append(page.Filters, boardFilter{URL: tenantURL(t.ID, "/events?type=") + k,
			Word: l.word("event", k), Current: k == kind})
	}
	h.render(c, http.StatusOK, pageEvents, "layout", page)
}

func eventTypes() []string {
	return []string{
		flowhq.TenantEventStatus, flowhq.TenantEventSession, flowhq.TenantEventWorker, flowhq.TenantEventAdmin,
		flowhq.TenantEventRecord, flowhq.TenantEventChat,
	}
}

func (h *eventPages) eventsView(c *gin.Context, id, kind string, limit int) (eventsView, error) {
	q := flowhq.EventQuery{Type: kind, Limit: limit, Before: cursor(c.Query("before"))}
	events, err := h.tenants.Events(c.Request.Context(), id, q)
	if err != nil {
		return eventsView{}, err
	}
	v := eventsView{ID: id, Self: tenantURL(id, "/events?part=events&type=") + kind}
	for _, e := range events {
		v.Rows = append(v.Rows, newEventRow(h.translator(c), e))
	}
	if len(events) == limit {
		last := events[limit-1]
		v.More = tenantURL(id, "/events?type=") + kind + "&before=" + place(last.CreatedAt, last.ID)
	}
	return v, nil
}

func newEventRow(l translator, e flowhq.TenantEvent) eventRow {
	row := eventRow{Kind: l.word("event", e.Type), Icon: eventIcon(e.Type), Detail: l.say(e.Detail), At: e.CreatedAt}
	var change struct {
		From   string `json:"from"`
		Into   string `json:"into"`
		To     string `json:"to"`
		Cause  string `json:"cause"`
		By     string `json:"by"`
		Status string `json:"status"`
	}
	if json.Unmarshal(e.Payload, &change) != nil {
		return row
	}
	switch {
	case e.Type == flowhq.TenantEventMerge && change.Into != "":
		row.Detail = l.text(key.PageEventsMerged, "from", change.From, "into", change.Into)
		return row
	case change.To == "":
		return row
	}
	switch e.Type {
	case flowhq.TenantEventStatus:
		s := tenantStatus(l, flowhq.TenantStatus(change.To))
		row.Status = &s
		if change.Cause != "" {
			row.Detail = l.say(change.Cause)
		}
	case flowhq.TenantEventRecord:
		s := requestStatus(l, flowhq.RequestStatus(change.To))
		row.Status = &s
		row.Detail = l.text(key.PageRequestMade)
		if change.From != "" {
			row.Detail = l.text(key.PageRequestWas) + " " + l.word("request", change.From)
		}
		if change.By != "" {
			row.Detail += " · " + change.By
		}
	}
	return row
}

func eventIcon(kind string) string {
	switch kind {
	case flowhq.TenantEventSession:
		return "phone"
	case flowhq.TenantEventWorker:
		return "cpu"
	case flowhq.TenantEventAdmin:
		return "user"
	case flowhq.TenantEventChat:
		return "chat"
	case flowhq.TenantEventRecord:
		return "calendar"
	case flowhq.TenantEventStatus:
		return "info"
	}
	return "clock"
}

package ui

import (
	"flowhq/appliance/conversations"
	"flowhq/locale/key"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// customerPages list a tenant's customers.
type customerPages struct {
	*tenantScreen
	chats *conversations.Chats
}

func (h *customerPages) routes() []Route {
	return []Route{h.view("/customers", h.list), h.form("/chats/:chat/labels", h.setLabels)}
}

type customersPage struct {
	tenantFrame
	Customers customersView
}

type customersView struct {
	ID, Query string
	OptedOut  bool
	Filters   []boardFilter
	Rows      []customerRow
	More, CSV string
	Wrong     string // of a label that was refused
}

type customerRow struct {
	Key, URL, LabelURL     string
	Name, Number, Language string
	Labels                 []string
	Typed                  string
	OptedOut, Human        *time.Time
	First, Last            time.Time
}

// customersShown is how many one page lists.
const customersShown = 50

func (h *customerPages) list(c *gin.Context, t flowhq.TenantDetail) {
	l := h.translator(c)
	v := customersView{ID: t.ID, Query: strings.TrimSpace(c.Query("q")), OptedOut: c.Query("opted_out") == "1"}
	base := tenantURL(t.ID, "/customers?") + withQuery(v.Query)
	v.Filters = []boardFilter{
		{URL: base, Word: l.text(key.PageCustomersAll), Current: !v.OptedOut},
		{URL: base + "opted_out=1", Word: l.text(key.PageCustomersOptedOut), Current: v.OptedOut},
	}
	v.CSV = base + "format=csv"
	if v.OptedOut {
		v.CSV += "&opted_out=1"
	}
	q := flowhq.CustomerQuery{Query: v.Query, OptedOut: v.OptedOut, Before: cursor(c.Query("before")),
		Limit: customersShown}
	rows, err := h.chats.Customers(c.Request.Context(), t.ID, q)
	if err != nil {
		h.fail(c, err)
		return
	}
	for _, r := range rows {
		v.Rows = append(v.Rows, newCustomerRow(l, t.ID, r))
	}
	if len(rows) == customersShown {
		last := rows[customersShown-1]
		v.More = base + "before=" + place(last.LastSeenAt, last.ID)
		if v.OptedOut {
			v.More += "&opted_out=1"
		}
	}
	h.render(c, http.StatusOK, pageCustomers, "layout",
		customersPage{tenantFrame: h.frame(c, t, "/customers"), Customers: v})
}

func newCustomerRow(l translator, id string, r flowhq.Customer) customerRow {
	row := customerRow{
		Key: r.ID, URL: chatURL(id, r.Chat), LabelURL: chatURL(id, r.Chat) + "/labels", Name: customerName(l, r),
		Number: r.Number,
		Labels: r.Labels, Typed: strings.Join(r.Labels, ", "), OptedOut: r.OptedOutAt, Human: r.HandedOver,
		First: r.FirstSeenAt, Last: r.LastSeenAt,
	}
	if row.Name == row.Number {
		row.Number = ""
	}
	if r.Language != "" {
		row.Language = l.word("lang", string(r.Language))
	}
	return row
}

// setLabels takes labels as they are written in one line, with commas between.
func (h *customerPages) setLabels(c *gin.Context, t flowhq.TenantDetail) {
	chat := c.Param("chat")
	_, err := h.chats.SetLabels(c.Request.Context(), t.ID, chat, strings.Split(c.PostForm("labels"), ","))
	if err != nil {
		customer, readErr := h.chats.Customer(c.Request.Context(), t.ID, chat)
		if readErr != nil {
			h.fail(c, readErr)
			return
		}
		fields, rest := h.fieldErrors(c, err)
		v := customersView{ID: t.ID, Wrong: fields["labels"] + rest,
			Rows: []customerRow{newCustomerRow(h.translator(c), t.ID, customer)}}
		v.Rows[0].Typed = c.PostForm("labels")
		h.render(c, statusOf(err), pageCustomers, "layout",
			customersPage{tenantFrame: h.frame(c, t, "/customers"), Customers: v})
		return
	}
	to := tenantURL(t.ID, "/customers")
	if q := c.PostForm("q"); q != "" {
		to += "?q=" + url.QueryEscape(q)
	}
	doneAt(c, to, "labels")
}

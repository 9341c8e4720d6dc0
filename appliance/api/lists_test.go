package api

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"flowhq"
)

// follow reads a list part by part and gives the values of one field.
func (w *world) follow(target, field string) (values []string, parts int) {
	w.t.Helper()
	for target != "" {
		a := w.ask("GET", target, nil).want(200)
		for i := range a.len() {
			values = append(values, fmt.Sprint(a.at(i, field)))
		}
		if parts++; parts > 100 {
			w.t.Fatal("the list does not end")
		}
		target = ""
		if link := a.header.Get("Link"); link != "" {
			if strings.Contains(link, "secret") {
				w.t.Errorf("the link hands on a password: %s", link)
			}
			next, rel, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
			if rel != `; rel="next"` {
				w.t.Fatalf("Link is %q", link)
			}
			target = next
		}
	}
	return values, parts
}

func wantOrder(t *testing.T, got []string, n int, name func(int) string) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("%d rows, want %d: %v", len(got), n, got)
	}
	for i := range got {
		if want := name(n - 1 - i); got[i] != want {
			t.Fatalf("row %d is %s, want %s", i, got[i], want)
		}
	}
}

func TestPartsOfAList(t *testing.T) {
	w := newWorld(t)
	const n = 23
	var id string
	for i := range n {
		id = w.tenant(fmt.Sprintf("+2557000001%02d", i))
	}
	numbers, parts := w.follow("/admin/tenants?limit=5&password=secret", "phone_number")
	wantOrder(t, numbers, n, func(i int) string { return fmt.Sprintf("+2557000001%02d", i) })
	if parts != 5 {
		t.Errorf("%d parts", parts)
	}

	// Rows of the same moment are told apart by their ids.
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var events []flowhq.WorkerEvent
	for i := range n {
		chat := fmt.Sprintf("+2557110000%02d", i)
		events = append(events, flowhq.WorkerEvent{At: at, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			WAMessageID: fmt.Sprint("M", i), Chat: chat, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
			Kind: flowhq.KindText, From: chat, Text: fmt.Sprint("m", i),
			SentAt: at.Add(time.Duration(i/4) * time.Second),
		}}, flowhq.WorkerEvent{At: at, Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{
			ID: fmt.Sprintf("019c0000-0000-7000-8000-0000000000%02d", i), Chat: chat, Type: flowhq.RequestTicket,
			Status: flowhq.RequestNew,
		}})
	}
	w.journal(id, events...)
	of := "/admin/tenants/" + id
	for _, list := range []struct{ target, field string }{
		{of + "/logs?limit=5", "message_text"}, {of + "/customers?limit=4", "chat"},
		{of + "/requests?limit=7&type=TICKET", "id"},
	} {
		values, _ := w.follow(list.target, list.field)
		seen := map[string]bool{}
		for _, v := range values {
			seen[v] = true
		}
		if len(values) != n || len(seen) != n {
			t.Errorf("%s: %d rows, %d different, want %d", list.target, len(values), len(seen), n)
		}
	}
	if a := w.ask("GET", of+"/logs?limit=1000", nil); a.header.Get("Link") != "" {
		t.Errorf("a whole list has a next part: %s", a.header.Get("Link"))
	}
	if got := w.ask("GET", "/admin/tenants?status=new&q="+url.QueryEscape("duka la"), nil).want(200).len(); got != n {
		t.Errorf("the search finds %d", got)
	}
}

// fillLists makes a user with a setup request, and a session of an admin.
func (w *world) fillLists(i int) {
	w.t.Helper()
	email := fmt.Sprintf("owner%d@example.com", i)
	u, _, _, err := w.store.CreateOwner(w.t.Context(), email, fmt.Sprint("Shop ", i))
	if err == nil {
		_, err = w.store.SubmitSetupRequest(w.t.Context(), u.ID, flowhq.NewSetupRequest{
			BusinessName: "Shop", TemplateType: flowhq.TemplateBooking,
			WhatsAppNumber: fmt.Sprintf("+2557110000%02d", i),
		})
	}
	if err == nil {
		err = w.store.CreateAdminSession(w.t.Context(), flowhq.AdminSession{
			TokenHash: []byte(email), CreatedAt: time.Now(), LastSeenAt: time.Now(),
			ExpiresAt: time.Now().Add(time.Hour),
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// A list is given whole when no part of it is asked for.
func TestListsThatWereWhole(t *testing.T) {
	w := newWorld(t)
	const n = 11
	var id string
	for i := range n {
		id = w.tenant(fmt.Sprintf("+2557000001%02d", i))
		w.fillLists(i)
	}
	of := "/admin/tenants/" + id
	for range n - 1 {
		w.ask("PUT", of+"/settings", map[string]any{"settings": map[string]any{}}).want(200)
		w.ask("POST", of+"/settings/publish", nil).want(200)
	}
	for range n {
		w.ask("POST", of+"/links", nil).want(201)
	}
	for target, field := range map[string]string{
		of + "/links": "id", "/admin/users": "email", "/admin/setup-requests": "id", "/admin/sessions": "id",
		of + "/settings/versions": "version",
	} {
		whole := w.ask("GET", target, nil).want(200)
		if whole.len() < n || whole.header.Get("Link") != "" {
			t.Errorf("%s gives %d rows and the link %q to who asks for no part", target, whole.len(),
				whole.header.Get("Link"))
		}
		values, parts := w.follow(target+"?limit=4", field)
		if parts < 3 || len(values) != whole.len() {
			t.Errorf("%s: %d rows in %d parts, %d at once", target, len(values), parts, whole.len())
		}
		for i := range values {
			if i < whole.len() && values[i] != fmt.Sprint(whole.at(i, field)) {
				t.Errorf("%s: row %d is %s, and %v at once", target, i, values[i], whole.at(i, field))
			}
		}
		w.ask("GET", target+"?limit=0&before=nowhere", nil).wantFields("limit", "before")
	}
}

func TestCursorsComeBack(t *testing.T) {
	for _, c := range []flowhq.Cursor{
		{At: time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.UTC), ID: "0190a0a0-0000-7000-8000-000000000000"},
		{At: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), ID: "x"},
	} {
		if got, err := readCursor(writeCursor(c)); err != nil || !got.At.Equal(c.At) || got.ID != c.ID {
			t.Errorf("%+v came back as %+v, %v", c, got, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(writeCursor(flowhq.Cursor{At: time.Unix(1, 0), ID: "a"}))
	f.Add("MTIz")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := readCursor(s)
		if err == nil && (c.IsZero() || !plainID(c.ID)) {
			t.Errorf("%q became %+v", s, c)
		}
	})
}

func (a answer) csv() [][]string {
	a.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
	return rows
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255700000001")
	w.journal(id, aConversation(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))...)
	of := "/admin/tenants/" + id

	a := w.ask("GET", of+"/customers?format=csv", nil).want(200)
	rows := a.csv()
	if len(rows) != 2 || rows[1][0] != `'=HYPERLINK("x")` || rows[1][1] != "+255711000001" {
		t.Errorf("customers: %q", rows)
	}
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="customers.csv"` {
		t.Errorf("Content-Disposition is %q", got)
	}
	rows = w.ask("GET", of+"/requests", nil, header("Accept", "text/csv")).want(200).csv()
	if len(rows) != 2 {
		t.Fatalf("requests: %q", rows)
	}
	byName := map[string]string{}
	for i, name := range rows[0] {
		byName[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"created_at": "2026-03-01T09:00:01.000Z", "type": "ORDER", "items": "2 x Mchele", "total": "5000",
		"delivery": `'@Kariakoo, "ghorofa" 2`,
	} {
		if byName[name] != want {
			t.Errorf("%s is %q, want %q", name, byName[name], want)
		}
	}
	if got := w.ask("GET", of+"/requests?format=json", nil, header("Accept", "text/csv")).want(200).len(); got != 1 {
		t.Errorf("format=json gives %d rows", got)
	}
}

func TestExportWritesAllRows(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255700000001")
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	const n = 2*exportPage + 3
	events := make([]flowhq.WorkerEvent, n)
	for i := range events {
		chat := fmt.Sprintf("+2557%08d", i)
		events[i] = flowhq.WorkerEvent{At: at, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			WAMessageID: fmt.Sprint("M", i), Chat: chat, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
			Kind: flowhq.KindText, From: chat, Text: "x", SentAt: at,
		}}
	}
	w.journal(id, events...)
	of := "/admin/tenants/" + id + "/customers?format=csv"
	if got := len(w.ask("GET", of, nil).want(200).csv()); got != n+1 {
		t.Errorf("%d lines, want %d and a head", got, n)
	}
	if got := len(w.ask("GET", of+"&limit=7", nil).want(200).csv()); got != 8 {
		t.Errorf("%d lines, want 7 and a head", got)
	}
}

func TestDefuse(t *testing.T) {
	tests := map[string]string{
		"=1+1": "'=1+1", "+1+1": "'+1+1", "+255700000001": "+255700000001", "+": "'+", "-1": "'-1",
		"@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"\r=1": "'\r=1", "\n=1": "'\n=1", "|cmd": "'|cmd", "Asha": "Asha", "": "", "a=1": "a=1", "＝1": "'＝1",
	}
	for cell, want := range tests {
		if got := defuse([]string{cell})[0]; got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}

// The register of opt-outs goes into a spreadsheet, with when each of them asked.
func TestOptOutsAsATable(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255700000001")
	stop := flowhq.WorkerEvent{At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Kind: flowhq.EventChat,
		Chat: &flowhq.ChatEvent{Chat: "+255711000009", OptedOut: true}}
	other := flowhq.WorkerEvent{At: stop.At, Kind: flowhq.EventChat,
		Chat: &flowhq.ChatEvent{Chat: "+255711000008", HandedOver: true, HandoffCause: "customer"}}
	w.journal(id, stop, other)
	a := w.ask("GET", "/admin/tenants/"+id+"/opt-outs?format=csv", nil).want(200)
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][1] != "+255711000009" || rows[1][5] != "2026-03-01T09:00:00.000Z" {
		t.Errorf("%v %v", err, rows)
	}
	if name := a.header.Get("Content-Disposition"); !strings.Contains(name, "opt-outs.csv") {
		t.Errorf("the file is called %s", name)
	}
	w.ask("GET", "/admin/tenants/"+id+"/customers?handed_over=1", nil).want(200).is("+255711000008", 0, "number")
	told := map[string]bool{}
	events, err := w.store.TenantEvents(t.Context(), id, flowhq.EventQuery{Type: flowhq.TenantEventChat})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		told[string(e.Payload)] = true
	}
	for _, want := range []string{`{"event":"customer.opted_out","chat":"+255711000009"}`,
		`{"event":"chat.handed_over","chat":"+255711000008","cause":"customer"}`} {
		if !told[want] {
			t.Errorf("%s is not on the time line: %v", want, told)
		}
	}
}

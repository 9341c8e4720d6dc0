package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/worker/bot"
)

// TestEveryCall makes each call once and holds its answer against the document.
func TestEveryCall(t *testing.T) {
	w := newWorld(t)
	w.openCalls()
	id := w.tenantCalls()
	w.linkingCalls(id)
	w.pageCalls(id)
	w.settingsCalls(id)
	w.flowCalls(id)
	w.conversationCalls(id)
	w.portalCalls()
	w.backupCalls(id)
	w.ask("DELETE", "/admin/tenants/"+id, nil).want(204)
	w.ask("GET", "/admin/tenants/"+id, nil).wantError(404, "Tenant not found")

	for _, operation := range w.spec.operations() {
		if operation == "GET /admin/events" || operation == "GET /admin/tenants/{id}/worker/log/stream" {
			continue // never ends; see stream_test.go and log_test.go
		}
		if areaOf(w.spec.operation(operation)) == Local {
			continue // not at this address; see localapi
		}
		if success := w.spec.success(operation); !w.seen[operation+" "+success] {
			t.Errorf("%s never answered with %s here", operation, success)
		}
	}
}

func (w *world) openCalls() {
	t := w.t
	if got := w.ask("GET", "/", nil).want(302).header.Get("Location"); got != access.HomePath {
		t.Errorf("/ leads to %q", got)
	}
	w.ask("GET", "/healthz", nil).want(200).is("ok", "status")
	w.ask("HEAD", "/healthz", nil).want(200)
	w.ask("GET", "/readyz", nil).want(200).is("ready", "status")
	w.ask("HEAD", "/readyz", nil).want(200)
	w.ask("GET", "/api/openapi.json", nil).want(200).is("3.1.0", "openapi")
	if a := w.ask("GET", "/api/openapi.yaml", nil).want(200); !strings.HasPrefix(string(a.body), "openapi: 3.1") {
		t.Errorf("the document begins with %.40s", a.body)
	}
	w.services.Alarms.Raise(flowhq.AlarmDiskLow, "", map[string]string{"free": "90 MB", "path": "/data"})
	alarms := w.ask("GET", "/admin/alarms", nil).want(200)
	alarms.is("Only 90 MB are free on the disk of /data.", 0, "sentence")
	alarms.is(nil, 0, "tenant_id")
	w.ask("GET", "/admin/alarms", nil, header("Accept-Language",
		"sw")).want(200).is("Zimebaki 90 MB tu kwenye diski ya /data.", 0, "sentence")
	w.boardCalls()
	cookie := w.cookie()
	signedIn := func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("Cookie", cookie) }
	sessions := w.ask("GET", "/admin/sessions", nil, signedIn).want(200)
	sessions.is(true, 0, "current")
	w.ask("POST", "/sign-in", map[string]string{"password": password}).want(200)
	sessions = w.ask("GET", "/admin/sessions", nil).want(200)
	if sessions.len() != 2 {
		t.Fatalf("%d sessions", sessions.len())
	}
	w.ask("POST", "/sign-out", nil, signedIn).want(200)
	left := w.ask("GET", "/admin/sessions", nil).want(200)
	if left.len() != 1 {
		t.Fatalf("%d sessions are left", left.len())
	}
	w.ask("DELETE", "/admin/sessions/"+left.at(0, "id").(string), nil).want(204)
	w.ask("DELETE", "/admin/sessions/"+left.at(0, "id").(string), nil).wantError(404, "Session not found")
}

func (w *world) tenantCalls() string {
	made := w.ask("POST", "/admin/tenants", newTenant("+255 (700) 000-001")).want(201)
	made.is("+255700000001", "phone_number")
	made.is("NEW", "status")
	made.is("STOPPED", "worker_process", "status")
	made.is("DISCONNECTED", "whatsapp_session", "state")
	made.is("ECOMMERCE", "config", "template_type")
	id := made.at("id").(string)
	made.is("worker-"+id, "worker_process", "pm2_name")
	of := "/admin/tenants/" + id
	w.ask("GET", "/admin/tenants", nil).want(200).is(id, 0, "id")
	w.ask("GET", of, nil).want(200).is(id, "tenant", "id")
	w.ask("PATCH", of, map[string]any{"business_name": "Asha & Wana", "hours_json": map[string]any{
		"mon": map[string]string{"open": "08:00", "close": "17:00"},
	}}).want(200).is("08:00", "config", "hours_json", "mon", 0, "open")

	w.ask("GET", of+"/process", nil).want(200).is("stopped", "state")
	w.ask("POST", of+"/worker/start", nil).want(200).is("Worker started", "message")
	w.ask("POST", of+"/worker/start", nil).wantError(400, "Worker already running")
	w.ask("GET", of, nil).want(200).is("QR_PENDING", "tenant", "status")
	w.ask("GET", of+"/process", nil).want(200).is(float64(4711), "pid")
	w.ask("POST", of+"/worker/restart", nil).want(200).is("Worker restarted", "message")
	w.ask("POST", of+"/worker/force-restart", nil).want(200).is("Worker force-restarted", "message")
	w.ask("POST", of+"/worker/stop", nil).want(200).is("Worker stopped", "message")
	w.ask("POST", of+"/worker/stop", nil).want(200).is(true, "success")
	w.ask("POST", of+"/pause", nil).want(200).is("PAUSED", "status")
	w.ask("POST", of+"/worker/start", nil).want(409)
	w.ask("POST", of+"/resume", nil).want(200).is("NEW", "status")
	w.ask("GET", of+"/events?limit=3", nil).want(200)
	return id
}

func (w *world) linkingCalls(id string) {
	of := "/admin/tenants/" + id
	w.ask("POST", of+"/link-code", nil).want(503)
	w.ask("POST", of+"/worker/start", nil).want(200)
	soon := time.Now().Add(20 * time.Second)
	report := flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@abc,def", QRExpires: &soon}
	if err := w.store.SaveSession(w.t.Context(), id, report, "data:image/png;base64,AAAA"); err != nil {
		w.t.Fatal(err)
	}
	qr := w.ask("GET", of+"/qr", nil).want(200)
	qr.is("QR_READY", "state")
	qr.is("2@abc,def", "code")
	qr.is("data:image/png;base64,AAAA", "qr")
	w.ask("GET", of, nil).want(200).is("data:image/png;base64,AAAA", "tenant", "whatsapp_session", "last_qr")
	w.ask("POST", of+"/linking", nil).want(200)
	w.ask("POST", of+"/link-code", map[string]string{"phone_number": "+255 700 000 009"}).want(200).is("ABCD-EFGH",
		"code")
	w.ask("POST", of+"/link-code", "phone_number=%2B255700000008", form).want(200)
	if !w.links.did("code for +255700000009") || !w.links.did("code for +255700000008") {
		w.t.Errorf("the worker was asked %v", w.links.sent)
	}
	w.ask("POST", of+"/logout", nil).want(409)
	if err := w.store.SaveSession(w.t.Context(), id, flowhq.SessionReport{Phase: flowhq.PhaseConnected,
		LinkedJID: "255700000001:3@s.whatsapp.net"}, ""); err != nil {
		w.t.Fatal(err)
	}
	w.ask("POST", of+"/logout", nil).want(200).is("Device unlinked", "message")
	connected := w.ask("GET", of+"/qr", nil).want(200)
	connected.is("CONNECTED", "state")
	connected.is(nil, "qr")
	connected.is(nil, "code")
}

// pageCalls are those that came with a tenant's pages.
func (w *world) pageCalls(id string) {
	of := "/admin/tenants/" + id
	made := w.ask("POST", of+"/links", nil).want(201)
	if url, _ := made.at("url").(string); !strings.HasPrefix(url, "https://bots.example.com/link/") {
		w.t.Errorf("the link is %q", url)
	}
	listed := w.ask("GET", of+"/links", nil).want(200)
	listed.is(true, 0, "open")
	listed.is(nil, 0, "url")
	link := of + "/links/" + made.at("id").(string)
	w.ask("POST", link+"/revoke", nil).want(200).is("Link revoked", "message")
	w.ask("GET", of+"/links", nil).want(200).is(false, 0, "open")
	w.ask("POST", of+"/links/nobody/revoke", nil).wantError(404, "Link not found")

	w.ask("POST", of+"/pause", `{"reason":"not paid","until":"2199-01-01T00:00:00+03:00"}`).want(200).is("PAUSED",
		"status")
	pause := w.ask("GET", of+"/pause", nil).want(200)
	pause.is("not paid", "reason")
	pause.is("2198-12-31T21:00:00.000Z", "until")
	w.ask("POST", of+"/pause", `{"until":"2020-01-01T00:00:00Z"}`).wantFields("until")
	w.ask("POST", of+"/pause", `{"until":"soon"}`).wantFields("until")
	w.ask("POST", of+"/resume", nil).want(200)
	w.ask("GET", of+"/pause", nil).want(200).is(false, "paused")

	w.ask("POST", of+"/reset", `{"phone_number":"12"}`).wantFields("phone_number")
	w.ask("POST", of+"/reset", `{"phone_number":"+255700000017"}`).want(200).is("Session reset", "message")
	w.ask("GET", of, nil).want(200).is("+255700000017", "tenant", "phone_number")

	w.ask("GET", of+"/process/samples", nil).want(200)
	setup := w.ask("GET", of+"/process/setup", nil).want(200)
	setup.is(nil, "environment", 1, "value")
	setup.is("/srv", "environment", 0, "value")
	w.ask("GET", of+"/worker/log?lines=2", nil).want(200).is("second", "lines", 1, "text")
	found := w.ask("GET", of+"/worker/log?q=BOOM", nil).want(200)
	found.is("w-1.log", "lines", 0, "file")
	found.is(true, "truncated")
	w.ask("GET", of+"/worker/log?q=", nil).wantFields("q")
	w.ask("GET", of+"/worker/log?lines=many", nil).wantFields("lines")
	if file := w.ask("GET", of+"/worker/log/file", nil).want(200); string(file.body) != "first\nsecond\n" {
		w.t.Errorf("the file is %q", file.body)
	}
	w.ask("GET", of+"/events?type=admin&limit=1", nil).want(200).is("ADMIN", 0, "type")
}

func (w *world) settingsCalls(id string) {
	of := "/admin/tenants/" + id + "/settings"
	shown := w.ask("GET", of, nil).want(200)
	shown.is("Africa/Dar_es_Salaam", "published", "settings", "timezone")
	shown.is(nil, "draft")
	own := bot.DefaultYAML(flowhq.TemplateEcommerce, flowhq.Swahili)
	quoted, err := json.Marshal(own)
	if err != nil {
		w.t.Fatal(err)
	}
	draft := `{"currency":"tzs","contact":"Kariakoo","products":[{"name":"Mchele","price":2500,"unit":"kg"}],` +
		`"flow_yaml":` + string(quoted) + `,
		"hours":{"mon":[{"open":"08:00","close":"12:00"},{"open":"14:00","close":"18:00"}],
		"holidays":["2026-12-25"]},"tomorrow":1}`
	saved := w.ask("PUT", of, draft).want(200)
	saved.is("DRAFT", "state")
	saved.is("TZS", "settings", "currency")
	saved.is(true, "settings", "products", 0, "available")
	saved.is("14:00", "settings", "hours", "mon", 1, "open")
	saved.is(own, "flow_yaml")
	w.ask("PUT", of, `{"settings":{"contact":"Kariakoo 2"}}`).want(200).is(own, "flow_yaml")
	w.ask("PUT", of, `{"settings":{"contact":"Kariakoo 3"},"flow_yaml":null}`).want(200).is(nil, "flow_yaml")
	w.ask("POST", of+"/discard", nil).want(200)
	w.ask("POST", of+"/publish", nil).want(409)
	limited := w.ask("PUT", of,
		`{"contact":"Kariakoo","limits":{"replies_per_minute":5,"contact_replies":0}}`).want(200)
	limited.is(float64(5), "settings", "limits", "replies_per_minute")
	w.ask("PUT", of,
		`{"limits":{"replies_per_minute":0,"handoff_hours":9999}}`).
		wantFields("limits.replies_per_minute", "limits.handoff_hours")
	w.ask("PUT", of, `{"limits":7}`).wantFields("limits")
	w.ask("POST", of+"/publish", nil).want(200).is("PUBLISHED", "state")
	w.ask("POST", of+"/publish", nil).want(409)
	versions := w.ask("GET", of+"/versions", nil).want(200)
	if versions.len() < 2 {
		w.t.Errorf("%d versions", versions.len())
	}
	w.ask("POST", of+"/rollback", `{"version":1}`).want(200).is("PUBLISHED", "state")
	w.ask("POST", of+"/rollback", "version=1", form).want(200)
	w.ask("POST", of+"/rollback", `{"version":999}`).want(404)
	w.ask("POST", of+"/rollback", `{"version":"1"}`).wantFields("version")
	w.ask("POST", of+"/rollback", `{}`).wantFields("version")
}

// aConversation is what a worker journals of one customer who orders.
func aConversation(at time.Time) []flowhq.WorkerEvent {
	const chat = "+255711000001"
	in := &flowhq.MessageEvent{
		WAMessageID: "IN1", Chat: chat, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
		Kind: flowhq.KindText,
		From: chat, To: "+255700000001", Text: "Habari", Name: "=HYPERLINK(\"x\")", SentAt: at,
	}
	out := &flowhq.MessageEvent{
		WAMessageID: "OUT1", Chat: chat, Direction: flowhq.DirectionOut, Author: flowhq.AuthorBot,
		Kind: flowhq.KindText,
		From: "+255700000001", To: chat, Text: "Karibu", SentAt: at.Add(time.Second),
	}
	trace := &flowhq.TraceEvent{WAMessageID: "IN1", Chat: chat,
		Entry: flowhq.TraceEntry{At: at, Step: flowhq.TraceReceived, Detail: "it came in"}}
	request := &flowhq.RequestEvent{
		ID: "019c0000-0000-7000-8000-000000000001", Chat: chat, Type: flowhq.RequestOrder, Status: flowhq.RequestNew,
		Fields: flowhq.RequestFields{
			Items: []flowhq.OrderItem{{Product: "Mchele", Quantity: 2, Price: 2500}}, Total: 5000, Currency: "TZS",
			Delivery: "@Kariakoo, \"ghorofa\" 2",
		},
	}
	return []flowhq.WorkerEvent{
		{At: at, Kind: flowhq.EventMessage, Message: in},
		{At: at, Kind: flowhq.EventTrace, Trace: trace},
		{At: at.Add(time.Second), Kind: flowhq.EventMessage, Message: out},
		{At: at.Add(time.Second), Kind: flowhq.EventRequest, Request: request},
	}
}

func (w *world) conversationCalls(id string) {
	t, of := w.t, "/admin/tenants/"+id
	w.journal(id, aConversation(time.Date(2026, 3, 1, 9, 0, 0, 7_000_000, time.UTC))...)
	logs := w.ask("GET", of+"/logs?limit=10", nil).want(200)
	logs.is("Karibu", 0, "message_text")
	logs.is("2026-03-01T09:00:00.007Z", 1, "created_at")
	if logs.len() != 2 || logs.at(0, "trace") != nil {
		t.Errorf("the log is %s", logs.body)
	}
	w.ask("GET", of+"/logs?trace=1", nil).want(200).is("received", 1, "trace", 0, "step")
	if n := w.ask("GET", of+"/logs?chat=%2B255711999999", nil).want(200).len(); n != 0 {
		t.Errorf("%d messages of a chat that is not there", n)
	}
	if a := w.ask("GET", of, nil).want(200); len(a.at("logs").([]any)) != 2 {
		t.Errorf("the tenant comes with %s", a.body)
	}
	w.ask("GET", of+"/customers", nil).want(200).is("+255711000001", 0, "number")
	requests := w.ask("GET", of+"/requests?type=order&status=NEW", nil).want(200)
	requests.is("Mchele", 0, "fields", "items", 0, "product")
	if n := w.ask("GET", of+"/requests?chat=%2B255711999999", nil).want(200).len(); n != 0 {
		t.Errorf("%d requests of a chat that is not there", n)
	}
	one := of + "/requests/" + requests.at(0, "id").(string)
	w.ask("PATCH", one, `{"status":"CONFIRMED","notes":"kesho"}`).want(200).is("kesho", "notes")
	w.ask("PATCH", one, "status=DONE", form).want(200).is("DONE", "status")
	w.ask("PATCH", one, `{"status":"LOST","notes":7}`).wantFields("notes")
	w.ask("PATCH", one, `{"status":"LOST"}`).wantFields("status")
	w.ask("PATCH", of+"/requests/nobody", `{"status":"DONE"}`).want(404)

	w.ask("GET", one, nil).want(200).is("DONE", "request", "status")
	if n := len(w.ask("GET", one, nil).at("history").([]any)); n != 3 {
		t.Errorf("%d entries in the history of a request", n)
	}
	w.ask("GET", of+"/requests/nobody", nil).wantError(404, "Request not found")
	w.ask("GET", of+"/messages?q=KARIBU", nil).want(200).is("Karibu", 0, "message_text")
	w.ask("GET", of+"/messages?q=+", nil).wantFields("q")
	w.ask("GET", of+"/chats", nil).want(200).is("Karibu", 0, "last_message", "message_text")

	chat := of + "/chats/" + url.PathEscape("+255711000001")
	w.ask("GET", chat, nil).want(200).is("+255711000001", "number")
	w.ask("GET", of+"/chats/nobody", nil).wantError(404, "Chat not found")
	w.ask("PUT", chat+"/labels", `{"labels":["VIP","vip"," "]}`).want(200).is("VIP", "labels", 0)
	w.ask("PUT", chat+"/labels", "labels=VIP, new", form).want(200).is("new", "labels", 1)
	w.ask("PUT", chat+"/labels", `{"labels":"VIP"}`).wantFields("labels")
	w.ask("PUT", chat+"/labels", `{}`).wantFields("labels")
	if n := w.ask("GET", of+"/customers?opted_out=1", nil).want(200).len(); n != 0 {
		t.Errorf("%d want no messages", n)
	}
	w.ask("POST", chat+"/take-over", nil).want(200).is("Chat taken over", "message")
	w.ask("POST", chat+"/send", `{"text":"Nakuja"}`).want(200).is("Message sent", "message")
	w.ask("POST", chat+"/send", `{"text":"Karibu","allow_first":true}`).want(200).is("Message sent", "message")
	w.ask("POST", chat+"/send", `{"text":"Karibu","allow_first":"maybe"}`).wantFields("allow_first")
	w.ask("POST", chat+"/send", `{"text":"  "}`).wantFields("text")
	w.ask("POST", chat+"/send", `{"text":"a\u0000b"}`).wantFields("text")
	w.ask("POST", chat+"/release", nil).want(200).is("Chat released", "message")
	w.ask("POST", chat+"/opt-in", nil).want(200).is("Customer opted in", "message")
	w.recordCalls(of, one)
	for _, wanted := range []string{"opt in +255711000001", "take over +255711000001", "send +255711000001: Nakuja",
		"send first +255711000001: Karibu", "release +255711000001"} {
		if !w.links.did(wanted) {
			t.Errorf("the worker was not told: %s; only %v", wanted, w.links.sent)
		}
	}
}

// recordCalls works on the customer and the request of aConversation: labels, filters, history, the register of
// opt-outs.
func (w *world) recordCalls(of, request string) {
	history := w.ask("GET", request, nil).want(200)
	history.is("request.created", "history", 2, "payload", "event")
	history.is("NEW", "history", 2, "payload", "to")
	history.is("kesho", "history", 1, "payload", "notes")
	history.is("DONE", "history", 0, "payload", "to")
	history.is("CONFIRMED", "history", 0, "payload", "from")
	if by, _ := history.at("history", 0, "payload", "by").(string); by == "" {
		w.t.Error("the history does not say who")
	}
	w.ask("GET", of+"/requests/nobody", nil).wantError(404, "Request not found")
	w.ask("PUT", of+"/chats/"+url.PathEscape("+255711000001")+"/labels", `{"labels":["VIP","jumla"]}`).want(200)
	for target, n := range map[string]int{
		"/customers?label=VIP": 1, "/customers?label=VI": 0, "/customers?opted_out=1": 0,
		"/customers?handed_over=1": 0, "/opt-outs": 0,
		"/requests?q=MCHELE": 1, "/requests?q=kesho": 1, "/requests?q=71100000": 1, "/requests?q=viazi": 0,
		"/requests?day=2026-03-11":                                    0,
		"/requests?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z": 1, "/requests?from=2026-03-02T00:00:00Z": 0,
	} {
		if got := w.ask("GET", of+target, nil).want(200).len(); got != n {
			w.t.Errorf("%s gives %d rows, want %d", target, got, n)
		}
	}
	w.ask("GET", of+"/requests?day=today", nil).wantFields("day")
	w.ask("GET", of+"/requests?from=today", nil).wantFields("from")
}

func (w *world) portalCalls() {
	t, asha := w.t, as("ASHA@example.com")
	w.ask("GET", "/portal/me", nil, asha).wantError(404, "User not found")
	w.ask("GET", "/portal/tenant/current/status", nil, asha).wantError(404, "Tenant not found")
	w.ask("POST", "/portal/setup-request", `{"businessName":"a"}`, asha).wantError(404, "User not found")
	owner := map[string]string{"email": "asha@example.com", "name": "Asha"}
	made := w.ask("POST", "/portal/users", owner).want(201)
	again := w.ask("POST", "/portal/users", owner).want(200)
	if made.at("tenant", "id") != again.at("tenant", "id") {
		t.Error("a second sign-in made a second tenant")
	}
	id := made.at("tenant", "id").(string)
	w.ask("GET", "/portal/me", nil, asha).want(200).is(nil, "setupRequest")
	asked := map[string]string{"businessName": "Saluni ya Asha", "templateType": "BOOKING",
		"whatsappNumber": "+255 700 000 002", "extra": "let pass"}
	request := w.ask("POST", "/portal/setup-request", asked, asha).want(201)
	request.is("SUBMITTED", "status")
	request.is("+255700000002", "whatsapp_number")
	w.ask("POST", "/portal/setup-request", asked, asha).want(409)
	w.ask("GET", "/portal/me", nil, asha).want(200).is("SW", "tenant", "config", "language")
	w.ask("GET", "/portal/tenant/current/status", nil, asha).want(200).is("Saluni ya Asha", "tenant", "name")

	w.deskCalls(request.at("id").(string), id)

	const own = "/portal/tenant/current"
	w.ask("GET", own+"/qr", nil, asha).want(200).is("DISCONNECTED", "state")
	w.ask("POST", own+"/link-code", nil, asha).want(200)
	w.journal(id, flowhq.WorkerEvent{At: time.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: "X", Chat: "lid:77", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
		Kind: flowhq.KindText, From: "lid:77", Text: "Mambo", SentAt: time.Now(),
	}}, flowhq.WorkerEvent{At: time.Now(), Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{
		ID: "019c0000-0000-7000-8000-000000000002", Chat: "lid:77", Type: flowhq.RequestBooking,
		Status: flowhq.RequestNew,
	}})
	w.ask("GET", own+"/logs?limit=1", nil, asha).want(200).is("Mambo", 0, "message_text")
	w.ask("GET", own+"/customers", nil, asha).want(200).is(nil, 0, "number")
	w.ask("GET", own+"/requests", nil, asha).want(200).is("BOOKING", 0, "type")
	w.ask("PATCH", own+"/requests/019c0000-0000-7000-8000-000000000002", `{"status":"NO_SHOW"}`,
		asha).want(200).is("NO_SHOW", "status")
	w.ask("GET", own+"/requests/019c0000-0000-7000-8000-000000000002", nil, asha).want(200).is("NO_SHOW", "history", 0,
		"payload", "to")
	w.ask("GET", own+"/requests/019c0000-0000-7000-8000-000000000001", nil, asha).want(404) // another tenant's
	w.ask("GET", own+"/chats/lid:77", nil, asha).want(200).is(nil, "number")
	w.ask("GET", own+"/chats/+255711000001", nil, asha).want(404) // another tenant's
	w.ask("PUT", own+"/chats/lid:77/labels", `{"labels":["mpya"]}`, asha).want(200).is("mpya", "labels", 0)
	w.ask("PUT", own+"/chats/+255711000001/labels", `{"labels":["mpya"]}`, asha).want(404)
	w.ask("GET", own+"/opt-outs", nil, asha).want(200)
	w.ask("POST", own+"/chats/lid:77/take-over", nil, asha).want(200)
	w.ask("POST", own+"/chats/lid:77/release", nil, asha).want(200)
	// another tenant's
	w.ask("PATCH", own+"/requests/019c0000-0000-7000-8000-000000000001", `{"status":"DONE"}`, asha).want(404)
	for _, path := range []string{"/qr", "/logs", "/customers", "/chats/lid:77", "/opt-outs", "/requests"} {
		w.ask("GET", own+path, nil, as("nobody@example.com")).wantError(404, "Tenant not found")
	}
}

// deskCalls decides setup requests.
func (w *world) deskCalls(request, tenant string) {
	const desk = "/admin/setup-requests"
	w.ask("GET", desk, nil).want(200).is("asha@example.com", 0, "user", "email")
	w.ask("GET", desk+"/"+request, nil).want(200).is(tenant, "tenant", "id")
	w.ask("POST", desk+"/"+request+"/review", nil).want(200).is("REVIEWING", "status")
	w.ask("POST", desk+"/"+request+"/approve", `{"notes":"Karibu"}`).want(200).is("APPROVED", "status")
	w.ask("POST", desk+"/"+request+"/approve", nil).want(409)
	w.ask("POST", desk+"/"+request+"/reject", nil).want(409)
	w.ask("GET", "/admin/tenants/"+tenant, nil).want(200).is("RUNNING", "tenant", "worker_process", "status")
	for _, path := range []string{"", "/review", "/approve", "/reject"} {
		method := http.MethodPost
		if path == "" {
			method = http.MethodGet
		}
		w.ask(method, desk+"/not-a-request"+path, nil).wantError(404, "Setup request not found")
	}
	w.ask("POST", "/portal/users", map[string]string{"email": "juma@example.com", "name": "Juma"}).want(201)
	second := w.ask("POST", "/portal/setup-request", map[string]string{
		"businessName": "Juma", "templateType": "SUPPORT", "whatsappNumber": "+255700000003", "language": "EN",
	}, as("juma@example.com")).want(201).at("id").(string)
	rejected := w.ask("POST", desk+"/"+second+"/reject", "notes=", form).want(302)
	if got := rejected.header.Get("Location"); got != desk+"/"+second {
		w.t.Errorf("a form leads to %q", got)
	}
	w.ask("GET", desk+"/"+second, nil).want(200).is("No reason provided", "notes")
	third := w.ask("POST", "/portal/setup-request", map[string]string{
		"businessName": "Juma", "templateType": "SUPPORT", "whatsappNumber": "+255700000003",
	}, as("juma@example.com")).want(201).at("id").(string)
	w.ask("POST", desk+"/"+third+"/reject", "notes=Bado", form,
		header("Accept", "application/json")).want(200).is("Bado", "notes")

	w.ask("GET", "/admin/users", nil).want(200)
	made := w.ask("POST", "/admin/users", map[string]string{"email": "neema@example.com", "name": "Neema",
		"role": "STAFF"}).want(201)
	made.is("STAFF", "role")
	w.ask("POST", "/admin/users", map[string]string{"email": "NEEMA@example.com", "name": "Neema"}).want(409)
	w.ask("POST", "/admin/users", map[string]string{"email": "no", "role": "KING"}).wantFields("email", "name", "role")
}

func TestAskingForTheCodeOpensLinking(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255700000001")
	w.ask("POST", "/admin/tenants/"+id+"/worker/start", nil).want(200)
	w.ask("GET", "/admin/tenants/"+id+"/qr", nil).want(200)
	if w.links.did("relink") {
		t.Error("a worker that shows codes was asked for new ones")
	}
	gaveUp := flowhq.SessionReport{Phase: flowhq.PhaseNobody, Since: time.Now()}
	if err := w.services.Reports.Report(t.Context(), id, gaveUp); err != nil {
		t.Fatal(err)
	}
	w.ask("GET", "/admin/tenants/"+id+"/qr", nil).want(200).is("NOBODY", "phase")
	if !w.links.did("relink") {
		t.Error("nobody scanned, somebody asks for the code, and the worker is not told")
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("EAT", 3*3600)
	for at, want := range map[time.Time]string{
		time.Date(2026, 3, 1, 12, 0, 0, 0, zone):                `"2026-03-01T09:00:00.000Z"`,
		time.Date(2026, 3, 1, 9, 0, 0, 123_999_999, time.UTC):   `"2026-03-01T09:00:00.123Z"`,
		time.Date(2026, 12, 31, 23, 30, 0, 5_000_000, time.UTC): `"2026-12-31T23:30:00.005Z"`,
	} {
		if got, err := stamp(at).MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%v became %s, %v; want %s", at, got, err, want)
		}
	}
	if maybe(&time.Time{}) != nil || maybe(nil) != nil {
		t.Error("a time that is not known is shown")
	}
}

func TestApproveSurvivesAWorkerThatDoesNotStart(t *testing.T) {
	w := newWorld(t)
	w.ask("POST", "/portal/users", map[string]string{"email": "asha@example.com", "name": "Asha"}).want(201)
	id := w.ask("POST", "/portal/setup-request", map[string]string{
		"businessName": "Asha", "templateType": "BOOKING", "whatsappNumber": "+255700000002",
	}, as("asha@example.com")).want(201).at("id").(string)
	w.links.fail = flowhq.Errorf(flowhq.CodeUnavailable, "no memory left")
	approved := w.ask("POST", "/admin/setup-requests/"+id+"/approve", nil).want(200)
	approved.is("APPROVED", "status")
	if reason, _ := approved.at("tenant", "worker_process", "last_error").(string); !strings.Contains(reason,
		"no memory left") {
		t.Errorf("the reason is %q", reason)
	}
	tenant := approved.at("tenant_id").(string)
	w.ask("POST", "/admin/tenants/"+tenant+"/worker/start", nil).want(503)
	w.links.fail = nil
	w.ask("POST", "/admin/tenants/"+tenant+"/worker/start", nil).want(200)
}

func TestMountAnswersWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	a := w.ask("GET", "/nowhere", nil)
	a.wantError(404, "There is nothing at this address.")
	a = w.ask("DELETE", "/admin/tenants", nil)
	a.wantError(405, "This address does not take DELETE.")
	if allow := a.header.Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow is %q", allow)
	}
	for _, r := range w.engine.Routes() {
		if strings.HasSuffix(r.Path, "/*call") {
			continue // see TestMount_LocalIsRefused
		}
		rec := httptest.NewRecorder()
		req := httptest.NewRequest(r.Method, strings.ReplaceAll(r.Path, ":", "x"), nil)
		req.Host = "127.0.0.1:3000"
		w.engine.ServeHTTP(rec, req)
		open := slices.Contains([]string{"/", "/healthz", "/readyz", "/api/openapi.yaml", "/api/openapi.json",
			"/sign-in", "/sign-out"}, r.Path)
		if open == (rec.Code == 401) && r.Path != "/sign-in" {
			t.Errorf("%s %s without a credential: %d", r.Method, r.Path, rec.Code)
		}
	}
}

func (w *world) boardCalls() {
	t := w.t
	first, second := w.tenant("+255700000801"), w.tenant("+255700000802")
	w.journal(first, flowhq.WorkerEvent{At: time.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: "A", Chat: "+1", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Text: "Habari",
	}})
	board := w.ask("GET", "/admin/board?order=messages&length=1", nil).want(200)
	board.is(2.0, "all")
	board.is(2.0, "pages")
	board.is(first, "lines", 0, "id")
	board.is(1.0, "lines", 0, "received_today")
	w.ask("GET", "/admin/board?q=asha&status=new&order=name&back=1&page=9", nil).want(200).is(2.0, "counts", "NEW")
	w.ask("GET", "/admin/board?status=odd&order=odd&page=0&length=1001", nil).wantFields("status", "order", "page",
		"length")
	overview := w.ask("GET", "/admin/overview", nil, header("Accept-Language", "sw")).want(200)
	overview.is(1.0, "received_today")
	overview.is("Zimebaki 90 MB tu kwenye diski ya /data.", "alarms", 0, "sentence")
	overview.is(nil, "room_for_more")

	job := w.ask("POST", "/admin/bulk", map[string]any{"action": "start",
		"ids": []string{first, second, first}}).want(202)
	where := job.header.Get("Location")
	deadline := time.Now().Add(30 * time.Second)
	for job = w.ask("GET", where, nil).want(200); job.at("ended_at") == nil; job = w.ask("GET", where, nil).want(200) {
		if time.Now().After(deadline) {
			t.Fatal("the job does not end")
		}
	}
	job.is(2.0, "done")
	job.is(0.0, "failed")
	w.ask("GET", "/admin/board", nil).want(200).is("running", "lines", 0, "wish")
	w.ask("POST", "/admin/bulk", url.Values{"action": {"pause"}, "ids": {first, second}}.Encode(), form).want(202)
	w.ask("POST", "/admin/bulk", map[string]any{"action": "dance", "ids": []string{first}}).wantFields("action")
	w.ask("POST", "/admin/bulk", map[string]any{"action": "stop", "ids": []string{}}).wantFields("ids")
	w.ask("POST", "/admin/bulk", map[string]any{"action": "stop", "ids": []string{first, "nobody"}}).wantFields("ids")
	w.ask("GET", "/admin/bulk/none", nil).wantError(404, "Job not found")
	w.ask("DELETE", "/admin/tenants/"+first, nil).want(204)
	w.ask("DELETE", "/admin/tenants/"+second, nil).want(204)
}

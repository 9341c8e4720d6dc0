package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"flowhq"
)

func TestWrongTenants(t *testing.T) {
	w := newWorld(t)
	w.tenant("+255700000001")
	tests := []struct {
		name   string
		body   string
		fields []string
	}{
		{"nothing", `{}`, []string{"name", "phone_number", "template_type", "business_name", "language"}},
		{"spaces",
			`{"name":"  ","phone_number":"+255700000009","template_type":"BOOKING",` +
				`"business_name":"\u200b","language":"SW"}`,
			[]string{"name", "business_name"}},
		{"no number", `{"name":"a","phone_number":"12","template_type":"BOOKING","business_name":"b","language":"SW"}`,
			[]string{"phone_number"}},
		{"words as number",
			`{"name":"a","phone_number":"abc","template_type":"BOOKING","business_name":"b","language":"SW"}`,
			[]string{"phone_number"}},
		{"no such template",
			`{"name":"a","phone_number":"+255700000009","template_type":"PIZZA","business_name":"b","language":"SW"}`,
			[]string{"template_type"}},
		{"no such language",
			`{"name":"a","phone_number":"+255700000009","template_type":"BOOKING","business_name":"b","language":"FR"}`,
			[]string{"language"}},
		{"a number that is taken",
			`{"name":"a","phone_number":"+255 700 000 001","template_type":"BOOKING",` +
				`"business_name":"b","language":"SW"}`,
			[]string{"phone_number"}},
		{"wrong types",
			`{"name":7,"phone_number":["+255700000009"],"template_type":{},"business_name":true,"language":1.5}`,
			[]string{"name", "phone_number", "template_type", "business_name", "language"}},
		{"nulls", `{"name":null,"phone_number":null,"template_type":null,"business_name":null,"language":null}`,
			[]string{"name", "phone_number", "template_type", "business_name", "language"}},
		{"a NUL",
			`{"name":"a\u0000b","phone_number":"+255700000009","template_type":"BOOKING",` +
				`"business_name":"b","language":"SW"}`,
			[]string{"name"}},
		{"long", `{"name":"` + strings.Repeat("n", 121) +
			`","phone_number":"+255700000009","template_type":"BOOKING","business_name":"b","language":"SW"}`,
			[]string{"name"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := w.ask("POST", "/admin/tenants", test.body)
			a.t = t
			a.wantFields(test.fields...)
		})
	}
	if n := w.ask("GET", "/admin/tenants", nil).len(); n != 1 {
		t.Errorf("the refused creations left %d tenants", n-1)
	}
}

func TestBodies(t *testing.T) {
	w := newWorld(t)
	large := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
	kind := func(k string) func(*http.Request) { return header("Content-Type", k) }
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	const contentType = "Send JSON (Content-Type: application/json) or a form " +
		"(application/x-www-form-urlencoded), in UTF-8."
	tests := []struct {
		name, body string
		change     []func(*http.Request)
		status     int
		sentence   string
	}{
		{"no JSON", `{"name":`, nil, 400, "The body is not valid JSON."},
		{"two documents", `{} {}`, nil, 400, "The body is not valid JSON."},
		{"a list", `[]`, nil, 400, "The body must be a JSON object."},
		{"null", `null`, nil, 400, "The body must be a JSON object."},
		{"text", `hello`, []func(*http.Request){kind("text/plain")}, 415, contentType},
		{"XML", `<a/>`, []func(*http.Request){kind("application/xml")}, 415, contentType},
		{"multipart", `--x--`, []func(*http.Request){kind("multipart/form-data; boundary=x")}, 415, contentType},
		{"another charset", `{}`, []func(*http.Request){kind("application/json; charset=latin1")}, 415, contentType},
		{"a broken type", `{}`, []func(*http.Request){kind("application/json;;;=")}, 415, contentType},
		{"no type", `{}`, []func(*http.Request){func(r *http.Request) { r.Header.Del("Content-Type") }}, 415,
			contentType},
		{"over 1 MiB", large, nil, 413, "The body is larger than 1 MiB."},
		{"over 1 MiB, length not told", large, []func(*http.Request){chunked}, 413, "The body is larger than 1 MiB."},
		{"a broken form", "name=%zz", []func(*http.Request){form}, 400, "The form can't be read."},
	}
	for _, path := range []string{"/admin/tenants", "/portal/users", "/sign-in"} {
		for _, test := range tests {
			t.Run(path+" "+test.name, func(t *testing.T) {
				a := w.ask("POST", path, test.body, test.change...)
				a.t = t
				a.wantError(test.status, test.sentence)
			})
		}
	}
	// A call that reads no body does not take a large one either.
	id := w.tenant("+255700000001")
	w.ask("POST", "/admin/tenants/"+id+"/worker/stop", large).want(413)
	// In a type with parameters, and in forms, everything is as usual.
	w.ask("POST", "/admin/tenants",
		`{"name":"a","phone_number":"+255700000007","template_type":"BOOKING","business_name":"b","language":"SW"}`,
		kind("Application/JSON; charset=UTF-8")).want(201)
	w.ask("POST", "/admin/tenants",
		"name=a&phone_number=%2B255700000008&template_type=BOOKING&business_name=b&language=SW", form).want(201)
}

func TestUnknownIDs(t *testing.T) {
	w := newWorld(t)
	ids := []string{"0190a0a0-0000-7000-8000-000000000000", "nobody", "%27%20OR%201=1", "a%00b", "..%5C..%5Cetc",
		strings.Repeat("a", 500), "%F0%9F%92%A5"}
	calls := []struct{ method, path, sentence string }{
		{"GET", "", "Tenant not found"},
		{"PATCH", "", "Tenant not found"},
		{"DELETE", "", "Tenant not found"},
		{"POST", "/worker/start", "Tenant not found"},
		{"POST", "/worker/stop", "Tenant or worker not found"},
		{"POST", "/worker/restart", "Tenant or worker not found"},
		{"POST", "/worker/force-restart", "Tenant or worker not found"},
		{"POST", "/pause", "Tenant not found"},
		{"POST", "/resume", "Tenant not found"},
		{"GET", "/qr", "Session not found"},
		{"POST", "/linking", "Session not found"},
		{"POST", "/link-code", "Tenant not found"},
		{"POST", "/logout", "Tenant not found"},
		{"GET", "/process", "Tenant not found"},
		{"GET", "/events", "Tenant not found"},
		{"GET", "/logs", "Tenant not found"},
		{"GET", "/settings", "Tenant not found"},
		{"PUT", "/settings", "Tenant not found"},
		{"GET", "/settings/versions", "Tenant not found"},
		{"POST", "/settings/publish", "Tenant not found"},
		{"GET", "/customers", "Tenant not found"},
		{"GET", "/customers?format=csv", "Tenant not found"},
		{"GET", "/requests", "Tenant not found"},
		{"POST", "/chats/x/take-over", "Tenant not found"},
		{"POST", "/chats/x/release", "Tenant not found"},
	}
	for _, id := range ids {
		for _, call := range calls {
			w.ask(call.method, "/admin/tenants/"+id+call.path, "{}").wantError(404, call.sentence)
		}
		w.ask("POST", "/admin/tenants/"+id+"/chats/x/send", `{"text":"a"}`).wantError(404, "Tenant not found")
		w.ask("POST", "/admin/tenants/"+id+"/settings/rollback", `{"version":1}`).wantError(404, "Tenant not found")
		w.ask("GET", "/admin/setup-requests/"+id, nil).wantError(404, "Setup request not found")
	}
}

func TestPlainID(t *testing.T) {
	for id, want := range map[string]bool{
		"0190a0a0-0000-7000-8000-000000000000": true, "clx_0B": true, "7": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "a b": false, "a'": false, "a\x00": false, "é": false, "a/b": false,
		"a.b": false,
	} {
		if got := plainID(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func TestLimits(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255700000001")
	for _, path := range []string{"/logs", "/events", "/customers", "/requests"} {
		for _, bad := range []string{"0", "-1", "1001", "abc", "", "1.5", "99999999999999999999"} {
			w.ask("GET", "/admin/tenants/"+id+path+"?limit="+bad, nil).wantFields("limit")
		}
		for _, good := range []string{"1", "1000"} {
			w.ask("GET", "/admin/tenants/"+id+path+"?limit="+good, nil).want(200)
		}
		for _, bad := range []string{"x", "!!", "MTIz", strings.Repeat("A", 300)} {
			w.ask("GET", "/admin/tenants/"+id+path+"?before="+bad, nil).wantFields("before")
		}
	}
	w.ask("GET", "/admin/tenants?limit=1001", nil).wantFields("limit")
	w.ask("GET", "/admin/tenants?limit=0&before=x", nil).wantFields("limit", "before")
	w.ask("GET", "/admin/tenants?status=LOST", nil).wantFields("status")
	w.ask("GET", "/admin/tenants/"+id+"/requests?status=LOST&type=PIZZA", nil).wantFields("type", "status")
}

func TestWrongSettings(t *testing.T) {
	w := newWorld(t)
	of := "/admin/tenants/" + w.tenant("+255700000001") + "/settings"
	tests := []struct {
		body   string
		fields []string
	}{
		{`{"timezone":"Mars/Olympus","currency":"shilling"}`, []string{"timezone", "currency"}},
		{`{"timezone":5,"greeting":[]}`, []string{"timezone", "greeting"}},
		{`{"services":{}}`, []string{"services"}},
		{`{"services":[{"name":"a","price":"5"},7,{"name":"b","available":"yes"}]}`,
			[]string{"services[0].price", "services[1]", "services[2].available"}},
		{`{"products":[{"name":"","price":1},{"name":"a","price":-1},{"name":"A","price":1}]}`,
			[]string{"products[0].name", "products[1].price", "products[2].name"}},
		{`{"hours":{"monday":[]}}`, []string{"hours"}},
		{`{"hours":{"mon":[{"open":"17:00","close":"08:00"}]}}`, []string{"hours"}},
		{`{"hours":"always"}`, []string{"hours"}},
		{`{"settings":[]}`, []string{"settings"}},
		{`{"settings":{"services":[5]},"flow_yaml":5}`, []string{"services[0]", "flow_yaml"}},
		{`{"owner_number":"12"}`, []string{"owner_number"}},
	}
	for _, test := range tests {
		a := w.ask("PUT", of, test.body)
		a.wantFields(test.fields...)
	}
	w.ask("GET", of, nil).is(nil, "draft")
	tenant := strings.TrimSuffix(of, "/settings")
	w.ask("PATCH", tenant, `{"hours_json":{"mon":"all day"},"template_type":7}`).wantFields("template_type",
		"hours_json")
	w.ask("PATCH", tenant, `{"language":"FR","name":""}`).wantFields("name", "language")
	w.ask("PATCH", tenant, `{}`).want(200)
	w.ask("PATCH", tenant, `{"name":null}`).want(200).is("Duka la Asha", "name")
}

func TestPortalInput(t *testing.T) {
	w := newWorld(t)
	asha := as("asha@example.com")
	w.ask("POST", "/portal/users", map[string]string{"email": "asha", "name": " "}).wantFields("email", "name")
	w.ask("POST", "/portal/users", map[string]string{"email": "asha@example.com", "name": "Asha"}).want(201)
	w.ask("POST", "/portal/setup-request", `{}`, asha).wantFields("businessName", "templateType", "whatsappNumber")
	w.ask("POST", "/portal/setup-request",
		`{"businessName":"a","templateType":"BOOKING","whatsappNumber":"1","language":"FR"}`, asha).
		wantFields("whatsappNumber", "language")
	w.ask("POST", "/portal/setup-request",
		`{"businessName":5,"templateType":"BOOKING","whatsappNumber":"+255700000001"}`, asha).wantFields("businessName")
	w.tenant("+255700000001")
	w.ask("POST", "/portal/setup-request",
		`{"businessName":"a","templateType":"BOOKING","whatsappNumber":"+255700000001"}`, asha).
		wantFields("whatsappNumber")
	w.ask("GET", "/portal/me", nil, asha).want(200).is("NEW", "tenant", "status")
	w.ask("GET", "/portal/me", nil, asha).want(200).is(nil, "setupRequest")
	w.ask("GET", "/portal/me", nil).wantError(404, "User not found")
	w.ask("GET", "/portal/me", nil, asha, header("x-portal-key", "no")).wantError(401, "Invalid portal key")
}

func TestFaultsOfOurs(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		err      error
		status   int
		sentence string
	}{
		{errors.New("pq: relation tenants does not exist"), 500, "Something went wrong here. It is in the log."},
		{flowhq.Errorf(flowhq.CodeInternal, "secret inside"), 500, "Something went wrong here. It is in the log."},
		{&flowhq.Error{Code: flowhq.CodeUnavailable, Message: "The database can't be reached.",
			Cause: errors.New("dial tcp")}, 503, "The database can't be reached."},
		{context.DeadlineExceeded, 503, "This took too long. Try again in a moment."},
		{flowhq.Errorf(flowhq.CodeForbidden, "Not you."), 403, "Not you."},
	}
	for _, test := range tests {
		w.broken.err = test.err
		a := w.ask("GET", "/admin/tenants", nil)
		a.wantError(test.status, test.sentence)
		if test.status == 503 && a.header.Get("Retry-After") == "" {
			t.Errorf("%v: it does not say when to come back", test.err)
		}
		if test.status >= 500 && !strings.Contains(w.log.String(), test.err.Error()) {
			t.Errorf("%v is not in the log", test.err)
		}
	}
	w.broken.err = flowhq.Errorf(flowhq.CodeUnavailable, "The database can't be reached.")
	w.ask("GET", "/readyz", nil).want(503).is("unavailable", "status")
	w.ask("GET", "/healthz", nil).want(200)
}

func TestSignInIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	w.ask("POST", "/sign-in", map[string]string{"password": "no"}).wantError(401, "Wrong password.")
	w.ask("POST", "/sign-in", map[string]any{"password": 5}).wantFields("password")
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // so that no attempt waits for its turn
	impatient := func(r *http.Request) { *r = *r.WithContext(ctx) }
	for range 8 {
		w.ask("POST", "/sign-in", map[string]string{"password": "no"}, impatient)
	}
	a := w.ask("POST", "/sign-in", map[string]string{"password": password}, impatient).want(429)
	if a.header.Get("Retry-After") == "" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("headers %v", a.header)
	}
}

func TestNothingSecretInTheLog(t *testing.T) {
	w := newWorld(t)
	w.broken.err = errors.New("broken")
	w.ask("GET", "/admin/tenants?q=Asha&password="+password, nil)
	w.ask("POST", "/sign-in", map[string]string{"password": password + "!"})
	w.ask("POST", "/admin/tenants", `{"password":"`+password+`","name":5}`)
	w.ask("GET", "/portal/me", nil, as("asha@example.com"))
	for _, secret := range []string{password, portalKey, "Asha"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, w.log)
		}
	}
}

// A conflict is 409 whatever its words are; a worker that runs already is the contract's 400.
func TestStartWorker(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255711000077")
	w.broken.err = flowhq.Errorf(flowhq.CodeConflict, "A restore is already running.")
	w.ask("POST", "/admin/tenants/"+id+"/worker/start", nil).wantError(409, "A restore is already running.")
	w.broken.err = nil
	w.ask("POST", "/admin/tenants/"+id+"/worker/start", nil).want(200)
	w.ask("POST", "/admin/tenants/"+id+"/worker/start", nil).wantError(400, "Worker already running")
}

// What is wrong with opening hours is said in words, never as the key of a text.
func TestInput_OpeningHours(t *testing.T) {
	w := newWorld(t)
	id := w.tenant("+255711000078")
	body := `{"hours_json":{"mon":[{"open":"8","close":"17:00"}]}}`
	a := w.ask("PATCH", "/admin/tenants/"+id, body)
	a.wantFields("hours_json")
	if got, _ := a.at("fields", 0, "message").(string); got != `mon: open: "8" is not a time of day like 08:00` {
		t.Errorf("it says %q", got)
	}
}

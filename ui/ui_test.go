package ui_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/locale"
	"flowhq/ui"
)

// door lets in who knows the word.
type door struct {
	sessions []flowhq.AdminSession // nil: two
}

func (door) SignIn(_ *gin.Context, password string) error {
	switch password {
	case "sesame":
		return nil
	case "again and again":
		return flowhq.Errorf(flowhq.CodeUnavailable, "Too many attempts.")
	}
	return flowhq.Errorf(flowhq.CodeUnauthorized, "Unauthorized")
}

func (door) SignOut(*gin.Context) error { return nil }

func (d door) Sessions(_ context.Context, p flowhq.PageQuery) ([]flowhq.AdminSession, error) {
	if d.sessions != nil {
		return partOf(d.sessions, p.Limit, func(s flowhq.AdminSession) bool { return beyond(p.Before, s.LastSeenAt) }), nil
	}
	return []flowhq.AdminSession{
		{ID: "s1", Address: "10.0.0.1", UserAgent: "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", CreatedAt: noon(), LastSeenAt: noon(), ExpiresAt: noon()},
		{ID: "s2", Address: "10.0.0.2", UserAgent: "curl/8.5.0", CreatedAt: noon(), LastSeenAt: noon(), ExpiresAt: noon()},
	}, nil
}

func (door) EndSession(_ context.Context, id string) error {
	if id != "s1" && id != "s2" {
		return flowhq.NotFound("Session")
	}
	return nil
}

func serve(t *testing.T, f *fleetStub) http.Handler { return serveBehind(t, f, door{}) }

func serveBehind(t *testing.T, f *fleetStub, d door) http.Handler {
	t.Helper()
	gin.SetMode(gin.TestMode)
	u, err := ui.New(ui.Config{Fleet: f, Door: d, Logger: slog.New(slog.DiscardHandler), Texts: catalogue(t), Simulator: true, OpenAPI: []byte(testAPI)})
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	for _, r := range u.Routes() {
		engine.Handle(r.Method, r.Path, r.Handler)
	}
	return engine
}

const testAPI = `{"info":{"description":"A **bold** word."},"tags":[{"name":"Things","description":"All of them"}],
"paths":{"/admin/things/{id}":{"parameters":[{"$ref":"#/components/parameters/id"}],"get":{"tags":["Things"],"operationId":"showThing","summary":"One thing",
"responses":{"200":{"description":"It.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}}}}}},
"components":{"parameters":{"id":{"name":"id","in":"path","required":true,"schema":{"type":"string"}}},
"schemas":{"Thing":{"type":"object","required":["name"],"properties":{"name":{"type":"string","description":"What it is called"},"kind":{"enum":["BIG","SMALL"]}}}}}}`

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	return request(h, http.MethodGet, path, "", headers...)
}

func request(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func post(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	return request(h, http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func example() *fleetStub {
	failing := tenant("t2", "Duka <b>la</b> Asha", flowhq.TenantError, flowhq.PhaseBanned)
	failing.Worker.LastError = "WhatsApp banned the number for 3 hours."
	showing := tenant("t3", "FastNet", flowhq.TenantQRPending, flowhq.PhaseQR)
	showing.Session.LastQR = "data:image/png;base64,AAAA"
	now := noon()
	showing.Session.QRExpires = &now
	bare := flowhq.TenantDetail{Tenant: flowhq.Tenant{ID: "t4", Name: "From elsewhere", Status: "ARCHIVED"}}
	return &fleetStub{
		tenants: []flowhq.TenantDetail{tenant("t1", "Neema Salon", flowhq.TenantActive, flowhq.PhaseConnected), failing, showing, bare},
		requests: []flowhq.SetupRequestDetail{
			{
				SetupRequest: flowhq.SetupRequest{ID: "r1", TenantID: "t1", WhatsAppNumber: "+255700000009", Status: flowhq.SetupSubmitted, TemplateType: flowhq.TemplateSupport},
				User:         &flowhq.User{Name: "Neema", Email: "neema@example.com"},
			},
			{SetupRequest: flowhq.SetupRequest{ID: "r2", TenantID: "t2", Status: flowhq.SetupRejected, Notes: "No number"}},
		},
		messages: []flowhq.Message{
			{Direction: flowhq.DirectionIn, FromNumber: "+255700000055", Text: "<script>alert(1)</script>", Author: flowhq.AuthorCustomer, CreatedAt: noon(),
				Trace: []flowhq.TraceEntry{{Step: flowhq.TraceReceived, Detail: "from WhatsApp"}}},
			{Direction: flowhq.DirectionOut, ToNumber: "+255700000055", Text: "Karibu", CreatedAt: noon()},
		},
	}
}

func TestPagesAreDrawnInBothLanguages(t *testing.T) {
	h := serve(t, example())
	pages := map[string][2]string{
		"/sign-in":                           {"Sign in", "Ingia"},
		"/admin/tenants":                     {"Neema Salon", "Inasubiri kuunganishwa"},
		"/admin/tenants?q=asha":              {"Duka &lt;b&gt;la&lt;/b&gt; Asha", "Inahitaji uangalizi"},
		"/admin/tenants?part=list":           {"FastNet", "Inajibu"},
		"/admin/tenants/new":                 {"New business", "Biashara mpya"},
		"/admin/tenants/t1":                  {"Linked and connected", "Mazungumzo"},
		"/admin/tenants/t1?part=chats":       {"&lt;script&gt;", "Amejitoa"},
		"/admin/tenants/t1?part=process":     {"9.0 MB of 256 MB", "kati ya"},
		"/admin/tenants/t1?part=events":      {"QR_PENDING", "Yaliyotokea"},
		"/admin/tenants/t1?part=head":        {"Restart", "Simamisha"},
		"/admin/tenants?status=ERROR":        {"WhatsApp banned the number", "1,234"},
		"/admin/overview":                    {"Needs your attention", "Yanayohitaji uangalizi wako"},
		"/admin/overview?part=overview":      {"4.2 s", "sek 4.2"},
		"/admin/bulk/j1":                     {"2 of 2 done, 1 failed", "Bot tayari inafanya kazi"},
		"/admin/sessions":                    {"Chrome, Android", "Vivinjari vilivyoingia"},
		"/api/docs":                          {"/admin/things/{id}", "Yaliyomo"},
		"/admin/tenants/t2":                  {"WhatsApp banned the number for 3 hours.", "Cha kufanya"},
		"/admin/tenants/t3?part=linking":     {`src="data:image/png;base64,AAAA"`, "Elekeza kamera"},
		"/admin/tenants/t4":                  {"ARCHIVED", "From elsewhere"},
		"/admin/setup-requests":              {"Waiting for your decision", "Yanasubiri uamuzi wako"},
		"/admin/setup-requests?part=list":    {"neema@example.com", "No number"},
		"/admin/setup-requests/r1":           {"Approve", "Kataa"},
		"/admin/setup-requests?part=waiting": {`<span class="badge">1</span>`, `<span class="badge">1</span>`},
	}
	for path, want := range pages {
		for i, lang := range []string{"en", "sw"} {
			w := get(h, path, "Accept-Language", lang)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want[i]) {
				t.Errorf("GET %s in %s: %d, without %q:\n%s", path, lang, w.Code, want[i], w.Body)
			}
		}
	}
}

func TestNothingInlineAndNothingFromElsewhere(t *testing.T) {
	h := serve(t, example())
	inline := regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]|\son[a-z]+\s*=\s*"|\sstyle\s*=|javascript:|(?:src|href|action)="(?:https?:)?//`)
	for _, path := range []string{"/sign-in", "/admin/overview", "/admin/tenants", "/admin/tenants/t3", "/admin/setup-requests/r1", "/admin/bulk/j1", "/admin/sessions", "/api/docs"} {
		body := get(h, path).Body.String()
		if hit := inline.FindString(body); hit != "" {
			t.Errorf("%s holds %q, which the content security policy forbids", path, hit)
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(body, -1) {
			w := get(h, m[1])
			if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d, %s", m[1], w.Code, w.Header().Get("Cache-Control"))
			}
		}
	}
}

// The forms offer each template once, as the API, the schema and the command line do; see TestTemplateTypes.
func TestForms_Templates(t *testing.T) {
	h := serve(t, example())
	for _, path := range []string{"/admin/tenants/new", "/admin/tenants/t1/settings"} {
		_, form, _ := strings.Cut(get(h, path).Body.String(), `name="template_type"`)
		form, _, _ = strings.Cut(form, "</select>")
		var offered []flowhq.TemplateType
		for _, m := range regexp.MustCompile(`<option value="(\w+)"`).FindAllStringSubmatch(form, -1) {
			offered = append(offered, flowhq.TemplateType(m[1]))
		}
		if !slices.Equal(offered, flowhq.TemplateTypes()) {
			t.Errorf("%s offers %v", path, offered)
		}
	}
}

func TestFirstRunSaysWhatToDo(t *testing.T) {
	body := get(serve(t, &fleetStub{}), "/admin/tenants").Body.String()
	if !strings.Contains(body, "Three steps to your first business") || strings.Contains(body, "<table") {
		t.Error("the empty list does not lead to the first business")
	}
}

func TestARefusedFormKeepsWhatWasTyped(t *testing.T) {
	w := post(serve(t, &fleetStub{}), "/admin/tenants", url.Values{
		"name": {"  "}, "business_name": {"Neema & co"}, "phone_number": {"0712 345"}, "template_type": {"ECOMMERCE"}, "language": {"EN"},
	})
	body := w.Body.String()
	for _, want := range []string{"must not be empty", `value="Neema &amp; co"`, `value="0712 345"`, `value="ECOMMERCE" selected`, `value="EN" selected`} {
		if w.Code != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%d, without %q", w.Code, want)
		}
	}
}

func TestActionsReachTheFleet(t *testing.T) {
	f := example()
	h := serve(t, f)
	for _, a := range []string{"worker/start", "worker/stop", "worker/restart", "worker/force-restart", "pause", "resume", "logout", "linking"} {
		if w := post(h, "/admin/tenants/t1/"+a, nil); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/admin/tenants/t1") {
			t.Errorf("%s: %d to %q", a, w.Code, w.Header().Get("Location"))
		}
	}
	post(h, "/admin/tenants", url.Values{"name": {"Mpya"}})
	post(h, "/admin/tenants/t1/delete", url.Values{"confirm": {"Neema"}})
	post(h, "/admin/tenants/t1/delete", url.Values{"confirm": {"Neema Salon"}})
	post(h, "/admin/setup-requests/r1/approve", url.Values{"notes": {"karibu"}})
	post(h, "/admin/setup-requests/r1/reject", nil)
	asked := post(h, "/admin/bulk", url.Values{"action": {"pause"}, "ids": {"t1", "t3"}})
	if asked.Code != http.StatusOK || !strings.Contains(asked.Body.String(), "Pause: 2 businesses") {
		t.Errorf("a bulk action is not asked for: %d", asked.Code)
	}
	if w := post(h, "/admin/bulk", url.Values{"action": {"pause"}, "ids": {"t1", "t3"}, "confirm": {"yes"}}); w.Header().Get("Location") != "/admin/bulk/j1" {
		t.Errorf("the bulk action leads to %q", w.Header().Get("Location"))
	}
	if w := post(h, "/admin/bulk", url.Values{"action": {"pause"}}); w.Code != http.StatusBadRequest {
		t.Errorf("nothing chosen: %d", w.Code)
	}
	for _, path := range []string{"/admin/sessions/s1/end", "/admin/sessions/gone/end", "/admin/sessions/end-others"} {
		if w := post(h, path, nil); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	want := []string{
		"start t1", "stop t1", "restart t1", "force-restart t1", `pause t1 "" `, "resume t1", "logout t1", "open linking t1",
		"create Mpya by ", "delete t1", "approve r1 karibu", "reject r1 ", "pause t1,t3 by ",
	}
	if !slices.Equal(f.done, want) {
		t.Errorf("done %q, want %q", f.done, want)
	}
}

func TestARefusedActionSaysWhyOnThePage(t *testing.T) {
	f := example()
	f.refuse = flowhq.Errorf(flowhq.CodeConflict, "Worker already running")
	w := post(serve(t, f), "/admin/tenants/t1/worker/start", nil)
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Worker already running") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.refuse = fmt.Errorf("dial tcp 10.0.0.1: secret")
	w = post(serve(t, f), "/admin/tenants/t1/worker/start", nil)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d, and it shows the inside", w.Code)
	}
}

func TestOpeningAPage(t *testing.T) {
	f := example()
	f.tenants[0].Session.Phase = flowhq.PhaseNobody
	h := serve(t, f)
	get(h, "/admin/tenants/t1?part=linking")
	get(h, "/admin/tenants/t1")
	get(h, "/admin/setup-requests/r1")
	if want := []string{"open linking t1", "review r1"}; !slices.Equal(f.done, want) {
		t.Errorf("done %q, want %q", f.done, want)
	}
}

func TestUnknownThings(t *testing.T) {
	h := serve(t, example())
	for _, path := range []string{"/admin/tenants/none", "/admin/tenants/t1?part=none", "/admin/setup-requests/none", "/assets/none.css"} {
		if w := get(h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestSigningIn(t *testing.T) {
	h := serve(t, &fleetStub{})
	tests := []struct {
		password, next string
		code           int
		to, says       string
	}{
		{"sesame", "/admin/tenants/t1", http.StatusSeeOther, "/admin/tenants/t1", ""},
		{"sesame", "https://evil.example/", http.StatusSeeOther, access.HomePath, ""},
		{"sesame", "//evil.example/", http.StatusSeeOther, access.HomePath, ""},
		{"sesame", `/\evil.example/`, http.StatusSeeOther, access.HomePath, ""},
		{"mistaken word", "/", http.StatusUnauthorized, "", "The password is wrong."},
		{"again and again", "/", http.StatusTooManyRequests, "", "Too many attempts"},
	}
	for _, tt := range tests {
		w := post(h, "/sign-in", url.Values{"password": {tt.password}, "next": {tt.next}})
		if w.Code != tt.code || w.Header().Get("Location") != tt.to || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%q to %q: %d %q", tt.password, tt.next, w.Code, w.Header().Get("Location"))
		}
		if strings.Contains(w.Body.String(), tt.password+`"`) {
			t.Error("the page repeats the password")
		}
	}
}

// There is one home page: where / leads, where a browser goes that signs in, and where the sign of Flow HQ leads.
func TestHomePage(t *testing.T) {
	h := serve(t, example())
	for path, form := range map[string]url.Values{"/sign-in": {"password": {"sesame"}}, "/language": {"lang": {"SW"}}} {
		if got := post(h, path, form).Header().Get("Location"); got != access.HomePath {
			t.Errorf("%s leads to %q", path, got)
		}
	}
	page := get(h, access.HomePath).Body.String()
	if !strings.Contains(page, `<a class="brand" href="/">`) || !strings.Contains(page, `aria-current="page"`) {
		t.Error("the sign of Flow HQ does not lead home")
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	h := serve(t, example())
	w := post(h, "/language", url.Values{"lang": {"SW"}, "next": {"/admin/tenants"}})
	cookie := w.Header().Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(get(h, "/admin/tenants", "Cookie", cookie, "Accept-Language", "en").Body.String(), "Inajibu") {
		t.Errorf("not remembered: %q", cookie)
	}
	if post(h, "/language", url.Values{"lang": {"XX"}}).Header().Get("Set-Cookie") != "" {
		t.Error("a language that does not exist is remembered")
	}
}

func TestAThousandBusinessesArePaged(t *testing.T) {
	f := &fleetStub{}
	for i := range 1000 {
		f.tenants = append(f.tenants, tenant(fmt.Sprint("t", i), fmt.Sprint("Business ", i), flowhq.TenantActive, flowhq.PhaseConnected))
	}
	h := serve(t, f)
	seen, path := 0, "/admin/tenants"
	for next := regexp.MustCompile(`href="(/admin/tenants\?page=[^"]+)" rel="next"`); path != ""; {
		body := get(h, path).Body.String()
		seen += strings.Count(body, `<tr id="tenant-`)
		path = ""
		if m := next.FindStringSubmatch(body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if seen != 1000 {
		t.Errorf("%d of 1000 are listed", seen)
	}
}

// Every key that a template uses, and every word that is made of a kind and a value, is in the catalogue; that a key has both
// languages is tested there, and keys in Go are constants.
func TestTemplates_Keys(t *testing.T) {
	texts := catalogue(t)
	used := regexp.MustCompile(`[{( ]t "([^"]+)"`)
	n := 0
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range used.FindAllStringSubmatch(string(data), -1) {
				if n++; !texts.Has(m[1]) {
					t.Errorf("%s uses %s, which is not in the catalogue", file, m[1])
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d uses were found: the templates are not read as they are written", n)
	}
}

func catalogue(t *testing.T) *locale.Catalogue {
	t.Helper()
	texts, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

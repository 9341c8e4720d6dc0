package access

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"flowhq"
)

func TestAdminCredentials(t *testing.T) {
	form := header("Content-Type", "application/x-www-form-urlencoded")
	asJSON := header("Content-Type", "application/json; charset=utf-8")
	q := url.QueryEscape(password)
	tests := []struct {
		name, method, target, body string
		change                     []func(*http.Request)
		status                     int
	}{
		{"none", "GET", "/admin/tenants", "", nil, 401},
		{"query", "GET", "/admin/tenants?password=" + q, "", nil, 200},
		{"wrong in the query", "GET", "/admin/tenants?password=" + q + "x", "", nil, 401},
		{"empty in the query", "GET", "/admin/tenants?password=", "", nil, 401},
		{"query of a POST", "POST", "/admin/tenants?password=" + q, "{}", []func(*http.Request){asJSON}, 200},
		{"JSON body", "POST", "/admin/tenants", `{"password":"` + password + `","name":"a"}`,
			[]func(*http.Request){asJSON}, 200},
		{"wrong JSON body", "POST", "/admin/tenants", `{"password":"no"}`, []func(*http.Request){asJSON}, 401},
		{"number as password", "POST", "/admin/tenants", `{"password":7}`, []func(*http.Request){asJSON}, 401},
		{"broken JSON", "POST", "/admin/tenants", `{"password":"` + password, []func(*http.Request){asJSON}, 401},
		{"form", "POST", "/admin/tenants", "password=" + q + "&x=1", []func(*http.Request){form}, 200},
		{"wrong form", "POST", "/admin/tenants", "password=no", []func(*http.Request){form}, 401},
		{"body without a type", "POST", "/admin/tenants", "password=" + q, nil, 401},
		{"basic", "GET", "/admin/tenants", "", []func(*http.Request){basic(password)}, 200},
		{"wrong basic", "GET", "/admin/tenants", "", []func(*http.Request){basic("no")}, 401},
		{"prefix of the password", "GET", "/admin/tenants", "", []func(*http.Request){basic(password[:8])}, 401},
		{"longer than the password", "GET", "/admin/tenants", "", []func(*http.Request){basic(password + "\x00")}, 401},
		{"wrong query, right basic", "GET", "/admin/tenants?password=no", "", []func(*http.Request){basic(password)},
			200},
		{"bearer", "GET", "/admin/tenants", "", []func(*http.Request){header("Authorization", "Bearer "+password)},
			401},
		{"made-up cookie", "GET", "/admin/tenants", "",
			[]func(*http.Request){header("Cookie", cookieName+"="+strings.Repeat("A", 43))}, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			w := h.ask(test.method, test.target, test.body, test.change...)
			if test.status == http.StatusOK {
				want(t, w, 200, "by=admin email= body="+test.body)
				return
			}
			want(t, w, 401, `{"error":"Unauthorized"}`)
			if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
}

func TestBrowserGoesToSignIn(t *testing.T) {
	h := newHouse(t)
	w := h.ask("GET", "/admin/tenants?q=a&password=no", "", browser)
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/sign-in?next=%2Fadmin%2Ftenants%3Fq%3Da" {
		t.Errorf("GET: %d to %q", w.Code, got)
	}
	w = h.ask("POST", "/admin/tenants", "", browser)
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/sign-in" {
		t.Errorf("POST: %d to %q", w.Code, got)
	}
	w = h.ask("GET", "/admin/tenants", "", header("HX-Request", "true"))
	if got := w.Header().Get("HX-Redirect"); w.Code != 401 || got != "/sign-in" {
		t.Errorf("htmx: %d to %q", w.Code, got)
	}
	w = h.ask("GET", "/admin/tenants", "", header("Sec-Fetch-Mode", "cors"))
	if got := w.Header().Get("WWW-Authenticate"); got != "" {
		t.Errorf("a script's call got %q, which makes browsers ask with a box", got)
	}
}

func TestPasswordInTheAddressBecomesASession(t *testing.T) {
	h := newHouse(t)
	w := h.ask("GET", "/admin/tenants/7?limit=3&password="+url.QueryEscape(password)+"&q=a+b", "", browser)
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/admin/tenants/7?limit=3&q=a+b" {
		t.Fatalf("%d to %q", w.Code, got)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	want(t, h.ask("GET", "/admin/tenants/7", "", browser, with(cookies[0])), 200, "by=admin email= body=")

	w = h.ask("GET", "/admin/tenants/7?password=no", "", browser, with(cookies[0]))
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/admin/tenants/7" || len(w.Result().Cookies()) != 0 {
		t.Errorf("signed in already: %d to %q, %d cookies", w.Code, got, len(w.Result().Cookies()))
	}
	w = h.ask("POST", "/admin/tenants?password="+url.QueryEscape(password), "", browser)
	if w.Code != 200 {
		t.Errorf("a form got %d; a redirect would lose what was typed", w.Code)
	}
	w = h.ask("GET", "/admin/tenants?password="+url.QueryEscape(password), "", header("Accept", "application/json"))
	if w.Code != 200 || len(w.Result().Cookies()) != 0 {
		t.Errorf("a program got %d and %d cookies", w.Code, len(w.Result().Cookies()))
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	h := newHouse(t)
	body := `{"a":"` + strings.Repeat("x", MaxBody) + `"}`
	want(t, h.ask("POST", "/admin/tenants", body, header("Content-Type", "application/json")), 413,
		`{"error":"`+tooLarge+`"}`)
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	want(t, h.ask("POST", "/admin/tenants", body, header("Content-Type", "application/json"), chunked), 413,
		`{"error":"`+tooLarge+`"}`)
}

func TestPortalKey(t *testing.T) {
	h := newHouse(t)
	want(t, h.ask("GET", "/portal/me", ""), 401, `{"error":"Invalid portal key"}`)
	want(t, h.ask("GET", "/portal/me", "", header("x-portal-key", portalKey+"x")), 401,
		`{"error":"Invalid portal key"}`)
	want(t, h.ask("GET", "/portal/me", "", header("x-portal-key", "")), 401, `{"error":"Invalid portal key"}`)
	want(t, h.ask("GET", "/portal/me", "", basic(password)), 401, `{"error":"Invalid portal key"}`)
	w := h.ask("POST", "/portal/me", "{}", header("x-portal-key", portalKey),
		header("x-user-email", " Asha@Example.com "),
		header("Origin", "http://portal.example.com:3001"), header("Sec-Fetch-Site", "cross-site"),
		func(r *http.Request) { r.Host = "portal.example.com:3001" })
	want(t, w, 200, "by=Asha@Example.com email=Asha@Example.com body={}")
	if got := h.ask("GET", "/admin/tenants", "", header("x-portal-key", portalKey)).Code; got != 401 {
		t.Errorf("the portal's key opens the admin's door: %d", got)
	}
}

func TestStoreAway(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	h.store.down = true
	if w := h.ask("GET", "/admin/tenants", "", with(cookie)); w.Code != 503 {
		t.Errorf("a session while the store is away: %d %s", w.Code, w.Body)
	}
	want(t, h.ask("GET", "/admin/tenants", "", with(cookie), basic(password)), 200, "by=admin email= body=")
	want(t, h.ask("GET", "/admin/tenants", ""), 401, `{"error":"Unauthorized"}`)
	w := h.ask("GET", "/admin/tenants?password="+url.QueryEscape(password), "", browser)
	if w.Code != 200 {
		t.Errorf("the page with a password in the address: %d", w.Code)
	}
	h.store.down = false
	want(t, h.ask("GET", "/admin/tenants", "", with(cookie)), 200, "by=admin email= body=")
}

func TestNothingSecretInTheLog(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	q := url.QueryEscape(password)
	asJSON := header("Content-Type", "application/json")
	h.ask("GET", "/admin/tenants?password="+q, "", browser)
	h.ask("GET", "/admin/tenants?password="+q+"wrong", "")
	h.ask("GET", "/admin/tenants?"+q, "")
	h.ask("GET", "/nowhere?password="+q, "")
	h.ask("GET", "/admin/tenants?x=1;password="+q, "")
	h.ask("POST", "/admin/tenants", `{"password":"`+password+`wrong"}`, asJSON)
	h.ask("GET", "/admin/tenants", "", basic(password+"wrong"))
	h.ask("GET", "/admin/tenants/7?limit=5", "", with(cookie))
	h.ask("GET", "/portal/me", "", header("x-portal-key", portalKey))
	h.ask("GET", "/portal/me", "", header("x-portal-key", portalKey+"wrong"))
	h.ask("POST", "/sign-out", "", with(cookie))
	log := h.log.String()
	for _, secret := range []string{password, q, portalKey, cookie.Value} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
	for _, wanted := range []string{"admin password refused", "portal key refused", "admin signed in",
		`"query":"limit=5"`, `"tenant":"7"`, `"path":"/nowhere"`} {
		if !strings.Contains(log, wanted) {
			t.Errorf("%q is not in the log", wanted)
		}
	}
}

func TestPanic(t *testing.T) {
	h := newHouse(t)
	want(t, h.ask("GET", "/panic", ""), 500, `{"error":"`+internalError+`"}`)
	if !strings.Contains(h.log.String(), "of the test") {
		t.Error("the panic is not in the log")
	}
}

func TestNewNamesAllFaults(t *testing.T) {
	_, err := New(Config{TrustedProxies: []string{"10.0.0.0/8", "nobody"}, PublicURL: "bots.example.com",
		PasswordHash: "x"})
	for _, part := range []string{"PORTAL_INTERNAL_KEY", "ADMIN_PASSWORD_HASH", `"nobody"`, "PUBLIC_URL", "no store"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named in %v", part, err)
		}
	}
	if _, err := New(Config{PortalKey: "k", Sessions: &memory{}}); err == nil ||
		!strings.Contains(err.Error(), "ADMIN_PASSWORD is missing") {
		t.Errorf("a missing password gives %v", err)
	}
}

func TestSentence(t *testing.T) {
	if got := Sentence(flowhq.NotFound("Tenant")); got != "Tenant not found" {
		t.Error(got)
	}
	if got := Sentence(errors.New("pq: x")); got != internalError {
		t.Errorf("a person reads %q", got)
	}
}

package access

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

func TestHost(t *testing.T) {
	tests := []struct {
		listen, public, host string
		ok                   bool
	}{
		{"127.0.0.1", "", "127.0.0.1:3000", true},
		{"127.0.0.1", "", "127.0.0.9", true},
		{"127.0.0.1", "", "localhost:3000", true},
		{"127.0.0.1", "", "LOCALHOST.:3000", true},
		{"127.0.0.1", "", "flowhq.localhost:3000", true},
		{"127.0.0.1", "", "[::1]:3000", true},
		{"127.0.0.1", "", "[::ffff:127.0.0.1]:3000", true},
		{"127.0.0.1", "", "evil.example", false},
		{"127.0.0.1", "", "evil.example:3000", false},
		{"127.0.0.1", "", "localhost.evil.example:3000", false},
		{"127.0.0.1", "", "127.0.0.1.evil.example", false},
		{"127.0.0.1", "", "evillocalhost", false},
		{"127.0.0.1", "", "192.168.1.5:3000", false},
		{"127.0.0.1", "", "0.0.0.0:3000", false},
		{"127.0.0.1", "", "", false},
		{"192.168.1.5:3000", "", "192.168.1.5:3000", true},
		{"192.168.1.5:3000", "", "192.168.1.6:3000", false},
		{"box.lan:3000", "", "Box.lan:3000", true},
		{"0.0.0.0", "", "192.168.1.6:3000", true},
		{"0.0.0.0", "", "evil.example:3000", false},
		{"[::]:3000", "", "[2001:db8::1]:3000", true},
		{"127.0.0.1", "https://bots.example.com", "bots.example.com", true},
		{"127.0.0.1", "https://bots.example.com:8443", "BOTS.example.com:8443", true},
		{"127.0.0.1", "https://bots.example.com", "example.com", false},
		{"127.0.0.1", "https://bots.example.com", "x.bots.example.com", false},
	}
	for _, test := range tests {
		h := newHouse(t, func(c *Config) { c.ListenAddr, c.PublicURL = test.listen, test.public })
		host := func(r *http.Request) { r.Host = test.host }
		w := h.ask("GET", "/admin/tenants", "", basic(password), host)
		if ok := w.Code == 200; ok != test.ok || (!ok && w.Code != 403) {
			t.Errorf("listening on %s, public %q: %q got %d", test.listen, test.public, test.host, w.Code)
		}
		if w := h.ask("GET", "/healthz", "", host); w.Code != 200 {
			t.Errorf("health under %q got %d", test.host, w.Code)
		}
	}
}

func TestOrigin(t *testing.T) {
	tests := []struct {
		name, method string
		change       []func(*http.Request)
		ok           bool
	}{
		{"no browser", "POST", nil, true},
		{"same site", "POST", []func(*http.Request){header("Sec-Fetch-Site", "same-origin")}, true},
		{"typed in", "POST", []func(*http.Request){header("Sec-Fetch-Site", "none")}, true},
		{"cross-site", "POST", []func(*http.Request){header("Sec-Fetch-Site", "cross-site")}, false},
		{"a neighbour", "POST", []func(*http.Request){header("Sec-Fetch-Site", "same-site")}, false},
		{"cross-site DELETE", "DELETE", []func(*http.Request){header("Sec-Fetch-Site", "cross-site")}, false},
		{"cross-site GET", "GET", []func(*http.Request){header("Sec-Fetch-Site", "cross-site")}, true},
		{"own origin, old browser", "POST", []func(*http.Request){header("Origin", "http://127.0.0.1:3000")}, true},
		{"other origin, old browser", "POST", []func(*http.Request){header("Origin", "http://evil.example")}, false},
		{"other port, old browser", "POST", []func(*http.Request){header("Origin", "http://127.0.0.1:3001")}, false},
		{"null origin", "POST", []func(*http.Request){header("Origin", "null")}, false},
		{"public origin through a proxy that changes Host", "POST",
			[]func(*http.Request){header("Origin", "https://bots.example.com")}, true},
		{"public name without TLS", "POST", []func(*http.Request){header("Origin", "http://bots.example.com")}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t, func(c *Config) { c.PublicURL = "https://bots.example.com" })
			cookie := h.signIn()
			for kind, credential := range map[string]func(*http.Request){"cookie": with(cookie),
				"basic": basic(password)} {
				w := h.ask(test.method, "/admin/tenants", "", append(test.change, credential)...)
				if ok := w.Code == 200; ok != test.ok || (!ok && w.Code != 403) {
					t.Errorf("%s got %d", kind, w.Code)
				}
			}
		})
	}
}

func TestOriginBehindAProxy(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.PublicURL, c.TrustedProxies = "https://bots.example.com", []string{"10.0.0.1"}
	})
	change := []func(*http.Request){
		from("10.0.0.1:1"), basic(password), header("X-Forwarded-Host", "bots.example.com"),
		header("Origin", "https://bots.example.com"),
	}
	if w := h.ask("POST", "/admin/tenants", "", change...); w.Code != 200 {
		t.Errorf("through the proxy: %d", w.Code)
	}
	inside := []func(*http.Request){
		from("10.0.0.1:1"), basic(password), header("X-Forwarded-Host", "flowhq.localhost"),
		header("Origin", "http://flowhq.localhost"),
	}
	if w := h.ask("POST", "/admin/tenants", "", inside...); w.Code != 200 {
		t.Errorf("through the proxy under a name for this machine: %d", w.Code)
	}
	if w := h.ask("POST", "/admin/tenants", "", append(change,
		header("X-Forwarded-Host", "evil.example"))...); w.Code != 403 {
		t.Errorf("through the proxy under another name: %d", w.Code)
	}
}

func TestClientAddress(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/8", "fd00::1"} })
	tests := []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.1", "192.0.2.1"},
		{"10.0.0.1:5", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.1, 10.2.3.4", "198.51.100.1"},
		{"10.0.0.1:5", "10.2.3.4", "10.2.3.4"},
		{"10.0.0.1:5", "198.51.100.1, nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[fd00::1]:5", "2001:db8::7", "2001:db8::7"},
		{"[::ffff:10.0.0.1]:5", "::ffff:198.51.100.1", "198.51.100.1"},
		{"[fe80::1%eth0]:5", "", "fe80::1"},
		{"@", "", "invalid IP"},
	}
	for _, test := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := h.gate.Address(r).String(); got != test.want {
			t.Errorf("%s, forwarded for %q: %s, want %s", test.remote, test.forwarded, got, test.want)
		}
	}
}

func TestHeaders(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.PublicURL = "https://bots.example.com" })
	for _, path := range []string{"/admin/tenants", "/portal/me", "/nowhere", "/healthz"} {
		head := h.ask("GET", path, "").Header()
		policy := head.Get("Content-Security-Policy")
		if !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") ||
			!strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cache-Control") != "no-store" ||
			head.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", path, head)
		}
		if head.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: loopback without TLS says that it has TLS", path)
		}
	}
	head := h.ask("GET", "/healthz", "", func(r *http.Request) { r.Host = "bots.example.com" }).Header()
	if head.Get("Strict-Transport-Security") == "" {
		t.Error("PUBLIC_URL's name does not say that it has TLS")
	}
}

func TestWantsHTML(t *testing.T) {
	tests := []struct {
		target, accept string
		htmx, want     bool
	}{
		{"/", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false, true},
		{"/", "", false, false},
		{"/", "*/*", false, false},
		{"/", "application/json", false, false},
		{"/", "application/json, text/plain, */*", false, false},
		{"/", "application/json;q=0.9, text/html;q=0.8", false, false},
		{"/", "application/json;q=0.5, text/html", false, true},
		{"/", "text/html;q=0, */*", false, false},
		{"/", "TEXT/HTML ; q=0.3", false, true},
		{"/", "text/event-stream", false, false},
		{"/", "text/csv", false, false},
		{"/", "*/*", true, true},
		{"/?format=csv", "text/html", false, false},
		{"/?format=json", "text/html", true, false},
		{"/?format=html", "application/json", false, true},
	}
	for _, test := range tests {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", test.target, nil)
		if test.accept != "" {
			c.Request.Header.Set("Accept", test.accept)
		}
		if test.htmx {
			c.Request.Header.Set("HX-Request", "true")
		}
		if got := WantsHTML(c); got != test.want {
			t.Errorf("%s, Accept %q, htmx %v: %v", test.target, test.accept, test.htmx, got)
		}
	}
}

func TestSafeNext(t *testing.T) {
	tests := map[string]string{
		"/admin/tenants/7?q=a":        "/admin/tenants/7?q=a",
		"/admin/tenants?password=x":   "/admin/tenants",
		"":                            HomePath,
		"admin":                       HomePath,
		"//evil.example/x":            HomePath,
		"/\\evil.example":             HomePath,
		"https://evil.example/":       HomePath,
		"javascript:alert(1)":         HomePath,
		"/\t/evil.example":            HomePath,
		"/admin\r\nSet-Cookie: a=b":   HomePath,
		"/%2F%2Fevil.example":         "/evil.example",
		"http:///admin/tenants":       HomePath,
		"/admin/tenants#fragment-too": "/admin/tenants",
	}
	for next, want := range tests {
		if got := SafeNext(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func FuzzSafeNext(f *testing.F) {
	for _, s := range []string{"/admin", "//evil", "/\\evil", "https:evil", "/%2F/evil", "/a?password=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := SafeNext(next)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, "/\\") ||
			strings.ContainsAny(got, "\r\n\t") {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

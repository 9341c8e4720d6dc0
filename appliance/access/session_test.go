package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"

	"flowhq"
)

func TestSessionCookie(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.PublicURL, c.TrustedProxies = "https://bots.example.com", []string{"127.0.0.1"}
	})
	tests := []struct {
		name   string
		change []func(*http.Request)
		cookie string
		secure bool
	}{
		{"plain on loopback", nil, cookieName, false},
		{"by PUBLIC_URL's name", []func(*http.Request){func(r *http.Request) {
			r.Host = "bots.example.com"
		}}, secureCookieName, true},
		{"by a trusted proxy's word", []func(*http.Request){header("X-Forwarded-Proto", "https")}, secureCookieName,
			true},
		{"by anybody's word", []func(*http.Request){header("X-Forwarded-Proto", "https"), from("127.0.0.2:9")},
			cookieName, false},
		{"TLS refused by the proxy's word", []func(*http.Request){header("X-Forwarded-Proto", "http")}, cookieName,
			false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := h.signIn(test.change...)
			if c.Name != test.cookie || c.Secure != test.secure {
				t.Errorf("the cookie is %s, Secure %v", c.Name, c.Secure)
			}
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
				len(c.Value) != 43 {
				t.Errorf("the cookie is %+v", c)
			}
			want(t, h.ask("GET", "/admin/tenants", "", append(test.change, with(c))...), 200, "by=admin email= body=")
		})
	}
}

func TestOnlyAHashIsKept(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn(header("User-Agent", strings.Repeat("ü", 300)+"\x00"))
	bare := sha256.Sum256([]byte(cookie.Value))
	for _, s := range h.store.rows {
		if len(s.TokenHash) != 32 || bytes.Equal(s.TokenHash, bare[:]) ||
			bytes.Contains(s.TokenHash, []byte(cookie.Value)) {
			t.Errorf("the store keeps %x", s.TokenHash)
		}
		if s.Address != "127.0.0.1" || len(s.UserAgent) > maxUserAgent ||
			s.ExpiresAt.Sub(s.CreatedAt) != DefaultAbsolute {
			t.Errorf("the session is %+v", s)
		}
	}
}

func TestSessionExpiry(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	in := func() bool { return h.ask("GET", "/admin/tenants", "", with(cookie)).Code == 200 }
	h.pass(DefaultIdle - time.Second)
	if !in() {
		t.Fatal("ended before it was idle for long enough")
	}
	h.pass(DefaultIdle)
	if in() {
		t.Fatal("good after idling")
	}
	cookie = h.signIn()
	if len(h.store.rows) != 1 {
		t.Errorf("%d sessions are kept; the ended one should be cleared away", len(h.store.rows))
	}
	for range 14 {
		h.pass(DefaultIdle - time.Second)
		if !in() {
			t.Fatal("ended while it was used")
		}
	}
	h.pass(14 * time.Second)
	if in() {
		t.Error("good after its absolute end")
	}
}

func TestTouchesAreRare(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	for range 120 {
		h.pass(time.Second)
		h.ask("GET", "/admin/tenants", "", with(cookie))
	}
	if h.store.touched != 2 {
		t.Errorf("two minutes of use were written %d times", h.store.touched)
	}
}

func TestSignOut(t *testing.T) {
	h := newHouse(t)
	one, other := h.signIn(), h.signIn()
	w := h.ask("POST", "/sign-out", "", with(one))
	if c := w.Result().Cookies(); w.Code != 200 || len(c) != 1 || c[0].MaxAge >= 0 || c[0].Value != "" {
		t.Errorf("signing out: %d, %v", w.Code, c)
	}
	if got := h.ask("GET", "/admin/tenants", "", with(one)).Code; got != 401 {
		t.Errorf("signed out: %d", got)
	}
	if got := h.ask("GET", "/admin/tenants", "", with(other)).Code; got != 200 {
		t.Errorf("the other browser: %d", got)
	}
	if got := h.ask("POST", "/sign-out", "", with(one)).Code; got != 200 {
		t.Errorf("signing out twice: %d", got)
	}
	all, err := h.gate.Sessions(context.Background(), flowhq.PageQuery{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d sessions, %v", len(all), err)
	}
	if err := h.gate.EndSession(context.Background(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := h.ask("GET", "/admin/tenants", "", with(other)).Code; got != 401 {
		t.Errorf("a session that was ended from elsewhere: %d", got)
	}
}

func TestNewPasswordEndsSessions(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	again := newHouse(t, func(c *Config) { c.Sessions = h.store })
	if got := again.ask("GET", "/admin/tenants", "", with(cookie)).Code; got != 200 {
		t.Errorf("after a restart: %d", got)
	}
	changed := newHouse(t, func(c *Config) { c.Sessions, c.Password = h.store, "another-password-88" })
	if got := changed.ask("GET", "/admin/tenants", "", with(cookie)).Code; got != 401 {
		t.Errorf("after a new password: %d", got)
	}
}

func TestWrongPasswordGetsNoSession(t *testing.T) {
	h := newHouse(t)
	for _, body := range []string{"password=no", "password=", "", "password=no&password=" + password} {
		w := h.ask("POST", "/sign-in", body, header("Content-Type", "application/x-www-form-urlencoded"))
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) != 0 {
			t.Errorf("%q: %d, %d cookies", body, w.Code, len(w.Result().Cookies()))
		}
	}
	if len(h.store.rows) != 0 {
		t.Error("a session was made")
	}
}

func TestSignInTakesTheOldSessionAway(t *testing.T) {
	h := newHouse(t)
	old := h.signIn()
	fresh := h.signIn(with(old))
	if got := h.ask("GET", "/admin/tenants", "", with(old)).Code; got != 401 {
		t.Errorf("the old session: %d", got)
	}
	if got := h.ask("GET", "/admin/tenants", "", with(fresh)).Code; got != 200 {
		t.Errorf("the new session: %d", got)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	h := newHouse(t)
	first := h.signIn()
	for range maxSessions {
		h.pass(time.Second)
		h.signIn()
	}
	if n := len(h.store.rows); n != maxSessions {
		t.Errorf("%d sessions are kept", n)
	}
	if got := h.ask("GET", "/admin/tenants", "", with(first)).Code; got != 401 {
		t.Errorf("the one unseen for longest: %d", got)
	}
}

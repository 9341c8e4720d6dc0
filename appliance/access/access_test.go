package access

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

const (
	password  = "korosho-na-nazi-77"
	portalKey = "portal-key-of-the-tests"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	os.Exit(m.Run())
}

// memory is a SessionStore that can be made to fail.
type memory struct {
	mu      sync.Mutex
	rows    map[string]flowhq.AdminSession
	touched int
	down    bool
}

var _ SessionStore = (*memory)(nil)

func (m *memory) locked() (func(), error) {
	m.mu.Lock()
	if m.down {
		m.mu.Unlock()
		return func() {}, flowhq.Errorf(flowhq.CodeUnavailable, "The database can't be reached.")
	}
	return m.mu.Unlock, nil
}

func (m *memory) CreateAdminSession(_ context.Context, s flowhq.AdminSession) error {
	unlock, err := m.locked()
	defer unlock()
	if err == nil {
		m.rows[s.ID] = s
	}
	return err
}

func (m *memory) AdminSessionByHash(_ context.Context, hash []byte) (flowhq.AdminSession, error) {
	unlock, err := m.locked()
	defer unlock()
	if err != nil {
		return flowhq.AdminSession{}, err
	}
	for _, s := range m.rows {
		if bytes.Equal(s.TokenHash, hash) {
			return s, nil
		}
	}
	return flowhq.AdminSession{}, flowhq.NotFound("Session")
}

func (m *memory) TouchAdminSession(_ context.Context, id string, at time.Time) error {
	unlock, err := m.locked()
	defer unlock()
	if err != nil {
		return err
	}
	s, ok := m.rows[id]
	if !ok {
		return flowhq.NotFound("Session")
	}
	s.LastSeenAt = at
	m.rows[id] = s
	m.touched++
	return nil
}

func (m *memory) DeleteAdminSession(_ context.Context, id string) error {
	unlock, err := m.locked()
	defer unlock()
	if _, ok := m.rows[id]; err == nil && !ok {
		return flowhq.NotFound("Session")
	}
	delete(m.rows, id)
	return err
}

func (m *memory) AdminSessions(_ context.Context, q flowhq.AdminSessionQuery) ([]flowhq.AdminSession, error) {
	unlock, err := m.locked()
	defer unlock()
	var all []flowhq.AdminSession
	for _, s := range m.rows {
		if s.ExpiresAt.After(q.Alive) && s.LastSeenAt.After(q.SeenSince) {
			all = append(all, s)
		}
	}
	return all, err
}

// house is a gatekeeper with an engine behind it, a clock that stands until it is moved, and its log.
type house struct {
	t      *testing.T
	gate   *Gatekeeper
	engine *gin.Engine
	store  *memory
	log    *safeBuffer
	mu     sync.Mutex
	now    time.Time
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *safeBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func (h *house) clock() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }

func (h *house) pass(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.now = h.now.Add(d) }

func newHouse(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	h := &house{
		t: t, store: &memory{rows: map[string]flowhq.AdminSession{}}, log: &safeBuffer{},
		now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
	}
	cfg := Config{
		Password: password, PortalKey: portalKey, ListenAddr: "127.0.0.1:3000", Sessions: h.store, Now: h.clock,
		Log: slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, do := range change {
		do(&cfg)
	}
	gate, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.gate = gate
	h.engine = gin.New()
	h.engine.Use(gate.Observe(), gate.Secure())
	said := func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			c.String(http.StatusBadRequest, err.Error())
			return
		}
		c.String(http.StatusOK, "by=%s email=%s body=%s", By(c), Email(c), body)
	}
	h.engine.Any("/admin/tenants", gate.Admin(), said)
	h.engine.Any("/admin/tenants/:id", gate.Admin(), said)
	h.engine.Any("/portal/me", gate.Portal(), said)
	h.engine.GET("/healthz", said)
	h.engine.GET("/panic", func(*gin.Context) { panic("of the test") })
	h.engine.POST("/sign-in", func(c *gin.Context) {
		if err := gate.SignIn(c, c.PostForm("password")); err != nil {
			c.String(http.StatusForbidden, Sentence(err))
		}
	})
	h.engine.POST("/sign-out", func(c *gin.Context) {
		if err := gate.SignOut(c); err != nil {
			c.String(http.StatusInternalServerError, Sentence(err))
		}
	})
	return h
}

// ask sends a request from this machine to this machine; change makes it another one.
func (h *house) ask(method, target string, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:3000", "127.0.0.1:50000"
	for _, do := range change {
		do(r)
	}
	w := httptest.NewRecorder()
	h.engine.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func browser(r *http.Request) {
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
}

func from(addr string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = addr }
}

func basic(p string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth("whoever", p) }
}

func with(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(c) }
}

// signIn gives the cookie of a fresh session.
func (h *house) signIn(change ...func(*http.Request)) *http.Cookie {
	h.t.Helper()
	form := url.Values{"password": {password}}.Encode()
	w := h.ask("POST", "/sign-in", form, append(change, header("Content-Type", "application/x-www-form-urlencoded"))...)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusOK || len(cookies) != 1 {
		h.t.Fatalf("sign-in: %d %s, %d cookies", w.Code, w.Body, len(cookies))
	}
	return cookies[0]
}

func want(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || strings.TrimSpace(w.Body.String()) != body {
		t.Errorf("got %d %q, want %d %q", w.Code, w.Body, status, body)
	}
}

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/services"
	"flowhq/appliance/supervisor"
	"flowhq/storage"
	"flowhq/worker/bot/tryout"
)

const (
	password  = "korosho-na-nazi-77"
	portalKey = "portal-key-of-the-tests"
)

var (
	_ Sessions            = (*access.Gatekeeper)(nil)
	_ access.SessionStore = (*storage.Store)(nil)
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	os.Exit(m.Run())
}

// processes stands in for the process manager, as far as calls of the API reach it.
type processes struct {
	supervisor.Processes
	mu      sync.Mutex
	running map[string]bool
	fail    error
}

func (p *processes) set(id string, up bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return p.fail
	}
	p.running[id] = up
	return nil
}

func (p *processes) Start(_ context.Context, id string) error        { return p.set(id, true) }
func (p *processes) Stop(_ context.Context, id string) error         { return p.set(id, false) }
func (p *processes) Restart(_ context.Context, id string) error      { return p.set(id, true) }
func (p *processes) ForceRestart(_ context.Context, id string) error { return p.set(id, true) }
func (p *processes) Forget(_ context.Context, id string) error       { return p.set(id, false) }
func (p *processes) Alive(string)                                    {}

func (p *processes) Tenants() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.running))
}

func (p *processes) Running(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running[id]
}

func (p *processes) Process(id string) (flowhq.Process, bool) {
	if !p.Running(id) {
		return flowhq.Process{}, false
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.UTC)
	return flowhq.Process{
		Name: flowhq.ProcessName(id), State: "running", PID: 4711, StartedAt: &at, Uptime: 90 * time.Second,
		Restarts:  2,
		MemoryRSS: 9 << 20, MemoryMax: 256 << 20, CPU: 1500 * time.Millisecond, LastExit: "killed", LastExitAt: &at,
	}, true
}

// links stands in for the connections to workers: a running one is connected.
type links struct {
	services.Links
	*processes
	sent []string
}

func (l *links) Connected(id string) bool { return l.Running(id) }

func (l *links) Ping(context.Context, string) (flowhq.SessionReport, error) {
	return flowhq.SessionReport{Phase: flowhq.PhaseConnected}, nil
}
func (l *links) Configure(context.Context, string, flowhq.WorkerConfig) error { return nil }
func (l *links) Relink(_ context.Context, id string) error                    { return l.note("relink") }
func (l *links) Logout(context.Context, string) error                         { return l.note("logout") }

func (l *links) LinkCode(_ context.Context, _, phone string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{Code: "ABCD-EFGH", ExpiresAt: time.Date(2026, 3, 1, 9, 3, 0, 0,
		time.UTC)}, l.note("code for " + phone)
}

func (l *links) Send(_ context.Context, _, _, chat, text string) error {
	return l.note("send " + chat + ": " + text)
}
func (l *links) SendFirst(_ context.Context, _, _, chat, text string) error {
	return l.note("send first " + chat + ": " + text)
}
func (l *links) TakeOver(_ context.Context, _, chat string) error { return l.note("take over " + chat) }
func (l *links) Release(_ context.Context, _, chat string) error  { return l.note("release " + chat) }
func (l *links) OptIn(_ context.Context, _, chat string) error    { return l.note("opt in " + chat) }

func (l *links) note(what string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, what)
	return nil
}

func (l *links) did(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.sent, what)
}

// logs stand in for the output of workers.
type logs struct{}

func (logs) FollowLog(ctx context.Context, _ string, w io.Writer, lines int, follow bool) error {
	if lines == 0 && !follow {
		return nil
	}
	for _, part := range []string{"first\nsec", "ond\n"} {
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	if follow {
		<-ctx.Done()
	}
	return nil
}

func (logs) SearchLog(_ context.Context, _, text string, _ int) (flowhq.LogPage, error) {
	return flowhq.LogPage{Lines: []flowhq.LogLine{{File: "w-1.log", Text: "a " + text}}, Cut: true}, nil
}

func (logs) Environment(string) []flowhq.EnvVar {
	return []flowhq.EnvVar{{Name: "DIR", Value: "/srv"}, {Name: "TOKEN", Value: "hush", Secret: true}}
}

// broken is a store that fails with err, where one is set: at lists of tenants, at what should run, and when it is
// asked how it is.
type broken struct {
	*storage.Store
	err error
}

func (b *broken) Tenants(ctx context.Context, f flowhq.TenantFilter) ([]flowhq.TenantDetail, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.Store.Tenants(ctx, f)
}

func (b *broken) SetDesired(ctx context.Context, id string, state flowhq.DesiredState) error {
	if b.err != nil {
		return b.err
	}
	return b.Store.SetDesired(ctx, id, state)
}

func (b *broken) Ping(ctx context.Context) error {
	if b.err != nil {
		return b.err
	}
	return b.Store.Ping(ctx)
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

// world is the real services on a real SQLite store behind a real engine; processes and workers alone are stand-ins.
// Every answer that passes through it is checked against the OpenAPI document.
type world struct {
	t        testing.TB
	store    *storage.Store
	services *services.Services
	broken   *broken // the store, as the services have it
	links    *links
	gate     *access.Gatekeeper
	engine   *gin.Engine
	spec     *spec
	log      *safeBuffer
	stopping chan struct{}
	backups  *backups
	seen     map[string]bool // "GET /admin/tenants 200"
}

func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, spec: loadSpec(t), log: &safeBuffer{}, stopping: make(chan struct{}), seen: map[string]bool{},
		backups: &backups{}}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := storage.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "flowhq.db"),
		storage.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &processes{running: map[string]bool{}}
	w.store, w.links = store, &links{processes: p}
	w.broken = &broken{Store: store}
	stores := services.StoresOf(store)
	stores.Tenants, stores.Supervisor.State, stores.Supervisor.Health = w.broken, w.broken, w.broken
	w.services = services.New(services.Config{
		PublicURL: "https://bots.example.com", Logs: logs{}, Stores: stores, Processes: p, Links: w.links,
		Bot: tryout.Desk{}, Logger: log,
		Backups: w.backups,
	})
	w.gate, err = access.New(access.Config{
		Password: password, PortalKey: portalKey, ListenAddr: "127.0.0.1", Sessions: store, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Services: w.services, Sessions: w.gate, StillIn: w.gate.StillIn, Stopping: w.stopping, Log: log}
	for _, do := range change {
		do(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.engine = gin.New()
	w.engine.Use(func(c *gin.Context) { c.Header("X-Test-Route", c.FullPath()) })
	Mount(w.engine, a.Routes(), w.gate)
	return w
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// ask makes a call: as an admin, or as the portal when the address is its own. A body that is not a string is sent as
// JSON.
func (w *world) ask(method, target string, body any, change ...func(*http.Request)) answer {
	w.t.Helper()
	var r *http.Request
	switch body := body.(type) {
	case nil:
		r = httptest.NewRequest(method, target, nil)
	case string:
		r = httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		r = httptest.NewRequest(method, target, bytes.NewReader(raw))
		r.Header.Set("Content-Type", "application/json")
	}
	r.Host, r.RemoteAddr = "127.0.0.1:3000", "127.0.0.1:50000"
	if strings.HasPrefix(target, "/portal/") {
		r.Header.Set("x-portal-key", portalKey)
	} else if strings.HasPrefix(target, "/admin") {
		r.SetBasicAuth("admin", password)
	}
	for _, do := range change {
		do(r)
	}
	rec := httptest.NewRecorder()
	w.engine.ServeHTTP(rec, r)
	a := answer{t: w.t, status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
	w.compare(method, target, a)
	return a
}

// compare holds an answer against the document.
func (w *world) compare(method, target string, a answer) {
	w.t.Helper()
	route := a.header.Get("X-Test-Route")
	if route == "" {
		return
	}
	operation := asOperation(method, route)
	w.seen[operation+" "+strconv.Itoa(a.status)] = true
	if method == http.MethodHead {
		a.body = nil // a server cuts it off; the recorder does not
	}
	for _, wrong := range w.spec.answer(operation, a.status, a.header.Get("Content-Type"), a.body) {
		w.t.Errorf("%s %s is not as described: %s", method, target, wrong)
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func as(email string) func(*http.Request) { return header("x-user-email", email) }

func form(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }

// want checks the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d %s, want %d", a.status, a.body, status)
	}
	return a
}

// wantError checks status and sentence.
func (a answer) wantError(status int, sentence string) {
	a.t.Helper()
	var v errorView
	if err := json.Unmarshal(a.body, &v); err != nil || a.status != status || v.Error != sentence {
		a.t.Errorf("got %d %s, want %d %q", a.status, a.body, status, sentence)
	}
}

// wantFields checks a 400 that names exactly these fields.
func (a answer) wantFields(names ...string) {
	a.t.Helper()
	var v errorView
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Errorf("%s: %v", a.body, err)
	}
	var got []string
	for _, f := range v.Fields {
		got = append(got, f.Field)
		if f.Message == "" || strings.Contains(f.Message, "json:") {
			a.t.Errorf("%s: nobody understands %q", f.Field, f.Message)
		}
	}
	if a.status != http.StatusBadRequest || v.Error == "" || !slices.Equal(got, names) {
		a.t.Errorf("got %d %s, want 400 naming %v", a.status, a.body, names)
	}
}

// at gives a value inside of a JSON answer: at("tenant", "id"), at(0, "name").
func (a answer) at(path ...any) any {
	a.t.Helper()
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s: %v", a.body, err)
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = object(v)[p]
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				a.t.Fatalf("%s has no entry %d", a.body, p)
			}
			v = list[p]
		}
	}
	return v
}

func (a answer) len() int {
	list, _ := a.at().([]any)
	return len(list)
}

// is checks a value inside of an answer.
func (a answer) is(want any, path ...any) {
	a.t.Helper()
	if got := a.at(path...); got != want {
		a.t.Errorf("%v is %v, want %v", path, got, want)
	}
}

// cookie signs a browser in.
func (w *world) cookie() string {
	w.t.Helper()
	set := w.ask("POST", "/sign-in", map[string]string{"password": password}).want(200).header.Get("Set-Cookie")
	cookie, _, _ := strings.Cut(set, ";")
	return cookie
}

func newTenant(number string) map[string]string {
	return map[string]string{
		"name": "Duka la Asha", "phone_number": number, "template_type": "ECOMMERCE", "business_name": "Asha",
		"language": "SW",
	}
}

// tenant makes one and gives its id.
func (w *world) tenant(number string) string {
	w.t.Helper()
	return w.ask("POST", "/admin/tenants", newTenant(number)).want(201).at("id").(string)
}

// journal brings events of a worker into the store, numbered from 1.
func (w *world) journal(tenant string, events ...flowhq.WorkerEvent) {
	w.t.Helper()
	for i := range events {
		events[i].Seq = int64(i + 1)
	}
	if _, err := w.store.ApplyEvents(w.t.Context(), tenant, "j-"+tenant, events); err != nil {
		w.t.Fatal(err)
	}
}

package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"flowhq"
	"flowhq/storage"
	"flowhq/worker/bot/tryout"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a service on a real SQLite store, with recording processes and links and a clock that the test moves.
type world struct {
	*Service
	t         *testing.T
	ctx       context.Context
	store     *switchStore
	processes *fakeProcesses
	links     *fakeLinks
	clock     *fakeClock
	removed   []string
	numbers   int
}

var (
	_ Processes = (*fakeProcesses)(nil)
	_ Links     = (*fakeLinks)(nil)
	_ Store     = (*storage.Store)(nil)
)

type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := &fakeClock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	db, err := storage.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "flowhq.db"), storage.Options{Now: clock.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, ctx: t.Context(), clock: clock, store: &switchStore{Store: db}}
	w.processes = &fakeProcesses{running: make(map[string]bool), fail: make(map[string]error)}
	w.links = &fakeLinks{connected: make(map[string]bool)}
	w.Service = New(Config{
		Store: w.store, Processes: w.processes, Links: w.links, Now: clock.Now,
		Limits: flowhq.Limits{RepliesPerMinute: 10}, StaleAfter: 2 * time.Minute, StaleCheck: time.Minute,
		Flows:         tryout.Desk{},
		RemoveFolders: func(id string) error { w.removed = append(w.removed, id); return nil },
	})
	w.processes.tell = w.ProcessChanged
	return w
}

// tenant makes a tenant with a number of its own.
func (w *world) tenant() flowhq.TenantDetail {
	w.t.Helper()
	w.numbers++
	t, err := w.CreateTenant(w.ctx, "admin", newTenant(fmt.Sprintf("+2557000%05d", w.numbers)))
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func newTenant(number string) flowhq.NewTenant {
	return flowhq.NewTenant{
		Name: "Salon Amina", PhoneNumber: number, TemplateType: flowhq.TemplateBooking, BusinessName: "Salon Amina", Language: flowhq.Swahili,
	}
}

// started makes a tenant whose worker runs and is connected to the appliance.
func (w *world) started() string {
	w.t.Helper()
	id := w.tenant().ID
	w.must(w.StartWorker(w.ctx, "admin", id))
	w.news()
	w.links.connect(id, true)
	return id
}

// linked makes a tenant that is ACTIVE.
func (w *world) linked() string {
	w.t.Helper()
	id := w.started()
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	return id
}

func connected() flowhq.SessionReport {
	return flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255700000001:1@s.whatsapp.net"}
}

// says lets a worker report, with WhatsApp heard from now when it is connected.
func (w *world) says(id string, r flowhq.SessionReport) {
	w.t.Helper()
	if r.Phase == flowhq.PhaseConnected && r.HeardAt == nil {
		now := w.clock.Now()
		r.HeardAt = &now
	}
	w.must(w.Report(w.ctx, id, r))
}

// news handles what the process manager told.
func (w *world) news() {
	for _, item := range w.Service.news.take() {
		w.handleNews(w.ctx, item)
	}
}

func (w *world) get(id string) flowhq.TenantDetail {
	w.t.Helper()
	t, err := w.store.Store.Tenant(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// want holds a tenant to its states.
func (w *world) want(id string, status flowhq.TenantStatus, worker flowhq.WorkerStatus, phase flowhq.Phase, lastError string) {
	w.t.Helper()
	t := w.get(id)
	if t.Status != status || t.Worker.Status != worker || t.Session.Phase != phase || t.Worker.LastError != lastError {
		w.t.Errorf("tenant %s, worker %s, phase %s, last error %q;\n want %s, %s, %s, %q",
			t.Status, t.Worker.Status, t.Session.Phase, t.Worker.LastError, status, worker, phase, lastError)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantCode(err error, code flowhq.Code) {
	w.t.Helper()
	if flowhq.CodeOf(err) != code {
		w.t.Errorf("error %v, want code %q", err, code)
	}
}

// events gives the details of a tenant's time line of one type, oldest first.
func (w *world) events(id, kind string) []string {
	w.t.Helper()
	all, err := w.Events(w.ctx, id, flowhq.EventQuery{Limit: 200})
	w.must(err)
	var out []string
	for _, e := range slices.Backward(all) {
		if e.Type == kind {
			out = append(out, e.Detail)
		}
	}
	return out
}

// switchStore is a store that can be away, and that counts.
type switchStore struct {
	*storage.Store
	away  atomic.Bool
	sick  atomic.Pointer[flowhq.Error] // why it can't be written, while it can be read
	saves atomic.Int64
	beats atomic.Int64
}

var errAway = flowhq.Errorf(flowhq.CodeUnavailable, "The database is away")

func (s *switchStore) Ping(ctx context.Context) error {
	if s.away.Load() {
		return errAway
	}
	return s.Store.Ping(ctx)
}

func (s *switchStore) Probe(ctx context.Context) error {
	if err := s.sick.Load(); err != nil {
		return err
	}
	if s.away.Load() {
		return errAway
	}
	return s.Store.Probe(ctx)
}

func (s *switchStore) Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error) {
	if s.away.Load() {
		return flowhq.TenantDetail{}, errAway
	}
	return s.Store.Tenant(ctx, id)
}

func (s *switchStore) SaveSession(ctx context.Context, id string, r flowhq.SessionReport, qr string) error {
	if s.away.Load() {
		return errAway
	}
	s.saves.Add(1)
	return s.Store.SaveSession(ctx, id, r, qr)
}

func (s *switchStore) Heartbeats(ctx context.Context, beats []flowhq.Heartbeat) error {
	if err := s.sick.Load(); err != nil {
		return err
	}
	if s.away.Load() {
		return errAway
	}
	s.beats.Add(1)
	return s.Store.Heartbeats(ctx, beats)
}

func (s *switchStore) Transition(ctx context.Context, id string, o flowhq.StatusTrigger, cause string) (from, to flowhq.TenantStatus, err error) {
	if s.away.Load() {
		return "", "", errAway
	}
	return s.Store.Transition(ctx, id, o, cause)
}

func (s *switchStore) ShouldRun(ctx context.Context) ([]string, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Store.ShouldRun(ctx)
}

// fakeProcesses records what is asked of it; a started process is told of as the process manager does.
type fakeProcesses struct {
	mu      sync.Mutex
	calls   []string
	running map[string]bool
	fail    map[string]error // by action
	tell    func(string, flowhq.ProcessChange)
	inStop  func()     // when set, called by Stop
	waiting *time.Time // when set, all workers wait until then

	outdated  []string // those that run another program; a restart ends that
	restarted func(id string)
}

func (p *fakeProcesses) do(action, id string, runs bool) error {
	p.mu.Lock()
	p.calls = append(p.calls, action)
	err := p.fail[action]
	was := p.running[id]
	if err == nil {
		p.running[id] = runs
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if was {
		p.tell(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 1, Wanted: true})
	}
	if runs {
		p.tell(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 2})
	}
	return nil
}

func (p *fakeProcesses) Start(_ context.Context, id string) error { return p.do("start", id, true) }
func (p *fakeProcesses) Restart(_ context.Context, id string) error {
	p.mu.Lock()
	p.outdated = slices.DeleteFunc(p.outdated, func(o string) bool { return o == id })
	p.mu.Unlock()
	err := p.do("restart", id, true)
	if p.restarted != nil {
		p.restarted(id)
	}
	return err
}
func (p *fakeProcesses) Recover(_ context.Context, id string) error { return p.do("recover", id, true) }
func (p *fakeProcesses) Forget(_ context.Context, id string) error  { return p.do("forget", id, false) }
func (p *fakeProcesses) ForceRestart(_ context.Context, id string) error {
	return p.do("force-restart", id, true)
}

func (p *fakeProcesses) Stop(_ context.Context, id string) error {
	if p.inStop != nil {
		p.inStop()
	}
	return p.do("stop", id, false)
}

func (p *fakeProcesses) Running(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running[id]
}

func (p *fakeProcesses) Process(id string) (flowhq.Process, bool) {
	p.mu.Lock()
	next := p.waiting
	p.mu.Unlock()
	if next != nil {
		return flowhq.Process{Name: flowhq.ProcessName(id), State: "backoff", NextStart: next}, true
	}
	return flowhq.Process{Name: flowhq.ProcessName(id), State: "running", PID: 2}, p.Running(id)
}

func (p *fakeProcesses) Tenants() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id, runs := range p.running {
		if runs {
			ids = append(ids, id)
		}
	}
	return ids
}

func (p *fakeProcesses) Alive(string) {}

func (p *fakeProcesses) Outdated() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.outdated)
}

// took gives what was asked since it was last called.
func (p *fakeProcesses) took() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

func (p *fakeProcesses) failing(action string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail[action] = err
}

// fakeLinks answers as a connected worker does.
type fakeLinks struct {
	mu        sync.Mutex
	calls     []string
	connected map[string]bool
	fail      error
	pong      flowhq.SessionReport
	configs   []flowhq.WorkerConfig
}

func (l *fakeLinks) call(id, what string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, what)
	if !l.connected[id] {
		return flowhq.Errorf(flowhq.CodeUnavailable, "The worker is not connected")
	}
	return l.fail
}

func (l *fakeLinks) connect(id string, yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connected[id] = yes
}

func (l *fakeLinks) took() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	return calls
}

func (l *fakeLinks) Connected(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connected[id]
}

func (l *fakeLinks) Ping(_ context.Context, id string) (flowhq.SessionReport, error) {
	return l.pong, l.call(id, "ping")
}

func (l *fakeLinks) Configure(_ context.Context, id string, c flowhq.WorkerConfig) error {
	l.mu.Lock()
	l.configs = append(l.configs, c)
	l.mu.Unlock()
	return l.call(id, "configure")
}

func (l *fakeLinks) Relink(_ context.Context, id string) error { return l.call(id, "relink") }
func (l *fakeLinks) Logout(_ context.Context, id string) error { return l.call(id, "logout") }
func (l *fakeLinks) LinkCode(_ context.Context, id, phone string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{Code: "ABCD-EFGH"}, l.call(id, "link-code "+phone)
}
func (l *fakeLinks) SendFirst(_ context.Context, id, _, chat, text string) error {
	return l.call(id, "send first "+chat+" "+text)
}

func (l *fakeLinks) Send(_ context.Context, id, _, chat, text string) error {
	return l.call(id, "send "+chat+" "+text)
}
func (l *fakeLinks) TakeOver(_ context.Context, id, chat string) error {
	return l.call(id, "take-over "+chat)
}
func (l *fakeLinks) OptIn(context.Context, string, string) error { return nil }

func (l *fakeLinks) Release(_ context.Context, id, chat string) error {
	return l.call(id, "release "+chat)
}
func (l *fakeLinks) Snapshot(_ context.Context, id, path string) error {
	return l.call(id, "snapshot "+path)
}

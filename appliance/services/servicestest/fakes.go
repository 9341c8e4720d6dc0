package servicestest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"flowhq"
	"flowhq/appliance/services"
	"flowhq/appliance/supervisor"
	"flowhq/storage"
)

var (
	_ supervisor.Processes = (*Processes)(nil)
	_ services.Links       = (*Links)(nil)
)

// Clock is a clock that a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at nine in the morning of a Sunday in UTC.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

// Now tells the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the clock on.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Box is a machine that says what a test wants.
type Box struct {
	State  flowhq.HostState
	Ends   *time.Time // of the certificate
	Broken bool       // the certificate is refused
}

// Measure gives State.
func (b *Box) Measure(context.Context) flowhq.HostState { return b.State }

// Certificate gives what the test wants of bots.example.com.
func (b *Box) Certificate(context.Context) (host string, ends *time.Time, broken bool) {
	return "bots.example.com", b.Ends, b.Broken
}

// Stores has the services use s where it can be away or counts.
func (s *Store) Stores() services.Stores {
	out := services.StoresOf(s.Store)
	v := &out.Supervisor
	v.State, v.Desired, v.Reports, v.Config, v.Health = s, s, s, s, s
	out.Tenants, out.Settings, out.Users, out.Setup, out.Invites = s, s, s, s, s
	out.Chats, out.Requests, out.Erasure = s, s, s
	return out
}

// Store is a store that can be away, and that counts.
type Store struct {
	*storage.Store
	Away  atomic.Bool
	Sick  atomic.Pointer[flowhq.Error] // why it can't be written, while it can be read
	Saves atomic.Int64                 // of sessions
	Reads atomic.Int64                 // of single tenants
	Beats atomic.Int64
}

// ErrAway is what a store gives that is away.
var ErrAway = flowhq.Errorf(flowhq.CodeUnavailable, "The database is away")

func (s *Store) Ping(ctx context.Context) error {
	if s.Away.Load() {
		return ErrAway
	}
	return s.Store.Ping(ctx)
}

func (s *Store) Probe(ctx context.Context) error {
	if err := s.Sick.Load(); err != nil {
		return err
	}
	if s.Away.Load() {
		return ErrAway
	}
	return s.Store.Probe(ctx)
}

func (s *Store) Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error) {
	if s.Away.Load() {
		return flowhq.TenantDetail{}, ErrAway
	}
	s.Reads.Add(1)
	return s.Store.Tenant(ctx, id)
}

func (s *Store) SaveSession(ctx context.Context, id string, r flowhq.SessionReport, qr string) error {
	if s.Away.Load() {
		return ErrAway
	}
	s.Saves.Add(1)
	return s.Store.SaveSession(ctx, id, r, qr)
}

func (s *Store) Heartbeats(ctx context.Context, beats []flowhq.Heartbeat) error {
	if err := s.Sick.Load(); err != nil {
		return err
	}
	if s.Away.Load() {
		return ErrAway
	}
	s.Beats.Add(1)
	return s.Store.Heartbeats(ctx, beats)
}

func (s *Store) Transition(ctx context.Context, id string, o flowhq.StatusTrigger,
	cause string) (from, to flowhq.TenantStatus, err error) {
	if s.Away.Load() {
		return "", "", ErrAway
	}
	return s.Store.Transition(ctx, id, o, cause)
}

func (s *Store) ShouldRun(ctx context.Context) ([]string, error) {
	if s.Away.Load() {
		return nil, ErrAway
	}
	return s.Store.ShouldRun(ctx)
}

// Processes records what is asked of it; a started process is told of as the process manager does.
type Processes struct {
	mu      sync.Mutex
	calls   []string
	alive   map[string]bool
	fail    map[string]error // by action
	tell    func(string, flowhq.ProcessChange)
	InStop  func()     // when set, called by Stop
	Waiting *time.Time // when set, all workers wait until then

	Old       []string // those that run another program; a restart ends that
	Restarted func(id string)
}

func (p *Processes) do(action, id string, runs bool) error {
	p.mu.Lock()
	p.calls = append(p.calls, action)
	err := p.fail[action]
	was := p.alive[id]
	if err == nil {
		p.alive[id] = runs
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

func (p *Processes) Start(_ context.Context, id string) error { return p.do("start", id, true) }
func (p *Processes) Restart(_ context.Context, id string) error {
	p.mu.Lock()
	p.Old = slices.DeleteFunc(p.Old, func(o string) bool { return o == id })
	p.mu.Unlock()
	err := p.do("restart", id, true)
	if p.Restarted != nil {
		p.Restarted(id)
	}
	return err
}
func (p *Processes) Recover(_ context.Context, id string) error { return p.do("recover", id, true) }
func (p *Processes) Forget(_ context.Context, id string) error  { return p.do("forget", id, false) }
func (p *Processes) ForceRestart(_ context.Context, id string) error {
	return p.do("force-restart", id, true)
}

func (p *Processes) Stop(_ context.Context, id string) error {
	if p.InStop != nil {
		p.InStop()
	}
	return p.do("stop", id, false)
}

func (p *Processes) Running(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alive[id]
}

func (p *Processes) Process(id string) (flowhq.Process, bool) {
	p.mu.Lock()
	next := p.Waiting
	p.mu.Unlock()
	if next != nil {
		return flowhq.Process{Name: flowhq.ProcessName(id), State: "backoff", NextStart: next}, true
	}
	return flowhq.Process{Name: flowhq.ProcessName(id), State: "running", PID: 2}, p.Running(id)
}

func (p *Processes) Tenants() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id, runs := range p.alive {
		if runs {
			ids = append(ids, id)
		}
	}
	return ids
}

func (p *Processes) Alive(string) {}

func (p *Processes) Outdated() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.Old)
}

// took gives what was asked since it was last called.
func (p *Processes) Took() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

func (p *Processes) Failing(action string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail[action] = err
}

// Links answers as a connected worker does.
type Links struct {
	mu        sync.Mutex
	calls     []string
	connected map[string]bool
	Fail      error
	Pong      flowhq.SessionReport
	Configs   []flowhq.WorkerConfig
}

func (l *Links) call(id, what string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, what)
	if !l.connected[id] {
		return flowhq.Errorf(flowhq.CodeUnavailable, "The worker is not connected")
	}
	return l.Fail
}

func (l *Links) Connect(id string, yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connected[id] = yes
}

func (l *Links) Took() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	return calls
}

func (l *Links) Connected(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connected[id]
}

func (l *Links) Ping(_ context.Context, id string) (flowhq.SessionReport, error) {
	return l.Pong, l.call(id, "ping")
}

func (l *Links) Configure(_ context.Context, id string, c flowhq.WorkerConfig) error {
	l.mu.Lock()
	l.Configs = append(l.Configs, c)
	l.mu.Unlock()
	return l.call(id, "configure")
}

func (l *Links) Relink(_ context.Context, id string) error { return l.call(id, "relink") }
func (l *Links) Logout(_ context.Context, id string) error { return l.call(id, "logout") }
func (l *Links) LinkCode(_ context.Context, id, phone string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{Code: "ABCD-EFGH"}, l.call(id, "link-code "+phone)
}
func (l *Links) SendFirst(_ context.Context, id, _, chat, text string) error {
	return l.call(id, "send first "+chat+" "+text)
}

func (l *Links) Send(_ context.Context, id, _, chat, text string) error {
	return l.call(id, "send "+chat+" "+text)
}
func (l *Links) TakeOver(_ context.Context, id, chat string) error {
	return l.call(id, "take-over "+chat)
}
func (l *Links) OptIn(context.Context, string, string) error { return nil }

func (l *Links) Release(_ context.Context, id, chat string) error {
	return l.call(id, "release "+chat)
}
func (l *Links) Snapshot(_ context.Context, id, path string) error {
	return l.call(id, "snapshot "+path)
}

// Exist sets which processes there are, by somebody else's hand.
func (p *Processes) Exist(tenantIDs ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.alive)
	for _, id := range tenantIDs {
		p.alive[id] = true
	}
}

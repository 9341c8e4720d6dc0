package fleet

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"flowhq"
)

// Config is what a Service is made of. Store, Processes, Links and Flows are required.
type Config struct {
	Version   string // of the program, for what people are told
	Store     Store
	Processes Processes
	Links     Links
	Flows     Flows
	Logger    *slog.Logger     // nil: nothing is logged
	Now       func() time.Time // nil: time.Now; differences are taken on its monotonic reading
	Limits    flowhq.Limits    // what workers are told to keep to

	StaleAfter time.Duration // a worker without a sign of life for so long is stale; 0: 2 minutes
	StaleCheck time.Duration // how often that is judged; 0: 1 minute

	// Box measures the machine; nil: nothing is known of it.
	Box Box
	// LastBackup names the newest good backup, "" when there is none; nil: nobody knows.
	LastBackup func() string
	// RemoveFolders removes what a deleted tenant kept on disk; nil: nothing to remove.
	RemoveFolders func(tenantID string) error
	// RemoveDevice removes the keys of a tenant's linked device and nothing else; its worker does not run then. nil: nothing to remove.
	RemoveDevice func(tenantID string) error

	// CopyFolder copies the databases of a tenant whose worker does not do it itself into a folder; nil: there are none.
	CopyFolder func(ctx context.Context, tenantID, to string) error
	// EraseChat removes a chat from the journal of a tenant whose worker does not run; nil: there is none.
	EraseChat func(ctx context.Context, tenantID, chat string) error
	// Settle puts restored files into place that are not there yet; nil: there are none.
	Settle  func(ctx context.Context) error
	Backups Backups // nil: none are kept

	Logs      WorkerLogs // nil: there are none to show
	PublicURL string     // where the box is reached from outside; "": nowhere, and no links are made for owners
}

// Bounds of the service's own patience.
const (
	operationTimeout = 2 * time.Minute  // one admin action, stopping a worker included
	callTimeout      = 15 * time.Second // one call to a worker
	storeTimeout     = 10 * time.Second // one write on a worker's behalf
	flushEvery       = time.Second      // grouped heartbeats, retries after an outage
	reconcileEvery   = 30 * time.Second // the wish against the world
	firstCheck       = 2 * time.Minute  // after the start, for damage in the store
	checkEvery       = 24 * time.Hour
)

// Service is safe for use by many goroutines. Run must be running for anything that happens by itself: the wish, the
// stale check, grouped heartbeats, retries.
type Service struct {
	store         Store
	processes     Processes
	links         Links
	flows         Flows
	log           *slog.Logger
	now           func() time.Time
	staleAfter    time.Duration
	staleCheck    time.Duration
	removeFolders func(string) error
	lastBackup    func() string
	removeDevice  func(string) error
	copyFolder    func(context.Context, string, string) error
	eraseChat     func(context.Context, string, string) error
	settle        func(context.Context) error
	backups       Backups
	logs          WorkerLogs
	publicURL     string

	locks   keyedLocks
	changes hub
	news    processNews
	series  seriesBook
	alarms  *Alarms
	lines   lineBook
	jobs    jobBook
	box     Box
	since   time.Time // the appliance's start

	mu       sync.Mutex
	limits   flowhq.Limits
	workers  map[string]*worker
	beats    map[string]flowhq.Heartbeat
	base     time.Time        // nobody is stale before base + staleAfter: start of the appliance, end of an outage
	down     bool             // the store cannot be used
	downAs   flowhq.AlarmKind // that says why, while down
	damaged  bool             // a part of the store is
	shutting bool             // the appliance ends; nothing is started any more

	version    string
	renewBack  time.Duration
	renewAgain time.Time // no worker is moved to another version before; only the renewal's goroutine looks at it
}

// New makes a Service; it does nothing by itself before Run.
func New(c Config) *Service {
	s := &Service{
		store: c.Store, processes: c.Processes, links: c.Links, flows: c.Flows,
		log: c.Logger, now: c.Now, limits: c.Limits,
		staleAfter: c.StaleAfter, staleCheck: c.StaleCheck,
		removeFolders: c.RemoveFolders, lastBackup: c.LastBackup, removeDevice: c.RemoveDevice,
		copyFolder: c.CopyFolder, eraseChat: c.EraseChat, settle: c.Settle, backups: c.Backups,
		logs: c.Logs, publicURL: strings.TrimSuffix(c.PublicURL, "/"),
		workers: make(map[string]*worker), renewBack: renewBack, version: c.Version,
		beats: make(map[string]flowhq.Heartbeat),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.staleAfter <= 0 {
		s.staleAfter = 2 * time.Minute
	}
	if s.staleCheck <= 0 {
		s.staleCheck = time.Minute
	}
	if s.removeFolders == nil {
		s.removeFolders = func(string) error { return nil }
	}
	if s.removeDevice == nil {
		s.removeDevice = func(string) error { return nil }
	}
	if s.copyFolder == nil {
		s.copyFolder = func(context.Context, string, string) error { return nil }
	}
	if s.eraseChat == nil {
		s.eraseChat = func(context.Context, string, string) error { return nil }
	}
	if s.settle == nil {
		s.settle = func(context.Context) error { return nil }
	}
	s.news.ready = make(chan struct{}, 1)
	s.alarms = NewAlarms(s.now, func(a flowhq.Alarm) { s.changed(flowhq.ChangeAlarm, a.TenantID, string(a.Kind)) })
	s.base = s.now()
	s.since, s.box = s.base, c.Box
	return s
}

// Run brings the world to the wish and keeps it there until ctx ends. It ends itself only with ctx.
func (s *Service) Run(ctx context.Context) error {
	s.mu.Lock()
	s.base = s.now()
	s.mu.Unlock()

	var all sync.WaitGroup
	for _, part := range []func(context.Context){s.runNews, s.runFlush, s.runReconcile, s.runStaleCheck, s.runCheck, s.runPauses, s.runSeries, s.runWatch, s.runRenewal} {
		all.Go(func() { part(ctx) })
	}
	all.Wait()
	return nil
}

// every calls do at once and then in each interval until ctx ends.
func every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// exclusively runs do as the only action on a tenant. Once begun, the action is carried through even when the caller
// goes away, for operationTimeout at most.
func (s *Service) exclusively(ctx context.Context, id string, do func(context.Context) error) error {
	release, err := s.locks.acquire(ctx, id)
	if err != nil {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "Something else is being done with this tenant. Try again.", Cause: err}
	}
	defer release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTimeout)
	defer cancel()
	return do(ctx)
}

// Health tells whether the service can do its work: nil, or CodeUnavailable.
func (s *Service) Health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return s.store.Ping(ctx)
}

// Alarms gives what a person must look at now; every part of the appliance may raise and clear there.
func (s *Service) Alarms() *Alarms { return s.alarms }

// RaisedAlarms lists them, the gravest first.
func (s *Service) RaisedAlarms() []flowhq.Alarm { return s.alarms.List() }

// changed tells whoever watches.
func (s *Service) changed(kind flowhq.ChangeKind, tenantID, id string) {
	s.lines.note(kind)
	s.changes.publish(flowhq.Change{Kind: kind, TenantID: tenantID, ID: id, At: s.now().UTC()})
}

package supervisor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"flowhq"
)

// Config is what a Supervisor is made of. Stores, Processes, Links and Alarms are required.
type Config struct {
	Version   string // of the program, for what people are told
	Stores    Stores
	Processes Processes
	Links     Links
	Alarms    Alarms
	// Changed is told of everything that pages and streams should show; it must not block. nil: nobody watches.
	Changed func(kind flowhq.ChangeKind, tenantID, id string)
	Logger  *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now; differences are taken on its monotonic reading
	Limits  flowhq.Limits    // what workers are told to keep to

	StaleAfter time.Duration // a worker without a sign of life for so long is stale; 0: 2 minutes
	StaleCheck time.Duration // how often that is judged; 0: 1 minute

	// LastBackup names the newest good backup, "" when there is none; nil: nobody knows.
	LastBackup func() string
	// RemoveDevice removes the keys of a tenant's linked device and nothing else; its worker does not run then. nil:
	// nothing to remove.
	RemoveDevice func(tenantID string) error
	// CopyFolder copies the databases of a tenant whose worker does not do it itself into a folder; nil: there are
	// none.
	CopyFolder func(ctx context.Context, tenantID, to string) error
	// Settle puts restored files into place that are not there yet; nil: there are none.
	Settle func(ctx context.Context) error

	Logs WorkerLogs // nil: there are none to show
}

// defaults fills in what may be left out.
func (c *Config) defaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Changed == nil {
		c.Changed = func(flowhq.ChangeKind, string, string) {}
	}
	if c.StaleAfter <= 0 {
		c.StaleAfter = 2 * time.Minute
	}
	if c.StaleCheck <= 0 {
		c.StaleCheck = time.Minute
	}
	if c.RemoveDevice == nil {
		c.RemoveDevice = func(string) error { return nil }
	}
	if c.CopyFolder == nil {
		c.CopyFolder = func(context.Context, string, string) error { return nil }
	}
	if c.Settle == nil {
		c.Settle = func(context.Context) error { return nil }
	}
}

// Supervisor holds the parts and runs what happens by itself. It is safe for use by many goroutines.
type Supervisor struct {
	Workers   *Workers
	Reports   *Reports
	Events    *ProcessEvents
	Pauses    *Pauses
	Holds     *RestoreHolds
	Devices   *Devices
	Configs   *Configs
	Snapshots *Snapshots
	Logs      *Logs
	Outage    *Outage

	core      *core
	reconcile *reconciler
	stale     *staleCheck
	renewal   *renewal
}

// New makes a Supervisor; it does nothing by itself before Run.
func New(c Config) *Supervisor {
	c.defaults()
	k := newCore(c)
	s := &Supervisor{core: k, Outage: k.outage}
	s.Configs = &Configs{core: k, store: c.Stores.Config, limits: c.Limits}
	s.Workers = &Workers{core: k}
	s.Reports = &Reports{core: k, journals: c.Stores.Reports, configs: s.Configs}
	s.Events = &ProcessEvents{core: k, ready: make(chan struct{}, 1)}
	s.Pauses = &Pauses{core: k, workers: s.Workers, pauses: c.Stores.Pauses}
	s.Holds = &RestoreHolds{core: k, workers: s.Workers, holds: c.Stores.Holds, settle: c.Settle}
	s.Devices = &Devices{core: k, workers: s.Workers, tenants: c.Stores.Tenants, holds: s.Holds,
		removeDevice: c.RemoveDevice}
	s.Workers.devices = s.Devices
	s.Snapshots = &Snapshots{core: k, workers: s.Workers, copyFolder: c.CopyFolder}
	s.Logs = &Logs{core: k, logs: c.Logs}
	s.reconcile = &reconciler{core: k, workers: s.Workers, desired: c.Stores.Desired}
	s.stale = &staleCheck{core: k, workers: s.Workers, reports: s.Reports, after: c.StaleAfter, every: c.StaleCheck}
	s.renewal = &renewal{core: k, workers: s.Workers, version: c.Version, patience: renewBack}
	return s
}

// Bounds of the supervisor's own patience.
const (
	operationTimeout = 2 * time.Minute  // one admin action, stopping a worker included
	callTimeout      = 15 * time.Second // one call to a worker
	storeTimeout     = 10 * time.Second // one write on a worker's behalf
	flushEvery       = time.Second      // grouped heartbeats, retries after an outage
	reconcileEvery   = 30 * time.Second // the desired state against the world
	firstCheck       = 2 * time.Minute  // after the start, for damage in the store
	checkEvery       = 24 * time.Hour
)

// Run brings the world to the desired state and keeps it there until ctx ends. It ends itself only with ctx.
func (s *Supervisor) Run(ctx context.Context) error {
	s.core.giveTime()
	var all sync.WaitGroup
	for _, part := range []func(context.Context){
		s.Events.run, s.Reports.run, s.reconcile.run, s.stale.run, s.Outage.run, s.Pauses.run, s.renewal.run,
	} {
		all.Go(func() { part(ctx) })
	}
	all.Wait()
	return nil
}

// Health tells whether the supervisor can do its work: nil, or CodeUnavailable.
func (s *Supervisor) Health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return s.Outage.store.Ping(ctx)
}

// Ending makes the supervisor start no more workers; what runs goes on. It is called before the processes are stopped.
func (s *Supervisor) Ending() {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	s.core.shutting = true
	for _, w := range s.core.table {
		w.Halt()
	}
}

// Ended writes that all workers are stopped; their desired states stay. It is called when the processes are gone.
func (s *Supervisor) Ended(ctx context.Context) {
	s.Reports.Flush(ctx)
	InParallel(s.core.started(), func(id string) {
		if err := s.Workers.writeStopped(ctx, id); err != nil && flowhq.CodeOf(err) != flowhq.CodeNotFound {
			s.core.log.Warn("the end of a worker could not be written", "tenant", id, "error", err)
		}
	})
}

// parallel is how many workers are started, asked or told at once.
const parallel = 8

// InParallel calls do for each tenant, eight at once, and returns when all are done.
func InParallel(ids []string, do func(id string)) {
	places := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for _, id := range ids {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(id)
		})
	}
	all.Wait()
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

// Responds returns when the table of workers can be used: the watchdog's question, which a deadlock never answers.
func (s *Supervisor) Responds() { s.core.ending() }

package supervisor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"flowhq"
	"flowhq/locale/key"
)

// core is what the parts share: the table of workers, and the writing of what becomes of them.
type core struct {
	store     StateStore
	processes Processes
	links     Links
	alarms    Alarms
	outage    *Outage
	log       *slog.Logger
	now       func() time.Time
	announce  func(kind flowhq.ChangeKind, tenantID, id string)
	locks     keyedLocks

	mu    sync.Mutex
	table map[string]*worker
	beats map[string]flowhq.Heartbeat // not written yet
	// nobody is stale before base + StaleAfter: start of the appliance, end of an outage
	base     time.Time
	shutting bool // the appliance ends; nothing is started any more
}

func newCore(c Config) *core {
	return &core{
		store: c.Stores.State, processes: c.Processes, links: c.Links, alarms: c.Alarms, log: c.Logger, now: c.Now,
		announce: c.Changed,
		outage:   &Outage{store: c.Stores.Health, alarms: c.Alarms, log: c.Logger, lastBackup: c.LastBackup},
		table:    make(map[string]*worker), beats: make(map[string]flowhq.Heartbeat), base: c.Now(),
	}
}

// Exclusively runs do as the only action on a tenant. Once begun, the action is carried through even when the caller
// goes away, for two minutes at most. CodeUnavailable when ctx ends while another action goes on.
func (k *core) Exclusively(ctx context.Context, id string, do func(context.Context) error) error {
	release, err := k.locks.acquire(ctx, id)
	if err != nil {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.RefusalTenantBusy), Cause: err}
	}
	defer release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTimeout)
	defer cancel()
	return do(ctx)
}

// Note writes an entry of a tenant's time line; a failure is logged, since what it tells has happened already.
func (k *core) Note(ctx context.Context, id, kind, detail string) {
	if err := k.store.AddTenantEvent(ctx, id, kind, detail, nil); err != nil &&
		flowhq.CodeOf(err) != flowhq.CodeNotFound {
		k.log.Warn("an entry of the time line is lost", "tenant", id, "type", kind, "detail", detail, "error", err)
	}
}

// worker gives a tenant's entry, made when missing. mu must be held.
func (k *core) worker(id string) *worker {
	w, ok := k.table[id]
	if !ok {
		w = &worker{WorkerState: WorkerState{began: k.now()}}
		k.table[id] = w
	}
	return w
}

// entry is worker for a caller that does not hold mu.
func (k *core) entry(id string) *worker {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.worker(id)
}

// started gives the tenants whose worker had a process since the appliance began.
func (k *core) started() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ids []string
	for id, w := range k.table {
		if w.generation > 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// drop removes what is known of a tenant's worker.
func (k *core) drop(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.table, id)
	delete(k.beats, id)
}

// giveTime lets every worker have its time anew to give a sign of life, and reports that wait be tried at once.
func (k *core) giveTime() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.base = k.now()
	for _, w := range k.table {
		w.retryAt = k.base
	}
}

// ending tells whether the appliance is being stopped.
func (k *core) ending() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.shutting
}

// latest gives a worker's latest report of its present process.
func (k *core) latest(id string) (r flowhq.SessionReport, reported bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := k.worker(id)
	return w.report, w.reported
}

// setWorkerStatus writes status and last error where they differ from what is known to stand there.
func (k *core) setWorkerStatus(ctx context.Context, id string, status flowhq.WorkerStatus, lastError string,
	about flowhq.Phase) error {
	k.mu.Lock()
	w := k.worker(id)
	same := w.row.known && w.row.status == status && w.row.lastError == lastError
	w.row.about = about
	k.mu.Unlock()
	if same {
		return nil
	}
	err := k.store.SetWorkerStatus(ctx, id, status, lastError)
	k.mu.Lock()
	w.row.known, w.row.status, w.row.lastError = err == nil, status, lastError
	k.mu.Unlock()
	if err == nil {
		k.announce(flowhq.ChangeWorker, id, "")
	}
	return err
}

// transition applies a trigger to a tenant's status and announces a change.
func (k *core) transition(ctx context.Context, id string, trigger flowhq.StatusTrigger, cause string) error {
	from, to, err := k.store.Transition(ctx, id, trigger, cause)
	if err != nil || from == to {
		return err
	}
	k.log.Info("tenant status changed", "tenant", id, "from", from, "to", to, "cause", cause)
	k.announce(flowhq.ChangeTenant, id, "")
	if to == flowhq.TenantActive {
		k.announce(flowhq.ChangeSetupRequest, id, "")
	}
	return nil
}

// saveSession writes a report, with a picture of its QR code.
func (k *core) saveSession(ctx context.Context, id string, r flowhq.SessionReport) error {
	picture := ""
	if r.Phase == flowhq.PhaseQR && r.QRCode != "" {
		var err error
		if picture, err = qrPicture(r.QRCode); err != nil {
			return err
		}
	}
	if err := k.store.SaveSession(ctx, id, r, picture); err != nil {
		return err
	}
	k.announce(flowhq.ChangeSession, id, "")
	return nil
}

// failed writes that something ended a worker's usefulness: its row and its tenant are ERROR.
func (k *core) failed(ctx context.Context, id, text string) {
	if err := k.setWorkerStatus(ctx, id, flowhq.WorkerError, text, ""); err != nil {
		k.log.Error("a worker's failure could not be written", "tenant", id, "failure", text, "error", err)
	}
	if err := k.transition(ctx, id, flowhq.TriggerFailed, text); err != nil {
		k.log.Error("a tenant's failure could not be written", "tenant", id, "failure", text, "error", err)
	}
}

// asksForCodes tells whether a worker waits because nobody scanned its codes.
func (k *core) asksForCodes(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.worker(id).AsksForCodes()
}

// facts gathers what a decision about a tenant's worker needs to know.
func (k *core) facts(ctx context.Context, t flowhq.TenantDetail) (Facts, error) {
	hold, err := k.store.RestoreHold(ctx, t.ID)
	if err != nil {
		return Facts{}, err
	}
	p, ok := k.processes.Process(t.ID)
	return Facts{
		ShouldRun: t.ShouldRun(), Paused: t.Status == flowhq.TenantPaused, Held: hold != nil,
		Running: k.processes.Running(t.ID),
		Waiting: ok && p.PID == 0 && p.NextStart != nil, Ending: k.ending(), StoreDown: k.outage.Down(),
	}, nil
}

// decide asks the worker's state what is to be done.
func (k *core) decide(ctx context.Context, asked Request, t flowhq.TenantDetail) (Decision, error) {
	f, err := k.facts(ctx, t)
	if err != nil {
		return Leave, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.worker(t.ID).Decide(asked, f, k.now()), nil
}

// reachable tells why a worker cannot be asked anything.
func (k *core) reachable(id string) error {
	if k.links.Connected(id) {
		return nil
	}
	if k.processes.Running(id) {
		return flowhq.Fail(flowhq.CodeUnavailable, key.RefusalWorkerStarting)
	}
	return flowhq.Fail(flowhq.CodeUnavailable, key.RefusalWorkerNotRunning)
}

package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/worker/bot"
	"flowhq/worker/journal"
	"flowhq/worker/limit"
	"flowhq/worker/message"
)

// Bounds and times of the engine.
const (
	maxWaiting     = 50               // messages of one chat in the queue
	maxDetail      = 1000             // characters of a recorded error
	parkedInterval = 15 * time.Second // chats that could not go on are tried again
	probeInterval  = 5 * time.Second  // a journal that failed is tried again
	pruneInterval  = 10 * time.Minute
	sendTimeout    = 30 * time.Second // preparing and acknowledgement together, device's own limits are tighter
)

// engine makes the decisions. Its goroutines: one for each chat that has work, and those of background.
type engine struct {
	log         *slog.Logger
	j           *journal.Journal
	dev         device
	flows       flows
	missedDelay time.Duration // quiet time before the owner gets the list of what came too late

	onEvents func()                     // the journal has new events
	onReport func(flowhq.SessionReport) // the session's state changed
	acked    func() int64               // highest event that the appliance has

	config  atomic.Pointer[flowhq.WorkerConfig]
	ignored ignoredCounts
	fault   atomic.Bool   // the journal can't be written
	faulty  chan struct{} // signalled when that begins

	forced   context.Context // ends everything
	draining context.Context // ends waiting, when the process is to stop
	drain    context.CancelFunc

	pauses pauses

	limits struct {
		sync.Mutex
		*limit.Limiter
	}

	mu          sync.Mutex
	stopping    bool
	running     map[int64]*runner
	parked      map[int64]struct{} // have work, can't go on just now
	runners     sync.WaitGroup
	idleTrim    idleTrim
	missedTimer *time.Timer // for the list of messages that came too late
}

// newEngine makes an engine. Its field dev must be set before it is used.
func newEngine(ctx context.Context, j *journal.Journal, talk flowLoader, log *slog.Logger) (*engine, error) {
	e := &engine{
		log: log, j: j, flows: flows{loader: talk}, missedDelay: 15 * time.Second,
		onEvents: func() {}, onReport: func(flowhq.SessionReport) {}, acked: func() int64 { return 0 }, forced: ctx,
		faulty:  make(chan struct{}, 1),
		running: make(map[int64]*runner), parked: make(map[int64]struct{}),
	}
	e.draining, e.drain = context.WithCancel(ctx)
	e.limits.Limiter = limit.New(limit.Config{})
	if err := e.restore(); err != nil {
		return nil, err
	}
	return e, nil
}

// restore reads from the journal what is kept in memory: the last configuration and the counts of the limits.
func (e *engine) restore() error {
	var kept *flowhq.WorkerConfig
	var traffic []journal.Traffic
	err := e.j.Read(func(tx *journal.Tx) (err error) {
		if kept, err = tx.Config(); err != nil || kept == nil {
			return err
		}
		window := max(limit.Minute, withDefaults(kept.Limits).ContactWindow)
		traffic, err = tx.TrafficSince(time.Now().Add(-window))
		return err
	})
	if err != nil || kept == nil {
		return err
	}
	for _, t := range traffic {
		switch chat := limit.Chat(t.Chat); t.Cause {
		case journal.CauseReply:
			e.limits.Replied(chat, t.At)
		case journal.CauseSlow:
			e.limits.Noticed(chat, limit.CauseTenant, t.At)
		case journal.CauseEnough:
			e.limits.Noticed(chat, limit.CauseContact, t.At)
		default:
			e.limits.Heard(chat, t.At)
		}
	}
	e.applyConfig(*kept)
	return nil
}

// applyConfig works by c from now on. Its flow is loaded when it is needed: an idle worker does not need it.
func (e *engine) applyConfig(c flowhq.WorkerConfig) {
	c.Limits = withDefaults(c.Limits)
	e.flows.use(int64(c.Version), nil)
	e.limits.Lock()
	e.limits.Configure(limit.Config{
		PerMinute: c.Limits.RepliesPerMinute, PerContact: c.Limits.ContactReplies, Window: c.Limits.ContactWindow,
	})
	e.limits.Unlock()
	e.config.Store(&c)
}

// configure applies and stores a configuration. It fails when the flow cannot be loaded; then the one before stays in
// force.
func (e *engine) configure(c flowhq.WorkerConfig) error {
	if err := e.checkFlow(c); err != nil {
		e.note(
			flowhq.TenantEventWorker,
			"The new settings cannot be used; the worker goes on with those before. Check the flow.",
		)
		return err
	}
	err := e.write(func(tx *journal.Tx) error {
		e.applyConfig(c) // in turn with decisions, so that none of them misses a flow that is dropped here
		return tx.SaveConfig(c)
	})
	e.scheduleParked()
	return err
}

// checkFlow tries a flow of the tenant's own, unless it is the one in force; the templates' flows are known to be good.
func (e *engine) checkFlow(c flowhq.WorkerConfig) error {
	if now := e.config.Load(); c.FlowYAML == "" || now != nil && now.FlowYAML == c.FlowYAML {
		return nil
	}
	_, err := e.flows.loader.load(int64(c.Version), flowOf(&c))
	if err != nil {
		e := flowhq.Fail(flowhq.CodeInvalid, key.WorkerFlowUnusable, "problem", problemText(err))
		e.Cause = err
		return e
	}
	return nil
}

// withDefaults fills in what a configuration leaves out.
func withDefaults(l flowhq.Limits) flowhq.Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&l.ContactWindow, 10 * time.Minute}, {&l.CatchUp, 30 * time.Minute}, {&l.Handoff, 12 * time.Hour},
		{&l.Heartbeat, 30 * time.Second}, {&l.OrphanGrace, 24 * time.Hour},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if l.RepliesPerMinute <= 0 {
		l.RepliesPerMinute = 10
	}
	return l
}

// write writes to the journal and watches over its health. New events are told to the appliance's link.
func (e *engine) write(do func(tx *journal.Tx) error) error {
	err := e.j.Write(do)
	if journal.Failed(err) {
		e.setFault(true, err)
	} else {
		e.setFault(false, nil)
	}
	if err == nil {
		e.onEvents()
	}
	return err
}

func (e *engine) setFault(fault bool, cause error) {
	if e.fault.Swap(fault) == fault {
		return
	}
	if fault {
		notify(e.faulty)
		e.log.Error("the journal cannot be written: nothing is taken in", "error", cause)
	} else {
		e.log.Info("the journal can be written again")
	}
	e.onReport(e.report())
	if !fault {
		e.scheduleParked()
	}
}

// report gives the state of the session: that of the device, unless the journal fails.
func (e *engine) report() flowhq.SessionReport {
	r := e.dev.Report()
	if e.fault.Load() {
		r.Phase, r.Detail = flowhq.PhaseJournalFault, "The worker cannot write its journal."
		r.QRCode, r.QRExpires, r.Until = "", nil, nil
	}
	return r
}

// reported is called by the device at every change. What a later process must know is stored before anybody hears of
// it, since whoever hears of it may end this process.
func (e *engine) reported(r flowhq.SessionReport) {
	e.pauses.keep(e, r)
	if !e.fault.Load() {
		e.onReport(r)
	}
	e.idleTrim.busy()
	if r.Phase == flowhq.PhaseConnected {
		e.scheduleParked()
	}
}

// ready tells whether messages can be answered now.
func (e *engine) ready() bool {
	return e.config.Load() != nil && !e.fault.Load() && e.dev.Report().Phase == flowhq.PhaseConnected
}

// note puts an entry on the tenant's time line.
func (e *engine) note(kind, detail string) {
	err := e.write(func(tx *journal.Tx) error { return note(tx, kind, detail) })
	if err != nil {
		e.log.Warn("not journalled", "note", detail, "error", err)
	}
}

// noteOnce puts a remark on the time line, unless an earlier process put the same one there under the same key.
func (e *engine) noteOnce(key, remark string) {
	err := e.write(func(tx *journal.Tx) error {
		last := ""
		if _, err := tx.Meta(key, &last); err != nil || last == remark {
			return err
		}
		if err := tx.SetMeta(key, remark); err != nil || remark == "" {
			return err
		}
		return note(tx, flowhq.TenantEventWorker, remark)
	})
	if err != nil {
		e.log.Warn("not journalled", "note", remark, "error", err)
	}
}

func note(tx *journal.Tx, kind, detail string) error {
	return tx.Event(
		flowhq.WorkerEvent{
			At: time.Now(), Kind: flowhq.EventNote, Note: &flowhq.TenantEventNote{Type: kind, Detail: shorten(detail)},
		},
	)
}

func shorten(s string) string { return flowhq.Shorten(s, maxDetail) }

// sentText serves retry receipts: what went out under an id, and to whom.
func (e *engine) sentText(id string) (to message.Person, text string, ok bool) {
	var o *journal.Outgoing
	err := e.j.Read(func(tx *journal.Tx) (err error) {
		o, err = tx.Outgoing(id)
		return err
	})
	if err != nil {
		e.log.Warn("a sent message cannot be looked up", "id", id, "error", err)
	}
	if err != nil || o == nil {
		return to, "", false
	}
	return e.recipient(o), o.Text, true
}

// background does the periodic work until ctx ends.
func (e *engine) background(ctx context.Context) {
	tick := time.NewTimer(parkedInterval)
	defer tick.Stop()
	pruned := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.faulty:
			tick.Reset(probeInterval)
			continue
		}
		tick.Reset(parkedInterval)
		e.pauses.keep(e, e.dev.Report()) // in case it could not be kept when it began
		if e.fault.Load() {
			e.probe(ctx)
			tick.Reset(probeInterval)
		}
		e.scheduleParked()
		e.trimWhenIdle()
		if time.Since(pruned) > pruneInterval {
			pruned = time.Now()
			e.prune()
		}
	}
}

// probe tries whether a journal that failed can be written again: first as it is, then after opening the file anew.
func (e *engine) probe(ctx context.Context) {
	try := func(tx *journal.Tx) error { return tx.SetMeta("probe", time.Now().UnixMilli()) }
	if e.write(try) == nil {
		return
	}
	if err := e.j.Reopen(ctx); err != nil {
		e.log.Debug("the journal cannot be opened", "error", err)
		return
	}
	_ = e.write(try)
}

// problemText says what is wrong with a flow.
func problemText(err error) flowhq.Text {
	if problems, ok := errors.AsType[bot.Problems](err); ok {
		return flowhq.FlowProblemsText(problems)
	}
	return flowhq.Plain(err.Error())
}

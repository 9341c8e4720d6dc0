package worker

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"flowhq"
	"flowhq/wire"
	"flowhq/worker/journal"
)

// Bounds and times of the link to the appliance.
const (
	maxReports = 64 // that wait to be sent; the oldest are dropped
	firstPause = 500 * time.Millisecond
	lastPause  = 30 * time.Second
	ackWait    = time.Second // a command is answered without the appliance's acknowledgement after that
)

// uplink tells the appliance what happens. The appliance may be away for any time: events stay in the journal, and of
// the reports the latest are kept.
type uplink struct {
	log    *slog.Logger
	engine *engine
	conn   *wire.Conn
	config Config
	logs   func() int64 // log lines dropped so far

	pending         chan struct{} // events or reports wait
	intervalChanged chan struct{} // the time between heartbeats may have changed

	mu             sync.Mutex
	acked          int64         // highest event that the appliance has
	ackMoved       chan struct{} // closed and made anew when acked changes
	reports        []flowhq.SessionReport
	lastContact    time.Time // when the appliance last answered
	newestRevision int64     // revision of the newest configuration of this connection
}

func newUplink(c Config, e *engine, commands wire.Commands, log *slog.Logger) *uplink {
	u := &uplink{
		log: log, engine: e, config: c, pending: make(chan struct{}, 1), intervalChanged: make(chan struct{}, 1),
		ackMoved: make(chan struct{}), lastContact: time.Now(), logs: func() int64 { return 0 },
	}
	u.conn = wire.Dial(wire.ClientConfig{
		Socket: c.Socket, Hello: u.hello, Commands: commands, Greeted: u.greeted, Ready: u.wake, Lost: u.lost,
		Logger: log,
	})
	return u
}

func (u *uplink) hello() wire.Hello {
	u.mu.Lock()
	u.newestRevision = 0
	u.mu.Unlock()
	return wire.Hello{
		TenantID: u.config.TenantID, Token: u.config.Token, PID: os.Getpid(), Version: u.config.Version,
		Journal: u.engine.j.ID(), LastSeq: u.engine.j.LastSeq(),
	}
}

func (u *uplink) greeted(w wire.Welcome) {
	acked := w.Acked
	if acked > u.engine.j.LastSeq() {
		// The appliance has more events than this journal wrote: the journal was restored from a backup.
		if err := u.engine.j.Renew(); err != nil {
			u.log.Error("the journal's id could not be changed", "error", err)
		}
		acked = 0
	}
	u.mu.Lock()
	u.setAcked(acked)
	u.reports = []flowhq.SessionReport{u.engine.report()}
	u.mu.Unlock()
	if err := u.configure(w.Config); err != nil {
		u.log.Error("the configuration cannot be used", "error", err)
	}
}

func (u *uplink) lost() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lastContact = time.Now()
}

// configure applies a configuration, unless a newer one came on the same connection. Between connections revisions may
// fall: the appliance's database may have been restored.
func (u *uplink) configure(c flowhq.WorkerConfig) error {
	u.mu.Lock()
	stale := c.Revision < u.newestRevision
	u.newestRevision = max(u.newestRevision, c.Revision)
	u.mu.Unlock()
	if stale {
		return nil
	}
	err := u.engine.configure(c)
	notify(u.intervalChanged)
	return err
}

// report queues a report; it never blocks.
func (u *uplink) report(r flowhq.SessionReport) {
	u.mu.Lock()
	if len(u.reports) == maxReports {
		u.reports = append(u.reports[:0], u.reports[1:]...)
	}
	u.reports = append(u.reports, r)
	u.mu.Unlock()
	u.wake()
}

func (u *uplink) wake() { notify(u.pending) }

// notify wakes one listener, now or when it listens next.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run keeps the link until ctx ends; orphaned is called when the appliance was away for too long.
func (u *uplink) run(ctx context.Context, orphaned func()) {
	var parts sync.WaitGroup
	parts.Go(func() { u.conn.Run(ctx) })
	parts.Go(func() { u.sendLoop(ctx) })
	parts.Go(func() { u.heartbeatLoop(ctx, orphaned) })
	parts.Wait()
}

// sendLoop sends reports and events as they come.
func (u *uplink) sendLoop(ctx context.Context) {
	pauses := backoff.ExponentialBackOff{InitialInterval: firstPause, MaxInterval: lastPause, Multiplier: 2}
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.pending:
		}
		for u.conn.Connected() && ctx.Err() == nil {
			more, err := u.sendNext(ctx)
			if err == nil {
				pauses.Reset()
				if !more {
					break
				}
				continue
			}
			u.log.Debug("the appliance did not take it", "error", err)
			t := time.NewTimer(pauses.NextBackOff())
			select {
			case <-ctx.Done():
			case <-t.C:
			}
			t.Stop()
		}
	}
}

// sendNext sends one report, or else one batch of events; more tells whether there may be more.
func (u *uplink) sendNext(ctx context.Context) (more bool, err error) {
	if r, ok := u.nextReport(); ok {
		if err := u.conn.Report(ctx, r); err != nil {
			u.putBack(r)
			return false, err
		}
		return true, nil
	}
	u.mu.Lock()
	acked := u.acked
	u.mu.Unlock()
	var batch []flowhq.WorkerEvent
	err = u.engine.j.Read(func(tx *journal.Tx) (err error) {
		batch, err = tx.EventsAfter(acked, wire.MaxEvents, wire.MaxEventBytes)
		return err
	})
	if err != nil || len(batch) == 0 {
		return false, err
	}
	upTo, err := u.conn.Events(ctx, u.engine.j.ID(), batch)
	if err != nil {
		return false, err
	}
	if upTo <= acked {
		return false, flowhq.Errorf(flowhq.CodeUnavailable, "The appliance acknowledged nothing")
	}
	u.mu.Lock()
	u.setAcked(upTo)
	u.mu.Unlock()
	return true, nil
}

func (u *uplink) nextReport() (flowhq.SessionReport, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.reports) == 0 {
		return flowhq.SessionReport{}, false
	}
	r := u.reports[0]
	u.reports = u.reports[1:]
	return r, true
}

func (u *uplink) putBack(r flowhq.SessionReport) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.reports = append([]flowhq.SessionReport{r}, u.reports...)
}

// setAcked notes what the appliance has; u.mu is held.
func (u *uplink) setAcked(seq int64) {
	u.acked, u.lastContact = seq, time.Now()
	close(u.ackMoved)
	u.ackMoved = make(chan struct{})
}

// awaitAcked waits until the appliance has the event seq, and all before it; not longer than ctx, nor than ackWait.
func (u *uplink) awaitAcked(ctx context.Context, seq int64) {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	for {
		u.mu.Lock()
		acked, moved := u.acked, u.ackMoved
		u.mu.Unlock()
		if acked >= seq {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-moved:
		}
	}
}

// ackedSeq gives the highest event that the appliance has.
func (u *uplink) ackedSeq() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.acked
}

// heartbeatLoop sends heartbeats. It calls orphaned when no appliance was there for too long.
func (u *uplink) heartbeatLoop(ctx context.Context, orphaned func()) {
	for {
		limits := withDefaults(flowhq.Limits{})
		if c := u.engine.config.Load(); c != nil {
			limits = c.Limits
		}
		t := time.NewTimer(limits.Heartbeat)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-u.intervalChanged:
			t.Stop()
			continue
		case <-t.C:
		}
		if u.conn.Connected() {
			u.sendHeartbeat(ctx)
			continue
		}
		u.mu.Lock()
		alone := time.Since(u.lastContact)
		u.mu.Unlock()
		if alone > limits.OrphanGrace {
			u.log.Warn("no appliance for too long: the worker ends itself", "for", alone)
			orphaned()
			return
		}
	}
}

func (u *uplink) sendHeartbeat(ctx context.Context) {
	var waiting int64
	acked := u.ackedSeq()
	err := u.engine.j.Read(func(tx *journal.Tx) (err error) {
		waiting, err = tx.Unacked(acked)
		return err
	})
	if err != nil {
		u.log.Warn("waiting events could not be counted", "error", err)
	}
	err = u.conn.Heartbeat(
		ctx,
		wire.Heartbeat{
			Report: u.engine.report(), Unacked: waiting, DroppedLogs: u.logs(), LeftOut: u.engine.ignored.counts(),
		},
	)
	if err != nil {
		u.log.Debug("heartbeat not taken", "error", err)
		return
	}
	u.mu.Lock()
	u.lastContact = time.Now()
	u.mu.Unlock()
}

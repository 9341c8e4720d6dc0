package procman

import (
	"sync"
	"time"

	"flowhq/procman/internal/output"
)

// process is one managed process: its desired state, its real state, and the
// goroutine that compares them. mu guards every field below it; only the
// goroutine sets child and launching.
type process struct {
	m      *Manager
	name   string
	sink   *output.Sink
	wakeup chan struct{} // capacity 1: compare again

	mu         sync.Mutex
	spec       Spec   // with defaults
	specKnown  bool   // Set gave it in this manager's life
	wanted     bool   // the desired state
	generation uint64 // counts the calls that changed the desired state
	stopCause  Cause
	forced     bool  // the end that is in progress or to come kills at once
	endWhy     Cause // the child must end, and why; empty: no
	removed    bool
	restored   bool // made from a record: its backoff outlives the next Start

	state     State
	cause     Cause
	child     *child
	launching bool
	startWhy  Cause // of the next start
	runs      int   // starts so far
	attempts  uint64
	startErr  error // of the latest attempt
	ends      uint64
	backoff   Backoff
	nextStart time.Time
	lastExit  *Exit
	history   []Event
	changed   chan struct{} // closed at the next change; nil without waiters
	strays    []tree        // of earlier runs, killed before anything else
}

// step is what the goroutine does next.
type step int

const (
	stepWait step = iota
	stepLaunch
	stepEnd
	stepLeave
)

// run is the process's goroutine.
func (p *process) run() {
	defer p.m.actors.Done()
	p.killStrays()
	p.loop()
	p.mu.Lock()
	gone := p.removed && p.child == nil
	p.mu.Unlock()
	if gone {
		p.forget()
	}
}

// killStrays kills what earlier runs left behind.
func (p *process) killStrays() {
	for _, t := range p.strays {
		for wait := time.Millisecond; !t.empty(); wait = min(2*wait, 100*time.Millisecond) {
			t.kill()
			if !p.pause(time.Now().Add(wait)) {
				return
			}
		}
	}
	p.strays = nil
}

// forget takes a removed process out of the manager.
func (p *process) forget() {
	p.sink.Close(true)
	p.m.pipes.forget(p.name)
	p.m.records.remove(p.name)
	p.m.registry.remove(p.name)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.publish(Event{Type: EventRemoved})
	p.state = ""
	p.notify()
}

// detach closes what belongs to a child without ending it; the goroutine has ended already.
func (p *process) detach() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.child; c != nil {
		c.leaveSlot()
		p.m.watcher.Drop(c.events)
		c.close()
	}
	p.notify()
}

// loop works towards the desired state until the process is removed or the
// manager is closed.
func (p *process) loop() {
	for {
		what, until := p.next()
		switch what {
		case stepWait:
			p.sleep(until)
		case stepLaunch:
			p.launch()
		case stepEnd:
			p.end()
		case stepLeave:
			return
		}
	}
}

// next decides what to do, and until when to wait. No other place decides which
// state follows.
func (p *process) next() (step, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m.ctx.Err() != nil {
		return stepLeave, time.Time{}
	}
	if p.child != nil {
		return p.nextWithChild(p.m.cfg.Now())
	}
	p.endWhy, p.forced = "", false
	switch {
	case p.removed:
		return stepLeave, time.Time{}
	case !p.wanted && p.restored: // as the last manager left it, until a call changes it
		return stepWait, time.Time{}
	case !p.wanted:
		p.nextStart = time.Time{}
		p.setState(StateStopped, p.stopCause)
		return stepWait, time.Time{}
	case !p.specKnown, p.state == StateExited:
		return stepWait, time.Time{}
	case p.m.cfg.Now().Before(p.nextStart):
		return stepWait, p.nextStart
	}
	p.launching = true
	p.setState(StateStarting, p.startWhy)
	return stepLaunch, time.Time{}
}

// nextWithChild is next while a child is there; p.mu must be held.
func (p *process) nextWithChild(now time.Time) (step, time.Time) {
	c := p.child
	due := c.deadline(p.spec.Liveness, p.m.born)
	switch {
	case c.exited.Load(), p.removed, !p.wanted, p.endWhy != "":
		return stepEnd, time.Time{}
	case !due.IsZero() && !now.Before(due):
		p.endWhy, p.forced = CauseStale, true
		return stepEnd, time.Time{}
	}
	return stepWait, due
}

// decide asks the restart policy what follows an end; p.mu must be held.
func (p *process) decide(ran time.Duration, exit Exit, why Cause) {
	d := p.backoff.Next(p.spec.Restart, ran, exit, p.m.cfg.Rand())
	p.startWhy = why
	switch {
	case !d.Restart:
		p.setState(StateExited, why)
	case d.CrashLoop:
		p.nextStart = p.m.cfg.Now().Add(d.Delay)
		p.setState(StateCrashLoop, why)
	case d.Delay > 0:
		p.nextStart = p.m.cfg.Now().Add(d.Delay)
		p.setState(StateBackoff, why)
	default:
		p.nextStart = time.Time{}
	}
}

// current is the child, nil when none runs.
func (p *process) current() *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.child
}

// wake makes the goroutine compare again.
func (p *process) wake() {
	select {
	case p.wakeup <- struct{}{}:
	default:
	}
}

// sleep waits for wake, the manager's end, or until (zero: for ever).
func (p *process) sleep(until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(until.Sub(p.m.cfg.Now()))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-p.wakeup:
	case <-alarm:
	case <-p.m.ctx.Done():
	}
}

// pause waits for wake or due; false when the manager is closed.
func (p *process) pause(due time.Time) bool {
	t := time.NewTimer(time.Until(due))
	defer t.Stop()
	select {
	case <-p.wakeup:
	case <-t.C:
	case <-p.m.ctx.Done():
		return false
	}
	return true
}

// setState records a change of state and publishes it; p.mu must be held.
func (p *process) setState(to State, cause Cause) {
	if p.state == to {
		return
	}
	e := Event{Type: EventState, From: p.state, To: to, Cause: cause}
	p.state, p.cause = to, cause
	if c := p.child; c != nil {
		e.Pid = c.pid
	}
	p.publish(e)
	p.notify()
}

// notify wakes the callers that wait for a change; p.mu must be held.
func (p *process) notify() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// publish sends an event out and keeps it in the history; p.mu must be held.
func (p *process) publish(e Event) {
	e.Process = p.name
	if e.Time.IsZero() {
		e.Time = p.m.cfg.Now()
	}
	e = p.m.bus.publish(e)
	p.history = appendBounded(p.history, e, p.m.cfg.HistoryKept)
}

// report is publish for callers that do not hold p.mu.
func (p *process) report(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.publish(e)
}

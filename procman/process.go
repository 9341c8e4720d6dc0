package procman

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"flowhq/procman/internal/kernel"
	"flowhq/procman/internal/output"
)

// process is one managed process: its wish, its world, and the goroutine that
// compares them. Every field below mu is guarded by it; only the goroutine sets
// child and launching.
type process struct {
	m    *Manager
	name string
	sink *output.Sink
	poke chan struct{} // capacity 1: look again

	mu        sync.Mutex
	spec      Spec // with defaults
	known     bool // Set named it in this manager's life
	wanted    bool
	wish      uint64 // counts the calls that changed the wish
	stopCause Cause
	hard      bool  // the end in progress or to come must not wait
	order     Cause // a restart was asked for, and why; empty: none
	removed   bool
	restored  bool // from a record: its backoff outlives the next Start

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
	strays    []tree        // of earlier runs, ended before anything else
}

// child is one run of a process.
type child struct {
	pid       int
	start     uint64 // clock ticks after boot
	pidfd     int
	watch     *kernel.Watch
	group     *kernel.Group // nil without groups
	events    int32         // watch of memory.events
	nonce     string
	startedAt time.Time
	adopted   bool
	spec      string // digest of what it runs under
	ticket    *ticket
	touched   atomic.Bool // memory.events changed
	sample    sample
	exited    atomic.Bool
	alive     atomic.Int64 // the latest sign of life, nanoseconds after Manager.born; 0 none
	cpu       struct {     // earlier measurements of processor time
		mu         sync.Mutex
		base, last usage
	}
}

// sample is the sampler's knowledge of a child.
type sample struct {
	mu     sync.Mutex
	statm  int // descriptor of the main process's statm, -1 none
	closed bool
	others []int // members besides the main process
	soft   bool  // the soft limit was acted upon
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
	p.buryStrays()
	p.loop()
	p.mu.Lock()
	gone := p.removed && p.child == nil
	p.mu.Unlock()
	if gone {
		p.forget()
	}
}

// buryStrays kills what earlier runs left behind.
func (p *process) buryStrays() {
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
	p.m.dropPipe(p.name)
	p.m.removeRecord(p.name)
	p.m.mu.Lock()
	delete(p.m.procs, p.name)
	p.m.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(Event{Type: EventRemoved})
	p.state = ""
	p.notify()
}

// leave lets go of a child without ending it; the goroutine is gone already.
func (p *process) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.child; c != nil {
		if c.ticket != nil {
			c.ticket.leave()
		}
		p.m.watcher.Drop(c.events)
		c.close()
	}
	p.notify()
}

// loop makes wish and world agree until the process is removed or the manager goes.
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

// next decides. It is the one place where the states follow each other.
func (p *process) next() (step, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m.ctx.Err() != nil {
		return stepLeave, time.Time{}
	}
	now := p.m.cfg.Now()
	if c := p.child; c != nil {
		due := c.deadline(p.spec.Liveness, p.m.born)
		switch {
		case c.exited.Load(), p.removed, !p.wanted, p.order != "":
			return stepEnd, time.Time{}
		case !due.IsZero() && !now.Before(due):
			p.order, p.hard = CauseStale, true
			return stepEnd, time.Time{}
		}
		return stepWait, due
	}
	p.order, p.hard = "", false
	switch {
	case p.removed:
		return stepLeave, time.Time{}
	case !p.wanted && p.restored: // what the manager before knew stays, until somebody says what is wished
		return stepWait, time.Time{}
	case !p.wanted:
		p.nextStart = time.Time{}
		p.setState(StateStopped, p.stopCause)
		return stepWait, time.Time{}
	case !p.known, p.state == StateExited:
		return stepWait, time.Time{}
	case now.Before(p.nextStart):
		return stepWait, p.nextStart
	}
	p.launching = true
	p.setState(StateStarting, p.startWhy)
	return stepLaunch, time.Time{}
}

// deadline is when a process without a further sign of life counts as stale;
// zero is never.
func (c *child) deadline(l Liveness, born time.Time) time.Time {
	if at := c.alive.Load(); at != 0 {
		if l.Deadline == 0 {
			return time.Time{}
		}
		return born.Add(time.Duration(at) + l.Deadline)
	}
	if l.StartDeadline == 0 {
		return time.Time{}
	}
	return c.startedAt.Add(l.StartDeadline)
}

// wake makes the goroutine look again.
func (p *process) wake() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}

// sleep waits for a poke, the manager's end, or until (zero: for ever).
func (p *process) sleep(until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(until.Sub(p.m.cfg.Now()))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-p.poke:
	case <-alarm:
	case <-p.m.ctx.Done():
	}
}

// setState records a change and tells everybody; p.mu must be held.
func (p *process) setState(to State, cause Cause) {
	if p.state == to {
		return
	}
	e := Event{Type: EventState, From: p.state, To: to, Cause: cause}
	p.state, p.cause = to, cause
	if c := p.child; c != nil {
		e.Pid = c.pid
	}
	p.tell(e)
	p.notify()
}

// notify wakes the callers that wait for a change; p.mu must be held.
func (p *process) notify() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// tell publishes an event and keeps it in the history; p.mu must be held.
func (p *process) tell(e Event) {
	e.Process = p.name
	if e.Time.IsZero() {
		e.Time = p.m.cfg.Now()
	}
	e = p.m.bus.publish(e)
	p.history = appendBounded(p.history, e, p.m.cfg.HistoryKept)
}

// report is tell for callers that do not hold p.mu.
func (p *process) report(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(e)
}

// lost tells of output that a full disk swallowed. It is called by the sink,
// which is locked: nobody may wait for a sink while holding p.mu.
func (m *Manager) lost(name string, l output.Loss) {
	p, err := m.find(name)
	if err != nil {
		return
	}
	e := Event{Type: EventOutput, Detail: "output is discarded: the file cannot be written"}
	if l.Err != nil {
		e.Detail += ": " + l.Err.Error()
	}
	if l.Over {
		e.Detail = fmt.Sprintf("output is written again, %d bytes were discarded since %s", l.Bytes, l.Since.UTC().Format(time.RFC3339))
	}
	p.report(e)
}

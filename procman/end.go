package procman

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// end brings the current child to its end, by itself or by us, and its whole
// tree with it; only then it decides what follows. It returns early, with
// everything as it is, when the manager goes away.
func (p *process) end() {
	p.mu.Lock()
	c, spec := p.child, p.spec
	ended := c.exited.Load()
	why := p.endCause(ended)
	if !ended {
		p.setState(StateStopping, why)
	}
	p.mu.Unlock()
	if c.ticket != nil {
		c.ticket.leave()
	}
	if !ended && !p.endMain(c, spec.Stop) {
		return
	}
	at := p.m.cfg.Now()
	asked := !ended
	leftovers, ok := p.endTree(c, spec.Stop, asked)
	if !ok {
		return
	}
	exit := p.exitOf(c, at)
	p.sink.Flush()
	if c.group != nil {
		if err := c.group.Remove(); err != nil {
			p.m.cfg.Logger.Warn("group is not removed", "process", p.name, "error", err)
		}
	}
	p.m.watcher.Drop(c.events)
	p.ended(c, exit, why, asked, leftovers)
	c.close()
}

// endCause says why the child ends; p.mu must be held.
func (p *process) endCause(ended bool) Cause {
	switch {
	case ended:
		return "" // its exit status will tell
	case !p.wanted || p.removed:
		return p.stopCause
	}
	return p.order
}

// endMain asks the main process to end and, past the grace period or when
// somebody insists, kills its tree. False: the manager goes away.
func (p *process) endMain(c *child, stop StopPolicy) bool {
	if c.group == nil {
		// Whoever hides its descent can be followed only while its parents live.
		p.tree(c).members()
	}
	due := time.Now().Add(stop.Grace)
	if !p.insists() && stop.Grace > 0 {
		if err := kernel.SignalGroup(c.pidfd, c.pid, stop.Signal); err != nil && !errors.Is(err, unix.ESRCH) {
			p.m.cfg.Logger.Warn("stop signal is not sent", "process", p.name, "error", err)
		}
		p.saveWish()
		for !c.exited.Load() && !p.insists() && time.Now().Before(due) {
			if !p.pause(due) {
				return false
			}
		}
	}
	for tries := 0; !c.exited.Load(); tries++ {
		p.killTree(c)
		if tries == 10 {
			p.report(Event{Type: EventWarning, Pid: c.pid, Detail: "the kernel does not end the process although it was killed"})
		}
		if !p.pause(time.Now().Add(time.Second)) {
			return false
		}
	}
	return true
}

// saveWish lets a manager that takes over in the middle go on stopping.
func (p *process) saveWish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		p.save()
	}
}

// insists tells whether the end must not wait (any more).
func (p *process) insists() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hard
}

// pause waits for a poke or due; false when the manager goes away.
func (p *process) pause(due time.Time) bool {
	t := time.NewTimer(time.Until(due))
	defer t.Stop()
	select {
	case <-p.poke:
	case <-t.C:
	case <-p.m.ctx.Done():
		return false
	}
	return true
}

// endTree is called when the main process has ended: what it left behind may
// linger after a stop, and is killed otherwise. It returns when nobody is left.
func (p *process) endTree(c *child, stop StopPolicy, asked bool) (leftovers int, ok bool) {
	t := p.tree(c)
	if p.emptySoon(t, c) {
		return 0, true
	}
	if asked && stop.Linger > 0 {
		for due := time.Now().Add(stop.Linger); time.Now().Before(due) && !p.insists(); {
			if !p.pause(minTime(due, time.Now().Add(10*time.Millisecond))) {
				return 0, false
			}
			if t.empty() {
				return 0, true
			}
		}
	}
	left := t.members()
	leftovers = len(left)
	warnAt := time.Now().Add(10 * time.Second)
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		t.kill()
		if !p.pause(time.Now().Add(wait)) {
			return leftovers, false
		}
		if t.empty() {
			return leftovers, true
		}
		if !warnAt.IsZero() && time.Now().After(warnAt) {
			warnAt = time.Time{}
			p.report(Event{Type: EventWarning, Detail: fmt.Sprintf("the kernel does not end what the process left: %v", t.members())})
		}
	}
}

// emptySoon allows for the moment between a process's end being told and its
// group being empty.
func (p *process) emptySoon(t tree, c *child) bool {
	for range 5 {
		if t.empty() {
			return true
		}
		if _, grouped := t.(groupTree); !grouped || len(t.members()) > 0 {
			return false
		}
		time.Sleep(100 * time.Microsecond)
	}
	return t.empty()
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (p *process) killTree(c *child) {
	p.tree(c).kill()
	_ = kernel.Signal(c.pidfd, syscall.SIGKILL)
}

// exitOf finds out how the child ended; at is when it was seen.
func (p *process) exitOf(c *child, at time.Time) Exit {
	ws, err := kernel.Reap(c.pid)
	if errors.Is(err, kernel.ErrNotOurs) {
		var ok bool
		if ws, ok = kernel.ExitOf(c.pidfd, 100*time.Millisecond); ok {
			err = nil
		}
	}
	exit := exitFrom(ws, err, at)
	exit.OOM = c.group != nil && p.m.root != nil && p.m.root.Memory && c.group.Value("memory.events", "oom_kill") > 0
	return exit
}

func exitFrom(ws syscall.WaitStatus, err error, at time.Time) Exit {
	switch {
	case err == nil && ws.Exited():
		return Exit{Kind: ExitCode, Code: ws.ExitStatus(), At: at}
	case err == nil && ws.Signaled():
		return Exit{Kind: ExitSignal, Signal: int(ws.Signal()), At: at}
	}
	return Exit{Kind: ExitUnknown, At: at}
}

// ended records the end and decides what follows.
func (p *process) ended(c *child, exit Exit, why Cause, asked bool, leftovers int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !asked {
		why = p.ownEnd(exit)
	}
	p.child = nil
	p.ends++
	p.lastExit = &exit
	e := Event{Type: EventExit, Cause: why, Pid: c.pid, Exit: &exit, Detail: exit.String()}
	if leftovers > 0 {
		e.Detail += fmt.Sprintf("; %d processes that it left behind were killed", leftovers)
	}
	p.tell(e)
	p.nextStart = time.Time{}
	switch {
	case p.removed || !p.wanted:
		p.setState(StateStopped, p.stopCause)
	case p.order == CauseSoftLimit:
		// Asked for by its memory: at once after a good while, but one that needs
		// too much right away must not go round and round.
		p.decide(exit.At.Sub(c.startedAt), p.counted(exit, why), why)
	case p.order != "" && !p.order.failure():
		p.startWhy = p.order // asked for, even if it ended by itself just then
	case asked && !why.failure():
		p.startWhy = why // stopped, and wished back meanwhile
	default:
		p.decide(exit.At.Sub(c.startedAt), p.counted(exit, why), why)
	}
	p.order, p.hard = "", false
	if p.removed || !p.wanted || p.state == StateExited || !p.nextStart.IsZero() {
		p.save()
	}
	p.notify()
}

// counted is the exit as the policy sees it: what we ended for a reason is a
// failure however it ended.
func (p *process) counted(exit Exit, why Cause) Exit {
	if why.failure() || why == CauseSoftLimit {
		exit.Kind, exit.Signal = ExitSignal, int(syscall.SIGKILL)
	}
	return exit
}

// failure tells whether an end by the manager counts as one.
func (c Cause) failure() bool { return c == CauseStale || c == CauseOOM || c == CausePids }

// ownEnd names the cause of an end that nobody asked for; p.mu must be held.
func (p *process) ownEnd(exit Exit) Cause {
	switch {
	case exit.OOM:
		return CauseOOM
	case p.spec.Restart.succeeded(exit):
		return CauseExit
	}
	return CauseCrash
}

package procman

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// ending is the end of one child.
type ending struct {
	p    *process
	c    *child
	stop StopPolicy
	tree tree
	// asked is true when the manager ends the child; else it ended by itself.
	asked bool
	// leftovers counts the descendants that outlived the main process and were killed.
	leftovers int
}

// end waits for the end of the child, or brings it about, and ends its whole
// tree; only then it decides what follows. When the manager is closed meanwhile,
// end returns early and leaves everything as it is.
func (p *process) end() {
	p.mu.Lock()
	c, spec := p.child, p.spec
	ended := c.exited.Load()
	var why Cause // empty: its exit status will tell
	if !ended {
		why = p.endWhy
		if !p.wanted || p.removed {
			why = p.stopCause
		}
		p.setState(StateStopping, why)
	}
	p.mu.Unlock()
	c.leaveSlot()
	e := ending{p: p, c: c, stop: spec.Stop, tree: p.tree(c), asked: !ended}
	if e.asked && !e.main() {
		return
	}
	at := p.m.cfg.Now()
	if !e.rest() {
		return
	}
	exit := e.exit(at)
	p.sink.Flush()
	if c.group != nil {
		if err := c.group.Remove(); err != nil {
			p.m.cfg.Logger.Warn("group is not removed", "process", p.name, "error", err)
		}
	}
	p.m.watcher.Drop(c.events)
	e.record(exit, why)
	c.close()
}

// main asks the main process to end. After the grace period, or when the end is
// forced, it kills the tree. It returns false when the manager is closed.
func (e *ending) main() bool {
	if e.c.group == nil {
		// The scanner remembers them: without a marker they can be found by descent
		// only as long as their parents live.
		e.tree.members()
	}
	if e.stop.Grace > 0 && !e.p.isForced() && !e.ask() {
		return false
	}
	for tries := 0; !e.c.exited.Load(); tries++ {
		e.kill()
		if tries == 10 {
			e.warn("the kernel does not end the process although it was killed", e.c.pid)
		}
		if !e.p.pause(time.Now().Add(time.Second)) {
			return false
		}
	}
	return true
}

// ask sends the stop signal and waits for the grace period at most. It returns
// false when the manager is closed.
func (e *ending) ask() bool {
	due := time.Now().Add(e.stop.Grace)
	err := kernel.SignalGroup(e.c.pidfd, e.c.pid, e.stop.Signal)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		e.p.m.cfg.Logger.Warn("stop signal is not sent", "process", e.p.name, "error", err)
	}
	e.saveStop()
	for !e.c.exited.Load() && !e.p.isForced() && time.Now().Before(due) {
		if !e.p.pause(due) {
			return false
		}
	}
	return true
}

// saveStop lets the next manager go on with a stop that is in progress.
func (e *ending) saveStop() {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	if !e.p.wanted {
		e.p.save()
	}
}

func (p *process) isForced() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forced
}

// rest ends what the main process left behind. After a stop that was asked for,
// it may live on for Linger. It returns when no member of the tree is alive, and
// false when the manager is closed.
func (e *ending) rest() bool {
	if e.emptySoon() {
		return true
	}
	if e.asked && e.stop.Linger > 0 {
		if empty, ok := e.linger(); empty || !ok {
			return ok
		}
	}
	e.leftovers = len(e.tree.members())
	warnAt := time.Now().Add(10 * time.Second)
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		e.tree.kill()
		if !e.p.pause(time.Now().Add(wait)) {
			return false
		}
		if e.tree.empty() {
			return true
		}
		if !warnAt.IsZero() && time.Now().After(warnAt) {
			warnAt = time.Time{}
			e.warn(fmt.Sprintf("the kernel does not end what the process left: %v", e.tree.members()), 0)
		}
	}
}

// linger waits until the tree is empty, for Linger at most; not ok when the
// manager is closed.
func (e *ending) linger() (empty, ok bool) {
	for due := time.Now().Add(e.stop.Linger); time.Now().Before(due) && !e.p.isForced(); {
		if !e.p.pause(earlier(due, time.Now().Add(10*time.Millisecond))) {
			return false, false
		}
		if e.tree.empty() {
			return true, true
		}
	}
	return false, true
}

// emptySoon waits a moment for a group to become empty: the kernel reports the
// end of a process a little before it takes it out of its group.
func (e *ending) emptySoon() bool {
	for range 5 {
		if e.tree.empty() {
			return true
		}
		if _, grouped := e.tree.(groupTree); !grouped || len(e.tree.members()) > 0 {
			return false
		}
		time.Sleep(100 * time.Microsecond)
	}
	return e.tree.empty()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (e *ending) kill() {
	e.tree.kill()
	_ = kernel.Signal(e.c.pidfd, syscall.SIGKILL)
}

func (e *ending) warn(detail string, pid int) {
	e.p.report(Event{Type: EventWarning, Pid: pid, Detail: detail})
}

// exit finds out how the child ended; at is when the end was noticed.
func (e *ending) exit(at time.Time) Exit {
	ws, err := kernel.Reap(e.c.pid)
	if errors.Is(err, kernel.ErrNotOurs) {
		var ok bool
		if ws, ok = kernel.ExitOf(e.c.pidfd, 100*time.Millisecond); ok {
			err = nil
		}
	}
	exit := exitFrom(ws, err, at)
	if e.c.group != nil && e.p.m.groups.memory() {
		exit.OOM = e.c.group.Value("memory.events", "oom_kill") > 0
	}
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

// record records the end and decides what follows. why is the manager's reason,
// empty when the child ended by itself.
func (e *ending) record(exit Exit, why Cause) {
	p := e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if !e.asked {
		why = ownCause(exit, p.spec.Restart)
	}
	p.child = nil
	p.ends++
	p.lastExit = &exit
	event := Event{Type: EventExit, Cause: why, Pid: e.c.pid, Exit: &exit, Detail: exit.String()}
	if e.leftovers > 0 {
		event.Detail += fmt.Sprintf("; %d processes that it left behind were killed", e.leftovers)
	}
	p.publish(event)
	p.nextStart = time.Time{}
	e.decide(exit, why)
	p.endWhy, p.forced = "", false
	if p.removed || !p.wanted || p.state == StateExited || !p.nextStart.IsZero() {
		p.save()
	}
	p.notify()
}

// decide decides what follows the end; p.mu must be held.
func (e *ending) decide(exit Exit, why Cause) {
	p := e.p
	ran := exit.At.Sub(e.c.startedAt)
	switch {
	case p.removed || !p.wanted:
		p.setState(StateStopped, p.stopCause)
	case p.endWhy == CauseSoftLimit:
		// Restarted near its memory limit: at once after a long run, but a program
		// that reaches the limit again and again has to wait.
		p.decide(ran, counted(exit, why), why)
	case p.endWhy != "" && !p.endWhy.failure():
		p.startWhy = p.endWhy // a restart was asked for, even if the child ended by itself just then
	case e.asked && !why.failure():
		p.startWhy = why // stopped, and started again meanwhile
	default:
		p.decide(ran, counted(exit, why), why)
	}
}

// counted is the exit as the restart policy sees it: when the manager ended the
// child for a reason, it is a failure, whatever the exit status says.
func counted(exit Exit, why Cause) Exit {
	if why.failure() || why == CauseSoftLimit {
		exit.Kind, exit.Signal = ExitSignal, int(syscall.SIGKILL)
	}
	return exit
}

// failure tells whether an end by the manager counts as one.
func (c Cause) failure() bool { return c == CauseStale || c == CauseOOM || c == CausePids }

// ownCause names the cause when the child ended by itself.
func ownCause(exit Exit, policy RestartPolicy) Cause {
	switch {
	case exit.OOM:
		return CauseOOM
	case policy.succeeded(exit):
		return CauseExit
	}
	return CauseCrash
}

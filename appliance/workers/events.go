package workers

import (
	"context"
	"fmt"
	"time"

	"flowhq"
	"flowhq/procman"
)

// EventBuffer is how many events of the process manager may wait; beyond it they are read from its history.
const EventBuffer = 1024

// Watch tells the supervisor what happens to workers until ctx ends.
func Watch(ctx context.Context, m *procman.Manager, sub *procman.Subscription,
	tell func(string, flowhq.ProcessChange)) {
	defer sub.Close()
	var last uint64
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-sub.C:
			if !ok {
				return
			}
			if last != 0 && e.Seq > last+1 {
				tellMissed(m, last, e.Seq, tell)
			}
			if e.Seq > last {
				tellEvent(e, tell)
				last = e.Seq
			}
		}
	}
}

// tellMissed tells the events between two numbers, which the subscription was too slow for.
func tellMissed(m *procman.Manager, after, before uint64, tell func(string, flowhq.ProcessChange)) {
	for _, e := range m.Events(after) {
		if e.Seq < before {
			tellEvent(e, tell)
		}
	}
}

func tellEvent(e procman.Event, tell func(string, flowhq.ProcessChange)) {
	id, ok := TenantOf(e.Process)
	if !ok {
		return
	}
	if c, ok := changeOf(e); ok {
		tell(id, c)
	}
}

// changeOf gives a process manager's event in the words of the domain; false for one that the supervisor does not
// follow.
func changeOf(e procman.Event) (flowhq.ProcessChange, bool) {
	c := flowhq.ProcessChange{Name: e.Process, At: e.Time, PID: e.Pid, Cause: causeText(e),
		Wanted: wantedCause(e.Cause)}
	switch {
	case e.Type == procman.EventState && e.To == procman.StateRunning && e.Cause == procman.CauseAdopted:
		c.Kind = flowhq.ProcessAdopted
	case e.Type == procman.EventState && e.To == procman.StateRunning && e.From != procman.StateRunning:
		c.Kind = flowhq.ProcessStarted
	case e.Type == procman.EventState && e.To == procman.StateCrashLoop:
		c.Kind, c.Loop, c.OOM, c.PID = flowhq.ProcessExited, true, e.Cause == procman.CauseOOM, 0
		c.Cause = "it ended too soon after its start too often"
	case e.Type == procman.EventExit && e.Exit != nil && e.Exit.Kind == procman.ExitFailed:
		c.Kind, c.Cause = flowhq.ProcessFailed, e.Exit.Error
	case e.Type == procman.EventExit:
		c.Kind, c.OOM = flowhq.ProcessExited, e.Cause == procman.CauseOOM
	default:
		return c, false
	}
	return c, true
}

func wantedCause(c procman.Cause) bool {
	return c == procman.CauseRequest || c == procman.CauseShutdown || c == procman.CauseSpec
}

func causeText(e procman.Event) string {
	text := map[procman.Cause]string{
		procman.CauseRequest:   "as asked",
		procman.CauseCrash:     "by itself",
		procman.CauseExit:      "by itself",
		procman.CauseOOM:       "over its memory limit",
		procman.CauseSoftLimit: "close to its memory limit, asked to restart",
		procman.CausePids:      "over its limit of threads",
		procman.CauseStale:     "it did not answer any more",
		procman.CauseAdopted:   "",
		procman.CauseLost:      "while Flow HQ was away",
		procman.CauseShutdown:  "with Flow HQ",
		procman.CauseSpec:      "for changed settings",
	}[e.Cause]
	if e.Type == procman.EventExit && e.Exit != nil {
		if text == "" {
			return exitText(*e.Exit)
		}
		return fmt.Sprintf("%s, %s", text, exitText(*e.Exit))
	}
	return text
}

// Adopt takes over the workers that an earlier appliance left running, and tells of each. One that was found running
// and has ended since then waits for its spec to be started again; nobody else would name it, since it counts as about
// to run.
func (p *Processes) Adopt(tell func(string, flowhq.ProcessChange)) error {
	for _, s := range p.manager.List() {
		id, ok := TenantOf(s.Name)
		if !ok || s.Pid == 0 && !s.Wanted {
			continue
		}
		if err := p.Know(id); err != nil {
			return fmt.Errorf("a running worker cannot be taken over: %w", err)
		}
		if s.Pid == 0 {
			continue
		}
		p.runs(id, "") // until it says hello
		tell(id, flowhq.ProcessChange{Name: s.Name, At: time.Now(), Kind: flowhq.ProcessAdopted, PID: s.Pid})
	}
	return nil
}

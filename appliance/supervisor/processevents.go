package supervisor

import (
	"context"
	"fmt"
	"sync"

	"flowhq"
)

// ProcessEvents takes what the process manager tells and writes what follows from it. What nobody has handled yet is
// not bounded: it is small, and the manager must never wait.
type ProcessEvents struct {
	*core
	ready chan struct{} // one place: something is pending

	pendingMu sync.Mutex
	pending   []processEvent
}

type processEvent struct {
	tenantID   string
	change     flowhq.ProcessChange
	generation int // of the process that it is about
}

// ProcessChanged takes what happened to a worker's process. It never blocks; rows and time line follow in Run.
func (s *ProcessEvents) ProcessChanged(tenantID string, c flowhq.ProcessChange) {
	s.mu.Lock()
	w := s.worker(tenantID)
	w.ProcessChanged(c.Kind, s.now())
	item := processEvent{tenantID: tenantID, change: c, generation: w.generation}
	s.mu.Unlock()

	s.pendingMu.Lock()
	s.pending = append(s.pending, item)
	s.pendingMu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *ProcessEvents) run(ctx context.Context) {
	for {
		s.HandlePending(ctx)
		select {
		case <-ctx.Done():
			return
		case <-s.ready:
		}
	}
}

func (s *ProcessEvents) take() []processEvent {
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	taken := s.pending
	s.pending = nil
	return taken
}

func (s *ProcessEvents) handle(ctx context.Context, n processEvent) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	c := n.change
	s.Note(ctx, n.tenantID, flowhq.TenantEventWorker, eventText(c))
	s.announce(flowhq.ChangeWorker, n.tenantID, "")
	switch {
	case c.Kind == flowhq.ProcessFailed, c.Kind == flowhq.ProcessExited && c.Loop && !c.Wanted:
		s.crashed(ctx, n, true)
	case c.Kind == flowhq.ProcessExited && !c.Wanted:
		s.crashed(ctx, n, false)
	}
}

// crashed writes that a worker's process is gone, unless its successor is there already. hard: somebody must look.
func (s *ProcessEvents) crashed(ctx context.Context, n processEvent, hard bool) {
	w := s.entry(n.tenantID)
	w.apply.Lock()
	defer w.apply.Unlock()
	s.mu.Lock()
	ended := w.Ended(n.generation)
	s.mu.Unlock()
	if !ended {
		return
	}
	t, err := s.store.Tenant(ctx, n.tenantID)
	if err == nil {
		err = s.saveSession(ctx, n.tenantID, flowhq.SessionReport{Phase: flowhq.PhaseOff, LinkedJID: linkedJID(t)})
	}
	if err != nil {
		s.log.Warn("the end of a worker could not be written", "tenant", n.tenantID, "error", err)
	}
	if hard {
		s.failed(ctx, n.tenantID, failureOf(n.change))
	}
}

func eventText(c flowhq.ProcessChange) string {
	switch c.Kind {
	case flowhq.ProcessStarted:
		return withCause(fmt.Sprintf("The worker started (process %d)", c.PID), c.Cause)
	case flowhq.ProcessAdopted:
		return withCause(fmt.Sprintf("The worker was found running (process %d)", c.PID), c.Cause)
	case flowhq.ProcessFailed:
		return withCause("The worker could not be started", c.Cause)
	default:
		what := "The worker ended"
		if c.OOM {
			what = "The worker was ended for its memory"
		}
		if c.PID != 0 {
			what += fmt.Sprintf(" (process %d)", c.PID)
		}
		return withCause(what, c.Cause)
	}
}

func withCause(what, cause string) string {
	if cause == "" {
		return what
	}
	return what + ": " + cause
}

// failureOf is the text of last_error for a process that somebody must look at.
func failureOf(c flowhq.ProcessChange) string {
	switch {
	case c.Kind == flowhq.ProcessFailed:
		return flowhq.FailureText(sentence(withCause("The worker could not be started",
			c.Cause))+" See its log; it is tried again.", "")
	case c.OOM:
		return flowhq.FailureText("The worker needs more memory than WORKER_MEMORY_MAX again and again. "+
			"Raise the limit, or look into its log.", "")
	default:
		return flowhq.FailureText(sentence(withCause("The worker crashes again and again",
			c.Cause))+" See its log; it is tried again, ever more slowly.", "")
	}
}

// HandlePending handles what the process manager told so far.
func (s *ProcessEvents) HandlePending(ctx context.Context) {
	for _, e := range s.take() {
		s.handle(ctx, e)
	}
}

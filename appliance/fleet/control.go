package fleet

import (
	"context"
	"fmt"

	"flowhq"
)

// StartWorker wishes the worker to run and starts it. One that runs already, and a paused tenant, are CodeConflict. A
// worker that cannot be started is CodeUnavailable; the wish stays and the reason stands in its last error. One that waits
// for its next try is tried now, one that gave up showing codes shows new ones.
func (s *Service) StartWorker(ctx context.Context, by, id string) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := notPaused(t); err != nil {
			return err
		}
		how := s.processes.Start
		switch {
		case s.waits(id):
			how = s.processes.Restart // at once, not when its time has come
		case s.processes.Running(id) && s.wantsToBeAsked(id):
			return s.OpenLinking(ctx, id)
		case s.processes.Running(id):
			return flowhq.Errorf(flowhq.CodeConflict, "Worker already running")
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, "Worker started by "+by)
		s.mayTakeBack(id)
		return s.startBy(ctx, t, "Worker started by "+by, how)
	})
}

// waits tells whether a worker is wished to run and has no process, because it ended too often or could not be started.
func (s *Service) waits(id string) bool {
	p, ok := s.processes.Process(id)
	return ok && p.PID == 0 && p.NextStart != nil
}

// StopWorker wishes the worker not to run and stops it; it returns when its processes are gone. Stopping a stopped worker
// is no error.
func (s *Service) StopWorker(ctx context.Context, by, id string) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		if err := s.workerExists(ctx, id); err != nil {
			return err
		}
		if err := s.store.SetDesired(ctx, id, flowhq.DesiredStopped); err != nil {
			return err
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, "Worker stopped by "+by)
		if err := s.halt(ctx, id); err != nil {
			return err
		}
		return s.transition(ctx, id, flowhq.TriggerStopped, "Worker stopped by "+by)
	})
}

// RestartWorker ends the worker, letting it finish what is in hand, and starts it anew; a stopped one is started.
func (s *Service) RestartWorker(ctx context.Context, by, id string) error {
	return s.restart(ctx, id, "Worker restarted by "+by, s.processes.Restart)
}

// ForceRestartWorker kills the worker at once and starts it anew. Keys, journal and link are kept.
func (s *Service) ForceRestartWorker(ctx context.Context, by, id string) error {
	return s.restart(ctx, id, "Worker force-restarted by "+by, s.processes.ForceRestart)
}

func (s *Service) restart(ctx context.Context, id, cause string, how func(context.Context, string) error) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		if err := s.workerExists(ctx, id); err != nil {
			return err
		}
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := notPaused(t); err != nil {
			return err
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, cause)
		s.mayTakeBack(id)
		if !s.processes.Running(id) {
			how = s.processes.Start
		}
		return s.startBy(ctx, t, cause, how)
	})
}

func notPaused(t flowhq.TenantDetail) error {
	if t.Status == flowhq.TenantPaused {
		return flowhq.Errorf(flowhq.CodeConflict, "The tenant is paused. Resume it first.")
	}
	return nil
}

func (s *Service) workerExists(ctx context.Context, id string) error {
	_, err := s.store.Tenant(ctx, id)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound {
		return flowhq.NotFound("Tenant or worker")
	}
	return err
}

// start makes a worker run. The tenant's lock is held.
func (s *Service) start(ctx context.Context, t flowhq.TenantDetail, cause string) error {
	return s.startBy(ctx, t, cause, s.processes.Start)
}

// startBy writes what is going to be and then lets it be: a worker that is quick to report finds the row ready.
func (s *Service) startBy(ctx context.Context, t flowhq.TenantDetail, cause string, how func(context.Context, string) error) error {
	if s.ending() {
		return flowhq.Errorf(flowhq.CodeUnavailable, "Flow HQ is being stopped. Start the worker again when it is back.")
	}
	if err := s.unfenced(ctx, t.ID); err != nil {
		return err
	}
	if err := s.store.SetDesired(ctx, t.ID, flowhq.DesiredRunning); err != nil {
		return err
	}
	if err := s.begin(ctx, t); err != nil {
		return err
	}
	occurrence := flowhq.TriggerStartedUnlinked
	if t.Session.Linked() {
		occurrence = flowhq.TriggerStartedLinked
	}
	if err := s.transition(ctx, t.ID, occurrence, cause); err != nil {
		return err
	}
	if err := how(ctx, t.ID); err != nil {
		return s.startFailed(ctx, t.ID, err)
	}
	return nil
}

// begin makes rows and memory ready for a new process.
func (s *Service) begin(ctx context.Context, t flowhq.TenantDetail) error {
	s.mu.Lock()
	w := s.worker(t.ID)
	s.mu.Unlock()
	w.apply.Lock()
	defer w.apply.Unlock()

	s.mu.Lock()
	w.halting, w.dirty, w.reported, w.connected, w.silent = false, false, false, false, false
	w.began, w.written, w.leftOut = s.now(), flowhq.SessionReport{}, nil
	s.mu.Unlock()
	if err := s.setWorkerStatus(ctx, t.ID, flowhq.WorkerRunning, "", ""); err != nil {
		return err
	}
	return s.saveSession(ctx, t.ID, flowhq.SessionReport{Phase: flowhq.PhaseStarting, LinkedJID: linkedJID(t)})
}

// startFailed leaves the reason on the worker's row and gives the error for whoever asked.
func (s *Service) startFailed(ctx context.Context, id string, cause error) error {
	text := flowhq.FailureText(fmt.Sprintf("The worker could not be started: %s.", reason(cause)), "")
	s.log.Error("a worker could not be started", "tenant", id, "error", cause)
	s.failed(ctx, id, text)
	return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: text, Cause: cause}
}

// failed writes that something ended a worker's usefulness: its row and its tenant are ERROR.
func (s *Service) failed(ctx context.Context, id, text string) {
	if err := s.setWorkerStatus(ctx, id, flowhq.WorkerError, text, ""); err != nil {
		s.log.Error("a worker's failure could not be written", "tenant", id, "failure", text, "error", err)
	}
	if err := s.transition(ctx, id, flowhq.TriggerFailed, text); err != nil {
		s.log.Error("a tenant's failure could not be written", "tenant", id, "failure", text, "error", err)
	}
}

// halt stops a worker and writes that it is stopped. The tenant's lock is held. An error that still explains the tenant's
// state is kept.
func (s *Service) halt(ctx context.Context, id string) error {
	s.mu.Lock()
	w := s.worker(id)
	w.halting = true
	s.mu.Unlock()
	if err := s.processes.Stop(ctx, id); err != nil {
		s.mu.Lock()
		w.halting = false
		s.mu.Unlock()
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "The worker could not be stopped: " + reason(err) + ". Try again, or force a restart.", Cause: err}
	}
	return s.writeStopped(ctx, id)
}

func (s *Service) writeStopped(ctx context.Context, id string) error {
	s.mu.Lock()
	w := s.worker(id)
	s.mu.Unlock()
	w.apply.Lock()
	defer w.apply.Unlock()

	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	w.live, w.dirty, w.reported, w.silent = false, false, false, false
	delete(s.beats, id)
	s.mu.Unlock()
	if err := s.saveSession(ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseOff, LinkedJID: linkedJID(t)}); err != nil {
		return err
	}
	keep := ""
	if t.Status == flowhq.TenantError && t.Worker != nil {
		keep = t.Worker.LastError
	}
	return s.setWorkerStatus(ctx, id, flowhq.WorkerStopped, keep, "")
}

func linkedJID(t flowhq.TenantDetail) string {
	if t.Session == nil {
		return ""
	}
	return t.Session.LinkedJID
}

// reason gives an error as a person may read it.
func reason(err error) string {
	if e, ok := flowhqError(err); ok {
		return e.Message
	}
	return err.Error()
}

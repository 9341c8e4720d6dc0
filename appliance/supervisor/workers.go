package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq"
	"flowhq/locale/key"
)

// Workers starts, stops and restarts workers at the request of people and other programs.
type Workers struct {
	*core
	devices *Devices
}

// StartWorker makes running the worker's desired state and starts it. One that runs already is CodeRunning, a paused
// tenant CodeConflict. A worker that cannot be started is CodeUnavailable; the desired state stays and the reason
// stands in its last error. One that waits for its next try is tried now, one that gave up showing codes shows new
// ones.
func (s *Workers) StartWorker(ctx context.Context, by, id string) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		d, err := s.decide(ctx, StartAsked, t)
		if err != nil {
			return err
		}
		if d == ShowCodes {
			return s.devices.OpenLinking(ctx, id)
		}
		how := s.processes.Start
		if d == Restart {
			how = s.processes.Restart
		}
		return s.asked(ctx, d, t, "Worker started by "+by, how)
	})
}

// asked starts or restarts a worker at an admin's request, unless it is refused.
func (s *Workers) asked(ctx context.Context, d Decision, t flowhq.TenantDetail, cause string,
	how func(context.Context, string) error) error {
	if err := s.refusal(ctx, d, t); err != nil {
		return err
	}
	s.Note(ctx, t.ID, flowhq.TenantEventAdmin, cause)
	s.mayTakeBack(t.ID)
	return s.begin(ctx, t, cause, how)
}

// refusal gives the error of a decision that refuses, nil for any other.
func (s *Workers) refusal(ctx context.Context, d Decision, t flowhq.TenantDetail) error {
	switch d {
	case RefusePaused:
		return flowhq.Fail(flowhq.CodeConflict, key.RefusalTenantPaused)
	case RefuseRunning:
		return flowhq.Fail(flowhq.CodeRunning, key.RefusalWorkerRunning)
	case RefuseEnding:
		return flowhq.Fail(flowhq.CodeUnavailable, key.RefusalStopping)
	case RefuseHeld:
		return s.held(ctx, t.ID)
	}
	return nil
}

// held says from when the backup is that holds a tenant back.
func (s *Workers) held(ctx context.Context, id string) error {
	hold, err := s.store.RestoreHold(ctx, id)
	if err != nil || hold == nil {
		return err
	}
	return flowhq.Fail(flowhq.CodeConflict, key.RefusalRestoreHeld,
		"taken", hold.Origin.TakenAt.UTC().Format("2006-01-02 15:04 UTC"))
}

// StopWorker makes stopped the worker's desired state and stops it; it returns when its processes are gone. Stopping
// a stopped worker is not an error.
func (s *Workers) StopWorker(ctx context.Context, by, id string) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		if _, err := s.tenantOfWorker(ctx, id); err != nil {
			return err
		}
		if err := s.store.SetDesired(ctx, id, flowhq.DesiredStopped); err != nil {
			return err
		}
		s.Note(ctx, id, flowhq.TenantEventAdmin, "Worker stopped by "+by)
		if err := s.Halt(ctx, id); err != nil {
			return err
		}
		return s.transition(ctx, id, flowhq.TriggerStopped, "Worker stopped by "+by)
	})
}

// RestartWorker ends the worker, letting it finish what is in hand, and starts it anew; a stopped one is started.
func (s *Workers) RestartWorker(ctx context.Context, by, id string) error {
	return s.restart(ctx, id, "Worker restarted by "+by, s.processes.Restart)
}

// ForceRestartWorker kills the worker at once and starts it anew. Keys, journal and link are kept.
func (s *Workers) ForceRestartWorker(ctx context.Context, by, id string) error {
	return s.restart(ctx, id, "Worker force-restarted by "+by, s.processes.ForceRestart)
}

func (s *Workers) restart(ctx context.Context, id, cause string, how func(context.Context, string) error) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.tenantOfWorker(ctx, id)
		if err != nil {
			return err
		}
		d, err := s.decide(ctx, RestartAsked, t)
		if err != nil {
			return err
		}
		if d == Start {
			how = s.processes.Start
		}
		return s.asked(ctx, d, t, cause, how)
	})
}

// tenantOfWorker reads the tenant of a worker; one that is missing is "Tenant or worker not found".
func (s *Workers) tenantOfWorker(ctx context.Context, id string) (flowhq.TenantDetail, error) {
	t, err := s.store.Tenant(ctx, id)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound {
		return t, flowhq.NotFound("Tenant or worker")
	}
	return t, err
}

// Start makes a worker run for something else that an admin did. It must be called within Exclusively.
func (s *Workers) Start(ctx context.Context, t flowhq.TenantDetail, cause string) error {
	d, err := s.decide(ctx, StartImplied, t)
	if err == nil {
		err = s.refusal(ctx, d, t)
	}
	if err != nil {
		return err
	}
	return s.begin(ctx, t, cause, s.processes.Start)
}

// begin writes what is going to be and then lets it be: a worker that is quick to report finds the row ready.
func (s *Workers) begin(ctx context.Context, t flowhq.TenantDetail, cause string,
	how func(context.Context, string) error) error {
	if err := s.store.SetDesired(ctx, t.ID, flowhq.DesiredRunning); err != nil {
		return err
	}
	if err := s.prepare(ctx, t); err != nil {
		return err
	}
	trigger := flowhq.TriggerStartedUnlinked
	if t.Session.Linked() {
		trigger = flowhq.TriggerStartedLinked
	}
	if err := s.transition(ctx, t.ID, trigger, cause); err != nil {
		return err
	}
	if err := how(ctx, t.ID); err != nil {
		return s.startFailed(ctx, t.ID, err)
	}
	return nil
}

// prepare makes rows and memory ready for a new process.
func (s *Workers) prepare(ctx context.Context, t flowhq.TenantDetail) error {
	w := s.entry(t.ID)
	w.apply.Lock()
	defer w.apply.Unlock()

	s.mu.Lock()
	w.WorkerState.Start(s.now())
	w.ignored = nil
	s.mu.Unlock()
	if err := s.setWorkerStatus(ctx, t.ID, flowhq.WorkerRunning, "", ""); err != nil {
		return err
	}
	return s.saveSession(ctx, t.ID, flowhq.SessionReport{Phase: flowhq.PhaseStarting, LinkedJID: linkedJID(t)})
}

// startFailed leaves the reason on the worker's row and gives the error for the caller.
func (s *Workers) startFailed(ctx context.Context, id string, cause error) error {
	text := flowhq.FailureText(fmt.Sprintf("The worker could not be started: %s.", reason(cause)), "")
	s.log.Error("a worker could not be started", "tenant", id, "error", cause)
	s.failed(ctx, id, text)
	return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: text, Cause: cause}
}

// Halt stops a worker and writes that it is stopped. The tenant's lock is held. An error that still explains the
// tenant's state is kept.
func (s *Workers) Halt(ctx context.Context, id string) error {
	s.mu.Lock()
	w := s.worker(id)
	w.Halt()
	s.mu.Unlock()
	if err := s.processes.Stop(ctx, id); err != nil {
		s.mu.Lock()
		w.HaltFailed()
		s.mu.Unlock()
		return &flowhq.Error{
			Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.RefusalWorkerNotStopped, "reason", reason(err)),
			Cause: err,
		}
	}
	return s.writeStopped(ctx, id)
}

func (s *Workers) writeStopped(ctx context.Context, id string) error {
	w := s.entry(id)
	w.apply.Lock()
	defer w.apply.Unlock()

	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	w.Stopped()
	delete(s.beats, id)
	s.mu.Unlock()
	if err := s.saveSession(ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseOff,
		LinkedJID: linkedJID(t)}); err != nil {
		return err
	}
	keep := ""
	if t.Status == flowhq.TenantError && t.Worker != nil {
		keep = t.Worker.LastError
	}
	return s.setWorkerStatus(ctx, id, flowhq.WorkerStopped, keep, "")
}

// mayTakeBack notes that an admin starts a worker.
func (s *Workers) mayTakeBack(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worker(id).MayTakeBack()
}

// Unlink asks a running worker to log its device out, for good: the tenant is deleted or gets another device. A few
// seconds are spent on it; what fails is logged, and the owner sees the device in the phone's list still.
func (s *Workers) Unlink(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, logoutPatience)
	defer cancel()
	if err := s.links.Logout(ctx, id); err != nil {
		s.log.Warn("a device could not be unlinked; its owner sees it in the phone's list still", "tenant", id,
			"error", err)
	}
}

// logoutPatience is how long the deletion of a tenant waits for WhatsApp to unlink the device.
const logoutPatience = 10 * time.Second

// Connected tells whether a tenant's worker can be asked something now.
func (s *Workers) Connected(id string) bool { return s.links.Connected(id) }

// Running tells whether a tenant's worker has a process, or is about to.
func (s *Workers) Running(id string) bool { return s.processes.Running(id) }

// Desire writes whether a tenant's worker should run, and does nothing else.
func (s *Workers) Desire(ctx context.Context, id string, state flowhq.DesiredState) error {
	return s.store.SetDesired(ctx, id, state)
}

// Forget drops what is known of the worker of a tenant that is gone, its logs included. What fails harms nobody and
// is logged.
func (s *Workers) Forget(ctx context.Context, id string) {
	s.drop(id)
	if err := s.processes.Forget(ctx, id); err != nil {
		s.log.Warn("the logs of a deleted tenant could not be removed", "tenant", id, "error", err)
	}
}

// Call asks a tenant's running worker something, within fifteen seconds. CodeNotFound for an unknown tenant,
// CodeUnavailable for a worker that does not run or is not connected yet.
func (s *Workers) Call(ctx context.Context, id string, call func(context.Context) error) error {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return err
	}
	if err := s.reachable(id); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return call(ctx)
}

func linkedJID(t flowhq.TenantDetail) string {
	if t.Session == nil {
		return ""
	}
	return t.Session.LinkedJID
}

// reason gives an error as a person may read it.
func reason(err error) string {
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		return cmp.Or(e.Message, e.Text.String())
	}
	return err.Error()
}

// StartUnlessRunning is StartWorker for one of several: a worker that runs already is where it should be.
func (s *Workers) StartUnlessRunning(ctx context.Context, by, id string) error {
	if s.processes.Running(id) {
		return nil
	}
	return s.StartWorker(ctx, by, id)
}

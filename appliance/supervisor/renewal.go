package supervisor

import (
	"context"
	"slices"
	"time"

	"flowhq"
)

// After a hand-over to another version of the program its workers still run the one before. They are moved one at a
// time, each by one planned reconnect, and those in the middle of linking wait until that is over.
const (
	renewEvery = time.Second
	renewPause = 200 * time.Millisecond // between two, so that the page and the others come first
	renewBack  = time.Minute            // how long one may take until it is as well as before
	renewHold  = 10 * time.Minute       // nobody else is moved for so long after one that did not come back
)

// renewal moves workers to the present version of the program.
type renewal struct {
	*core
	workers  *Workers
	version  string        // of the program
	patience time.Duration // how long one worker may take until it is as well as before
	again    time.Time     // no worker is moved before; only the renewal's goroutine looks at it
}

func (s *renewal) run(ctx context.Context) { every(ctx, renewEvery, s.renew) }

// renew moves all workers that may be moved now.
func (s *renewal) renew(ctx context.Context) {
	for ctx.Err() == nil && !s.ending() && !s.now().Before(s.again) {
		id := s.nextOutdated()
		if id == "" || !s.renewOne(ctx, id) {
			return
		}
		pause(ctx, renewPause)
	}
}

// nextOutdated gives a worker that runs another program than the present one and may be moved now, "" for none.
func (s *renewal) nextOutdated() string {
	outdated := s.processes.Outdated()
	s.clearMoved(outdated)
	down := s.outage.Down() // the worker's rows cannot be written, and it works on as it is
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range outdated {
		f := Facts{ShouldRun: true, Running: true, Ending: s.shutting, StoreDown: down}
		if s.worker(id).Decide(Renew, f, s.now()) == Restart {
			return id
		}
	}
	return ""
}

// clearMoved takes back the alarms of workers that came to the present version in another way.
func (s *renewal) clearMoved(outdated []string) {
	for _, a := range s.alarms.List() {
		if a.Kind != flowhq.AlarmWorkerUpgrade || slices.Contains(outdated, a.TenantID) {
			continue
		}
		if _, reported := s.latest(a.TenantID); reported || !s.processes.Running(a.TenantID) {
			s.alarms.Clear(flowhq.AlarmWorkerUpgrade, a.TenantID)
		}
	}
}

// renewOne moves one worker and tells whether it is well again.
func (s *renewal) renewOne(ctx context.Context, id string) bool {
	was, reported := s.latest(id)
	before := s.generation(id)
	wanted := false
	err := s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		d, err := s.decide(ctx, Renew, t)
		if err != nil || d == Leave {
			return err // somebody stopped it meanwhile, or is about to link a device
		}
		wanted = true
		if d != Restart {
			return s.workers.refusal(ctx, d, t)
		}
		return s.workers.begin(ctx, t, "Worker moved to the program's present version", s.processes.Restart)
	})
	switch {
	case err != nil:
		s.log.Error("a worker could not be moved to this version", "tenant", id, "error", err)
		s.renewFailed(id)
	case wanted && !s.backAgain(ctx, id, before, reported && was.Phase == flowhq.PhaseConnected) && ctx.Err() == nil &&
		!s.ending():
		s.log.Error("a worker did not come back after it was moved to this version; the others stay for now", "tenant",
			id, "wait", renewHold)
		s.renewFailed(id)
	case wanted && slices.Contains(s.processes.Outdated(), id):
		// The program's file was exchanged under the appliance: moving workers again and again would bring nothing
		// but silence.
		s.log.Error("a worker that was moved runs another program than this appliance; the others stay for now",
			"tenant", id, "wait", renewHold)
		s.renewFailed(id)
	case wanted:
		s.log.Info("a worker runs this version now", "tenant", id)
		s.alarms.Clear(flowhq.AlarmWorkerUpgrade, id)
		return true
	}
	return false
}

func (s *renewal) renewFailed(id string) {
	s.again = s.now().Add(renewHold)
	s.alarms.Raise(flowhq.AlarmWorkerUpgrade, id, map[string]string{"version": s.version})
}

// backAgain waits until a moved worker reports, and is connected where it was before. What the process of the
// generation before said, up to its end, does not count.
func (s *renewal) backAgain(ctx context.Context, id string, before int, connected bool) bool {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	for ctx.Err() == nil {
		if r, reported := s.latest(id); reported && s.generation(id) != before &&
			(!connected || r.Phase == flowhq.PhaseConnected) {
			return true
		}
		if !s.processes.Running(id) {
			return true // stopped by somebody
		}
		pause(ctx, renewPause/4)
	}
	return false
}

// generation counts the processes that a worker has had.
func (s *renewal) generation(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.worker(id).generation
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

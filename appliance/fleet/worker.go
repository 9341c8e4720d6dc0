package fleet

import (
	"context"
	"sync"
	"time"

	"flowhq"
)

// worker is what is known of one tenant's worker in memory. Its fields are guarded by Service.mu, apart from apply.
type worker struct {
	apply sync.Mutex // orders the writes of this worker's state; taken before Service.mu, never after

	generation int       // counts processes
	live       bool      // a process is there, as far as was told
	halting    bool      // it is being stopped; what it still says is not written
	began      time.Time // when this process was first known
	beat       time.Time // last sign of life
	pinging    bool      // the stale check is at it

	report    flowhq.SessionReport // the latest
	reported  bool
	written   flowhq.SessionReport // what the store has
	dirty     bool                 // report is not in the store yet
	retryAt   time.Time            // not before, after a failure
	connected bool                 // this process was connected once

	heard  time.Time // when news of WhatsApp last reached the appliance
	silent bool      // told as ERROR because WhatsApp is not heard from

	known     bool // status and lastError are as in the store
	status    flowhq.WorkerStatus
	lastError string
	failure   flowhq.Phase // the phase that lastError is about, "" for none

	takeBack int // how often it may be told to take its device back, because an admin started it

	leftOut map[flowhq.IgnoredSource]int64 // what this process counted

	revision int64 // of the configuration last sent
}

// worker gives a tenant's entry, made when missing. Service.mu must be held.
func (s *Service) worker(id string) *worker {
	w, ok := s.workers[id]
	if !ok {
		w = &worker{began: s.now()}
		s.workers[id] = w
	}
	return w
}

// setWorkerStatus writes status and last error where they differ from what is known to stand there.
func (s *Service) setWorkerStatus(ctx context.Context, id string, status flowhq.WorkerStatus, lastError string, about flowhq.Phase) error {
	s.mu.Lock()
	w := s.worker(id)
	same := w.known && w.status == status && w.lastError == lastError
	w.failure = about
	s.mu.Unlock()
	if same {
		return nil
	}
	err := s.store.SetWorkerStatus(ctx, id, status, lastError)
	s.mu.Lock()
	w.known, w.status, w.lastError = err == nil, status, lastError
	s.mu.Unlock()
	if err == nil {
		s.changed(flowhq.ChangeWorker, id, "")
	}
	return err
}

// transition lets something happen to a tenant and tells whoever watches when its status changed.
func (s *Service) transition(ctx context.Context, id string, o flowhq.StatusTrigger, cause string) error {
	from, to, err := s.store.Transition(ctx, id, o, cause)
	if err != nil || from == to {
		return err
	}
	s.log.Info("tenant status changed", "tenant", id, "from", from, "to", to, "cause", cause)
	s.changed(flowhq.ChangeTenant, id, "")
	if to == flowhq.TenantActive {
		s.changed(flowhq.ChangeSetupRequest, id, "")
	}
	return nil
}

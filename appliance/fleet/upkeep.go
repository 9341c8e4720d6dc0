package fleet

import (
	"context"
	"sync"
	"time"

	"flowhq"
)

// parallel is how many workers are started, asked or told at once.
const parallel = 8

// inParallel calls do for each id, a few at once, and returns when all are done.
func inParallel(ids []string, do func(id string)) {
	places := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for _, id := range ids {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(id)
		})
	}
	all.Wait()
}

// ending tells whether the appliance is being stopped.
func (s *Service) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutting
}

// Ending makes the service start no more workers; what runs goes on. It is called before the processes are stopped.
func (s *Service) Ending() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shutting = true
	for _, w := range s.workers {
		w.halting = true
	}
}

// Ended writes that all workers are stopped; their wishes stay. It is called when the processes are gone.
func (s *Service) Ended(ctx context.Context) {
	s.flush(ctx)
	s.mu.Lock()
	var ids []string
	for id, w := range s.workers {
		if w.generation > 0 {
			ids = append(ids, id)
		}
	}
	s.mu.Unlock()
	inParallel(ids, func(id string) {
		if err := s.writeStopped(ctx, id); err != nil && flowhq.CodeOf(err) != flowhq.CodeNotFound {
			s.log.Warn("the end of a worker could not be written", "tenant", id, "error", err)
		}
	})
}

// outage notes that the store cannot be used. Service.mu is held.
func (s *Service) outage(err error) {
	why := flowhq.OutageOf(err)
	switch {
	case why == "":
	case why == flowhq.OutageDamaged: // a part of it is, for good; the rest goes on
		s.damage(err)
	case !s.down:
		s.down, s.downAs = true, why.Alarm()
		s.alarms.Raise(s.downAs, "", nil)
		s.log.Error("the database is away; workers go on, what they report is kept until it is back", "why", why, "error", err)
	}
}

// damage raises the alarm of a damaged database, once.
func (s *Service) damage(err error) {
	backup := "none"
	if s.lastBackup != nil {
		if name := s.lastBackup(); name != "" {
			backup = name
		}
	}
	if !s.damaged {
		s.log.Error("the database is damaged; restore the newest good backup", "backup", backup, "error", err)
	}
	s.damaged = true
	s.alarms.Raise(flowhq.AlarmDatabaseDamaged, "", map[string]string{"backup": backup})
}

// stillAway notes why an outage goes on, which may be another reason than the one that it began with.
func (s *Service) stillAway(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := flowhq.OutageOf(err).Alarm()
	if s.down && kind != s.downAs {
		s.alarms.Clear(s.downAs, "")
		s.downAs = kind
		s.alarms.Raise(kind, "", nil)
		s.log.Error("the database is still away", "error", err)
	}
}

// usable tells whether the store can be used, by writing to it where it can do that.
func (s *Service) usable(ctx context.Context) error {
	if p, ok := s.store.(Prober); ok {
		return p.Probe(ctx)
	}
	return s.store.Ping(ctx)
}

// runCheck looks for damage, a while after the start and then once a day.
func (s *Service) runCheck(ctx context.Context) {
	checker, ok := s.store.(Checker)
	if !ok {
		return
	}
	timer := time.NewTimer(firstCheck)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		s.CheckStore(ctx, checker)
		timer.Reset(checkEvery)
	}
}

// CheckStore looks for damage once: it raises the alarm, or takes it back.
func (s *Service) CheckStore(ctx context.Context, c Checker) {
	err := c.Check(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.damaged {
		s.damaged = false
		s.alarms.Clear(flowhq.AlarmDatabaseDamaged, "")
	}
	s.outage(err)
}

// storeAnswered notes an outage that err tells of.
func (s *Service) storeAnswered(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outage(err)
}

// runFlush writes grouped heartbeats, looks after an outage, and repeats what could not be written.
func (s *Service) runFlush(ctx context.Context) { every(ctx, flushEvery, s.flush) }

func (s *Service) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if !s.storeBack(ctx) {
		return
	}
	s.flushBeats(ctx)
	inParallel(s.unwritten(), func(id string) { s.applyReport(ctx, id) })
}

// storeBack tells whether the store can be used; after an outage it looks. Everybody has time again to give a sign of
// life then: an outage makes nobody stale.
func (s *Service) storeBack(ctx context.Context) bool {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if !down {
		return true
	}
	if err := s.usable(ctx); err != nil {
		s.stillAway(err)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
	s.alarms.Clear(s.downAs, "")
	s.base = s.now()
	for _, w := range s.workers {
		w.retryAt = s.base
	}
	s.log.Info("the database is back")
	return true
}

func (s *Service) flushBeats(ctx context.Context) {
	s.mu.Lock()
	beats := make([]flowhq.Heartbeat, 0, len(s.beats))
	for _, b := range s.beats {
		beats = append(beats, b)
	}
	clear(s.beats)
	s.mu.Unlock()
	if len(beats) == 0 {
		return
	}
	err := s.store.Heartbeats(ctx, beats)
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range beats {
		if _, newer := s.beats[b.TenantID]; !newer {
			s.beats[b.TenantID] = b
		}
	}
	if s.outage(err); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		s.log.Error("heartbeats could not be written", "workers", len(beats), "error", err)
	}
}

func (s *Service) unwritten() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var ids []string
	for id, w := range s.workers {
		if w.dirty && !w.halting && !now.Before(w.retryAt) {
			ids = append(ids, id)
		}
	}
	return ids
}

// runReconcile brings the world to the wish: at the start, and again and again for what went wrong in between.
func (s *Service) runReconcile(ctx context.Context) { every(ctx, reconcileEvery, s.reconcile) }

func (s *Service) reconcile(ctx context.Context) {
	wished, err := s.store.ShouldRun(ctx)
	if err != nil {
		if s.storeAnswered(err); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
			s.log.Error("the wished workers could not be read", "error", err)
		}
		return
	}
	want := make(map[string]bool, len(wished))
	var missing, extra []string
	for _, id := range wished {
		want[id] = true
		if !s.processes.Running(id) {
			missing = append(missing, id)
		}
	}
	for _, id := range s.processes.Tenants() {
		if !want[id] {
			extra = append(extra, id)
		}
	}
	inParallel(missing, func(id string) { s.reconcileOne(ctx, id, s.startWished) })
	inParallel(extra, func(id string) { s.reconcileOne(ctx, id, s.stopUnwished) })
}

func (s *Service) reconcileOne(ctx context.Context, id string, do func(context.Context, string) error) {
	if ctx.Err() != nil || s.ending() {
		return
	}
	if err := s.exclusively(ctx, id, func(ctx context.Context) error { return do(ctx, id) }); err != nil {
		s.log.Error("a worker could not be brought to what is wished of it", "tenant", id, "error", err)
	}
}

// startWished starts a worker that should run; the tenant's status waits for what the worker reports, apart from one
// that has to be linked.
func (s *Service) startWished(ctx context.Context, id string) error {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return err
	}
	if !wished(t) || s.processes.Running(id) {
		return nil
	}
	if f, err := s.store.RestoreHold(ctx, id); err != nil || f != nil { // whoever wished it did not know
		return err
	}
	if err := s.begin(ctx, t); err != nil {
		return err
	}
	if !t.Session.Linked() {
		if err := s.transition(ctx, id, flowhq.TriggerStartedUnlinked, "Worker started, as it was wished before"); err != nil {
			return err
		}
	}
	if err := s.processes.Start(ctx, id); err != nil {
		return s.startFailed(ctx, id, err)
	}
	return nil
}

// stopUnwished stops a worker that should not run: its tenant was paused, stopped or deleted while nobody looked.
func (s *Service) stopUnwished(ctx context.Context, id string) error {
	t, err := s.store.Tenant(ctx, id)
	switch {
	case flowhq.CodeOf(err) == flowhq.CodeNotFound:
		s.log.Warn("a worker without a tenant is stopped", "tenant", id)
		return s.processes.Stop(ctx, id)
	case err != nil || wished(t):
		return err
	}
	s.log.Warn("a worker that should not run is stopped", "tenant", id)
	return s.halt(ctx, id)
}

func wished(t flowhq.TenantDetail) bool {
	return t.Worker != nil && t.Worker.DesiredState == flowhq.DesiredRunning && t.Status != flowhq.TenantPaused
}

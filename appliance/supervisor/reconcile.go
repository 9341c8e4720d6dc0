package supervisor

import (
	"context"

	"flowhq"
)

// reconciler compares what should run with what runs, and makes it so.
type reconciler struct {
	*core
	workers *Workers
	desired DesiredStore
}

// run brings the world to the desired state: at the start, and again and again for what went wrong in between.
func (s *reconciler) run(ctx context.Context) { every(ctx, reconcileEvery, s.reconcile) }

func (s *reconciler) reconcile(ctx context.Context) {
	ids, err := s.desired.ShouldRun(ctx)
	if err != nil {
		if s.outage.Note(err); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
			s.log.Error("the desired workers could not be read", "error", err)
		}
		return
	}
	want := make(map[string]bool, len(ids))
	var missing, extra []string
	for _, id := range ids {
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
	InParallel(missing, func(id string) { s.reconcileOne(ctx, id, s.startMissing) })
	InParallel(extra, func(id string) { s.reconcileOne(ctx, id, s.stopExtra) })
}

func (s *reconciler) reconcileOne(ctx context.Context, id string, do func(context.Context, string) error) {
	if ctx.Err() != nil || s.ending() {
		return
	}
	if err := s.Exclusively(ctx, id, func(ctx context.Context) error { return do(ctx, id) }); err != nil {
		s.log.Error("a worker could not be brought to what is desired of it", "tenant", id, "error", err)
	}
}

// startMissing starts a worker that should run; the tenant's status waits for what the worker reports, apart from one
// that has to be linked.
func (s *reconciler) startMissing(ctx context.Context, id string) error {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return err
	}
	if d, err := s.decide(ctx, Reconcile, t); err != nil || d != Start {
		return err
	}
	if err := s.workers.prepare(ctx, t); err != nil {
		return err
	}
	if !t.Session.Linked() {
		if err := s.transition(ctx, id, flowhq.TriggerStartedUnlinked,
			"Worker started, as it was wished before"); err != nil {
			return err
		}
	}
	if err := s.processes.Start(ctx, id); err != nil {
		return s.workers.startFailed(ctx, id, err)
	}
	return nil
}

// stopExtra stops a worker that should not run: its tenant was paused, stopped or deleted while nobody looked.
func (s *reconciler) stopExtra(ctx context.Context, id string) error {
	t, err := s.store.Tenant(ctx, id)
	switch {
	case flowhq.CodeOf(err) == flowhq.CodeNotFound:
		s.log.Warn("a worker without a tenant is stopped", "tenant", id)
		return s.processes.Stop(ctx, id)
	case err != nil:
		return err
	}
	if d, err := s.decide(ctx, Reconcile, t); err != nil || d != Stop {
		return err
	}
	s.log.Warn("a worker that should not run is stopped", "tenant", id)
	return s.workers.Halt(ctx, id)
}

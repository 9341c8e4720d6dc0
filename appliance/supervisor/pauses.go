package supervisor

import (
	"context"
	"time"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// maxReason is how many characters the reason of a pause may have.
const maxReason = 300

// pausesEvery is how often it is looked whether a pause is over.
const pausesEvery = 30 * time.Second

// Pauses switches tenants off for a while.
type Pauses struct {
	*core
	workers *Workers
	pauses  PauseStore
}

// Pause switches a tenant off: its worker is stopped and stays so until Resume, over restarts of everything.
func (s *Pauses) Pause(ctx context.Context, by, id string) error {
	return s.PauseFor(ctx, by, id, flowhq.Pause{})
}

// PauseFor is Pause with a reason, and with the moment at which the tenant is resumed by itself; that must lie ahead.
// A tenant that is paused already takes over a new reason and moment, where one is said.
func (s *Pauses) PauseFor(ctx context.Context, by, id string, p flowhq.Pause) error {
	var f form.Form
	p.Reason = f.Text("reason", p.Reason, maxReason)
	if p.Until != nil && !p.Until.After(s.now()) {
		f.Refuse("until", key.FieldAhead)
	}
	if err := f.Err(); err != nil {
		return err
	}
	p.TenantID, p.Author = id, by
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if t.Status != flowhq.TenantPaused || p.Reason != "" || p.Until != nil {
			if err := s.pauses.SavePause(ctx, p); err != nil {
				return err
			}
		}
		if err := s.transition(ctx, id, flowhq.TriggerPaused, withCause("Paused by "+by, p.Reason)); err != nil {
			return err
		}
		s.announce(flowhq.ChangeTenant, id, "")
		return s.workers.Halt(ctx, id)
	})
}

// PauseOf tells why and until when a tenant is paused; nil when it is not, or when nothing was said.
func (s *Pauses) PauseOf(ctx context.Context, id string) (*flowhq.Pause, error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil || t.Status != flowhq.TenantPaused {
		return nil, err
	}
	return s.pauses.Pause(ctx, id)
}

// Resume ends a pause; a worker that ran before it is started again. A tenant that is not paused stays as it is.
func (s *Pauses) Resume(ctx context.Context, by, id string) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := s.pauses.EndPause(ctx, id); err != nil || t.Status != flowhq.TenantPaused {
			return err
		}
		if err := s.transition(ctx, id, flowhq.TriggerResumed, "Resumed by "+by); err != nil {
			return err
		}
		if t.Worker == nil || t.Worker.DesiredState != flowhq.DesiredRunning {
			return nil
		}
		s.workers.mayTakeBack(id)
		return s.workers.Start(ctx, t, "Resumed by "+by)
	})
}

// run resumes those whose pause is over. One that fails is tried again: its pause stands until it is resumed.
func (s *Pauses) run(ctx context.Context) { every(ctx, pausesEvery, s.resumeDue) }

func (s *Pauses) resumeDue(ctx context.Context) {
	ids, err := s.pauses.DuePauses(ctx, s.now())
	if err != nil {
		s.outage.Note(err)
		return
	}
	InParallel(ids, func(id string) {
		if ctx.Err() != nil || s.ending() {
			return
		}
		if err := s.Resume(ctx, "the date of the pause", id); err != nil {
			s.log.Error("a tenant whose pause is over could not be resumed", "tenant", id, "error", err)
		}
	})
}

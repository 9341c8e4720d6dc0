package fleet

import (
	"context"

	"flowhq"
)

// ResetSession makes a tenant ready for another phone: the device is unlinked when it can be reached, its keys are removed, and the
// tenant's number becomes number, or stays when that is "". Customers, messages, opt-outs and settings are kept. A worker that was
// wished to run is started and shows a code.
func (s *Service) ResetSession(ctx context.Context, by, id, number string) error {
	if number != "" {
		var f form
		number = f.phone("phone_number", number)
		if err := f.err(); err != nil {
			return err
		}
	}
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if number != "" && number != t.PhoneNumber { // one that is taken is refused before anything is undone
			if _, err := s.store.UpdateTenant(ctx, id, flowhq.TenantPatch{PhoneNumber: &number}); err != nil {
				return err
			}
		}
		if t.Session.Linked() && s.links.Connected(id) {
			s.unlinkForGood(ctx, id)
		}
		if err := s.halt(ctx, id); err != nil {
			return err
		}
		if err := s.removeDevice(id); err != nil {
			return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "The keys of the device could not be removed. The worker stays stopped; try again.", Cause: err}
		}
		if err := s.saveSession(ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseOff}); err != nil {
			return err
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, "Session reset by "+by)
		if err := s.resetFence(ctx, id, by); err != nil {
			return err
		}
		return s.afterReset(ctx, t, by)
	})
}

// afterReset lets the tenant go on as it was wished, with no device linked.
func (s *Service) afterReset(ctx context.Context, t flowhq.TenantDetail, by string) error {
	if err := s.transition(ctx, t.ID, flowhq.TriggerStopped, "Session reset by "+by); err != nil {
		return err
	}
	s.changed(flowhq.ChangeTenant, t.ID, "")
	if !wished(t) {
		return nil
	}
	fresh, err := s.store.Tenant(ctx, t.ID)
	if err != nil {
		return err
	}
	return s.start(ctx, fresh, "Session reset by "+by)
}

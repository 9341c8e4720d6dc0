package supervisor

import (
	"context"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// ResetSession makes a tenant ready for another phone: the device is unlinked when it can be reached, its keys are
// removed, and the tenant's number becomes number, or stays when that is "". Customers, messages, opt-outs and
// settings are kept. A worker that should run is started and shows a code.
func (s *Devices) ResetSession(ctx context.Context, by, id, number string) error {
	if number != "" {
		var f form.Form
		number = f.Phone("phone_number", number)
		if err := f.Err(); err != nil {
			return err
		}
	}
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if number != "" && number != t.PhoneNumber { // one that is taken is refused before anything is undone
			if _, err := s.tenants.UpdateTenant(ctx, id, flowhq.TenantPatch{PhoneNumber: &number}); err != nil {
				return err
			}
		}
		if err := s.forgetDevice(ctx, t); err != nil {
			return err
		}
		s.Note(ctx, id, flowhq.TenantEventAdmin, "Session reset by "+by)
		if err := s.holds.resetBy(ctx, id, by); err != nil {
			return err
		}
		return s.afterReset(ctx, t, by)
	})
}

// forgetDevice unlinks a tenant's device where it can be reached, stops the worker and removes the device's keys.
func (s *Devices) forgetDevice(ctx context.Context, t flowhq.TenantDetail) error {
	if t.Session.Linked() && s.links.Connected(t.ID) {
		s.workers.Unlink(ctx, t.ID)
	}
	if err := s.workers.Halt(ctx, t.ID); err != nil {
		return err
	}
	if err := s.removeDevice(t.ID); err != nil {
		return &flowhq.Error{
			Code: flowhq.CodeUnavailable, Cause: err,
			Text: flowhq.Say(key.RefusalKeysNotRemoved),
		}
	}
	return s.saveSession(ctx, t.ID, flowhq.SessionReport{Phase: flowhq.PhaseOff})
}

// afterReset lets the tenant go on as it was before, with no device linked.
func (s *Devices) afterReset(ctx context.Context, t flowhq.TenantDetail, by string) error {
	if err := s.transition(ctx, t.ID, flowhq.TriggerStopped, "Session reset by "+by); err != nil {
		return err
	}
	s.announce(flowhq.ChangeTenant, t.ID, "")
	if !t.ShouldRun() {
		return nil
	}
	fresh, err := s.store.Tenant(ctx, t.ID)
	if err != nil {
		return err
	}
	return s.workers.Start(ctx, fresh, "Session reset by "+by)
}

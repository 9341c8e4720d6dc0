package fleet

import (
	"context"
	"errors"

	"flowhq"
)

func flowhqError(err error) (*flowhq.Error, bool) { return errors.AsType[*flowhq.Error](err) }

// Session gives a tenant's session, the current QR code included; CodeNotFound "Session not found".
func (s *Service) Session(ctx context.Context, id string) (flowhq.Session, error) {
	t, err := s.store.Tenant(ctx, id)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound || (err == nil && t.Session == nil) {
		return flowhq.Session{}, flowhq.NotFound("Session")
	}
	if err != nil {
		return flowhq.Session{}, err
	}
	return *t.Session, nil
}

// OpenLinking tells that somebody looks at the linking panel: a worker that gave up showing codes shows new ones.
// Where there is nothing to do it does nothing.
func (s *Service) OpenLinking(ctx context.Context, id string) error {
	if !s.wantsToBeAsked(id) || !s.links.Connected(id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.links.Relink(ctx, id)
}

// wantsToBeAsked tells whether a worker waits because nobody scanned its codes.
func (s *Service) wantsToBeAsked(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workers[id]
	return ok && w.reported && w.report.Phase == flowhq.PhaseNobody
}

// LinkCode asks WhatsApp for a pairing code for the phone, or for the tenant's own number when phone is empty.
func (s *Service) LinkCode(ctx context.Context, id, phone string) (flowhq.LinkCode, error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return flowhq.LinkCode{}, err
	}
	if phone == "" {
		phone = t.PhoneNumber
	}
	var f form
	phone = f.phone("phone_number", phone)
	if err := f.err(); err != nil {
		return flowhq.LinkCode{}, err
	}
	if t.Session.Linked() {
		return flowhq.LinkCode{}, flowhq.Errorf(flowhq.CodeConflict, "A device is linked already. Log it out first.")
	}
	if err := s.reachable(id); err != nil {
		return flowhq.LinkCode{}, err
	}
	return s.links.LinkCode(ctx, id, phone)
}

// Logout unlinks the device; the worker shows new codes then. It needs a running worker.
func (s *Service) Logout(ctx context.Context, by, id string) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := s.reachable(id); err != nil {
			return err
		}
		if !t.Session.Linked() {
			return flowhq.Errorf(flowhq.CodeConflict, "No device is linked.")
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, "Device logged out by "+by)
		return s.links.Logout(ctx, id)
	})
}

// reachable tells why a worker cannot be asked anything.
func (s *Service) reachable(id string) error {
	if s.links.Connected(id) {
		return nil
	}
	if s.processes.Running(id) {
		return flowhq.Errorf(flowhq.CodeUnavailable, "The worker is still starting. Try again in a moment.")
	}
	return flowhq.Errorf(flowhq.CodeUnavailable, "The worker is not running. Start it first.")
}

package supervisor

import (
	"context"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// Devices links phones to tenants, unlinks them, and makes tenants ready for another phone.
type Devices struct {
	*core
	workers      *Workers
	tenants      TenantStore
	holds        *RestoreHolds
	removeDevice func(tenantID string) error
}

// Session gives a tenant's session, the current QR code included; CodeNotFound "Session not found".
func (s *Devices) Session(ctx context.Context, id string) (flowhq.Session, error) {
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
func (s *Devices) OpenLinking(ctx context.Context, id string) error {
	if !s.asksForCodes(id) || !s.links.Connected(id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.links.Relink(ctx, id)
}

// LinkCode asks WhatsApp for a pairing code for the phone, or for the tenant's own number when phone is empty.
func (s *Devices) LinkCode(ctx context.Context, id, phone string) (flowhq.LinkCode, error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return flowhq.LinkCode{}, err
	}
	if phone == "" {
		phone = t.PhoneNumber
	}
	var f form.Form
	phone = f.Phone("phone_number", phone)
	if err := f.Err(); err != nil {
		return flowhq.LinkCode{}, err
	}
	if t.Session.Linked() {
		return flowhq.LinkCode{}, flowhq.Fail(flowhq.CodeConflict, key.RefusalDeviceLinked)
	}
	if err := s.reachable(id); err != nil {
		return flowhq.LinkCode{}, err
	}
	return s.links.LinkCode(ctx, id, phone)
}

// Logout unlinks the device; the worker shows new codes then. It needs a running worker.
func (s *Devices) Logout(ctx context.Context, by, id string) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := s.reachable(id); err != nil {
			return err
		}
		if !t.Session.Linked() {
			return flowhq.Fail(flowhq.CodeConflict, key.RefusalDeviceNotLinked)
		}
		s.Note(ctx, id, flowhq.TenantEventAdmin, "Device logged out by "+by)
		return s.links.Logout(ctx, id)
	})
}

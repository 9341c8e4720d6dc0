package fleet

import (
	"context"
	"time"

	"flowhq"
)

// logoutPatience is how long the deletion of a tenant waits for WhatsApp to unlink the device.
const logoutPatience = 10 * time.Second

// Tenants lists tenants, newest first.
func (s *Service) Tenants(ctx context.Context, f flowhq.TenantFilter) ([]flowhq.TenantDetail, error) {
	return s.store.Tenants(ctx, f)
}

// Tenant gives one tenant; CodeNotFound "Tenant not found".
func (s *Service) Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error) {
	return s.store.Tenant(ctx, id)
}

// CreateTenant makes a tenant with its config, session, worker and first settings. CodeInvalid names every wrong field.
func (s *Service) CreateTenant(ctx context.Context, by string, in flowhq.NewTenant) (flowhq.TenantDetail, error) {
	in, err := checkNewTenant(in)
	if err != nil {
		return flowhq.TenantDetail{}, err
	}
	settings := flowhq.Settings{}.Normalize()
	t, err := s.store.CreateTenant(ctx, in, settings, by)
	if err != nil {
		return flowhq.TenantDetail{}, err
	}
	s.note(ctx, t.ID, flowhq.TenantEventAdmin, "Created by "+by)
	s.changed(flowhq.ChangeTenant, t.ID, "")
	return t, nil
}

// UpdateTenant changes what the patch names; a running worker works by it at once.
func (s *Service) UpdateTenant(ctx context.Context, by, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return flowhq.TenantDetail{}, err
	}
	p, err := checkPatch(p)
	if err != nil {
		return flowhq.TenantDetail{}, err
	}
	var t flowhq.TenantDetail
	err = s.exclusively(ctx, id, func(ctx context.Context) error {
		if t, err = s.store.UpdateTenant(ctx, id, p); err != nil {
			return err
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, "Changed by "+by)
		s.configure(ctx, id)
		return nil
	})
	if err != nil {
		return flowhq.TenantDetail{}, err
	}
	s.changed(flowhq.ChangeTenant, id, "")
	return t, nil
}

// DeleteTenant stops the worker, unlinks the device when it can (a few seconds are spent on it), and removes rows, logs
// and folders.
func (s *Service) DeleteTenant(ctx context.Context, by, id string) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := s.store.SetDesired(ctx, id, flowhq.DesiredStopped); err != nil {
			return err
		}
		if t.Session.Linked() && s.links.Connected(id) {
			s.unlinkForGood(ctx, id)
		}
		if err := s.halt(ctx, id); err != nil {
			return err
		}
		if err := s.store.DeleteTenant(ctx, id); err != nil {
			return err
		}
		s.log.Info("tenant deleted", "tenant", id, "name", t.Name, "by", by)
		s.forget(ctx, id)
		s.changed(flowhq.ChangeDeleted, id, "")
		return nil
	})
}

func (s *Service) unlinkForGood(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, logoutPatience)
	defer cancel()
	if err := s.links.Logout(ctx, id); err != nil {
		s.log.Warn("the device of a tenant that is deleted could not be unlinked; its owner sees it in the phone's list still",
			"tenant", id, "error", err)
	}
}

// forget drops what is left of a tenant outside the store. What fails here harms nobody and is logged.
func (s *Service) forget(ctx context.Context, id string) {
	s.mu.Lock()
	delete(s.workers, id)
	delete(s.beats, id)
	s.mu.Unlock()
	s.series.forget(id)
	s.alarms.ClearTenant(id)
	if err := s.processes.Forget(ctx, id); err != nil {
		s.log.Warn("the logs of a deleted tenant could not be removed", "tenant", id, "error", err)
	}
	if err := s.removeFolders(id); err != nil {
		s.log.Warn("the folder of a deleted tenant could not be removed", "tenant", id, "error", err)
	}
}

// note writes an entry of a tenant's time line; a failure is logged, since what it tells has happened already.
func (s *Service) note(ctx context.Context, id, kind, detail string) {
	if err := s.store.AddTenantEvent(ctx, id, kind, detail, nil); err != nil && flowhq.CodeOf(err) != flowhq.CodeNotFound {
		s.log.Warn("an entry of the time line is lost", "tenant", id, "type", kind, "detail", detail, "error", err)
	}
}

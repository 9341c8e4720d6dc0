package tenants

import (
	"context"
	"log/slog"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/appliance/supervisor"
)

// Store keeps tenants and their time lines. Each method is one transaction.
type Store interface {
	// CreateTenant makes the tenant with its config, session (DISCONNECTED), worker (STOPPED, desired state stopped)
	// and a first published settings version holding settings. A number that another tenant has is CodeInvalid on
	// phone_number.
	CreateTenant(ctx context.Context, t flowhq.NewTenant, settings flowhq.Settings,
		author string) (flowhq.TenantDetail, error)
	// Tenant gives CodeNotFound "Tenant not found" for an unknown id.
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// Tenants lists tenants, newest first.
	Tenants(ctx context.Context, f flowhq.TenantFilter) ([]flowhq.TenantDetail, error)
	UpdateTenant(ctx context.Context, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error)
	// DeleteTenant takes everything that belongs to the tenant; its user stays, without a tenant.
	DeleteTenant(ctx context.Context, id string) error
	// TenantEvents gives a part of the time line, newest first.
	TenantEvents(ctx context.Context, tenantID string, q flowhq.EventQuery) ([]flowhq.TenantEvent, error)
}

// Config is what a Service is made of; all is required but RemoveFolders and Forget.
type Config struct {
	Store   Store
	Workers *supervisor.Workers
	Configs *supervisor.Configs
	Changed func(kind flowhq.ChangeKind, tenantID, id string) // told of what pages should show
	Logger  *slog.Logger
	// RemoveFolders removes what a deleted tenant kept on disk; nil: nothing to remove.
	RemoveFolders func(tenantID string) error
	// Forget is told of a tenant that is deleted, so that others drop what they keep of it in memory; nil: nobody.
	Forget func(tenantID string)
}

// Service makes, changes, lists and deletes tenants. It is safe for use by many goroutines.
type Service struct {
	store         Store
	workers       *supervisor.Workers
	configs       *supervisor.Configs
	changed       func(kind flowhq.ChangeKind, tenantID, id string)
	log           *slog.Logger
	removeFolders func(tenantID string) error
	forget        func(tenantID string)
}

// New makes a Service.
func New(c Config) *Service {
	s := &Service{
		store: c.Store, workers: c.Workers, configs: c.Configs, changed: c.Changed, log: c.Logger,
		removeFolders: c.RemoveFolders, forget: c.Forget,
	}
	if s.removeFolders == nil {
		s.removeFolders = func(string) error { return nil }
	}
	if s.forget == nil {
		s.forget = func(string) {}
	}
	return s
}

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
	s.workers.Note(ctx, t.ID, flowhq.TenantEventAdmin, "Created by "+by)
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
	err = s.workers.Exclusively(ctx, id, func(ctx context.Context) error {
		if t, err = s.store.UpdateTenant(ctx, id, p); err != nil {
			return err
		}
		s.workers.Note(ctx, id, flowhq.TenantEventAdmin, "Changed by "+by)
		s.configs.Configure(ctx, id)
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
	return s.workers.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if err := s.workers.Desire(ctx, id, flowhq.DesiredStopped); err != nil {
			return err
		}
		if t.Session.Linked() && s.workers.Connected(id) {
			s.workers.Unlink(ctx, id)
		}
		if err := s.workers.Halt(ctx, id); err != nil {
			return err
		}
		if err := s.store.DeleteTenant(ctx, id); err != nil {
			return err
		}
		s.log.Info("tenant deleted", "tenant", id, "name", t.Name, "by", by)
		s.workers.Forget(ctx, id)
		s.forget(id)
		if err := s.removeFolders(id); err != nil {
			s.log.Warn("the folder of a deleted tenant could not be removed", "tenant", id, "error", err)
		}
		s.changed(flowhq.ChangeDeleted, id, "")
		return nil
	})
}

// Events gives a part of a tenant's time line, newest first.
func (s *Service) Events(ctx context.Context, id string, q flowhq.EventQuery) ([]flowhq.TenantEvent, error) {
	var err error
	if q.Limit, err = form.PageLimit(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.TenantEvents(ctx, id, q)
}

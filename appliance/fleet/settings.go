package fleet

import (
	"context"
	"fmt"

	"flowhq"
)

// Settings gives the settings in force and the draft, nil when there is none.
func (s *Service) Settings(ctx context.Context, id string) (published flowhq.SettingsVersion, draft *flowhq.SettingsVersion, err error) {
	if _, err = s.store.Tenant(ctx, id); err != nil {
		return published, nil, err
	}
	if published, err = s.store.PublishedSettings(ctx, id); err != nil {
		return published, nil, err
	}
	draft, err = s.store.SettingsDraft(ctx, id)
	return published, draft, err
}

// SettingsVersions lists versions, newest first.
func (s *Service) SettingsVersions(ctx context.Context, id string, q flowhq.VersionQuery) ([]flowhq.SettingsVersion, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.SettingsVersions(ctx, id, q)
}

// SaveDraft makes or replaces the draft. CodeInvalid names every wrong field.
func (s *Service) SaveDraft(ctx context.Context, by, id string, settings flowhq.Settings, flowYAML string) (flowhq.SettingsVersion, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	settings = settings.Normalize()
	f := form{wrong: settings.Check()}
	if settings.OwnerNumber != "" {
		settings.OwnerNumber = f.phone("owner_number", settings.OwnerNumber)
	}
	f.flow(s.flowProblems(flowYAML))
	if err := f.err(); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	v, err := s.store.SaveDraft(ctx, id, settings, flowYAML, by)
	if err == nil {
		s.changed(flowhq.ChangeTenant, id, "")
	}
	return v, err
}

// PublishDraft puts the draft in force; a running worker works by it at once. No draft: CodeConflict.
func (s *Service) PublishDraft(ctx context.Context, by, id string) (flowhq.SettingsVersion, error) {
	return s.publish(ctx, id, "Settings published by "+by, func(ctx context.Context) (flowhq.SettingsVersion, error) {
		_, draft, err := s.Settings(ctx, id)
		if err != nil {
			return flowhq.SettingsVersion{}, err
		}
		if draft != nil { // without one the store says so
			if err := s.mustLoad(draft.FlowYAML); err != nil {
				return flowhq.SettingsVersion{}, err
			}
		}
		return s.store.PublishDraft(ctx, id, by)
	})
}

// Rollback puts a copy of an earlier version in force, under a new number.
func (s *Service) Rollback(ctx context.Context, by, id string, version int) (flowhq.SettingsVersion, error) {
	return s.publish(ctx, id, fmt.Sprintf("Settings rolled back to version %d by %s", version, by), func(ctx context.Context) (flowhq.SettingsVersion, error) {
		v, err := s.store.SettingsVersion(ctx, id, version)
		if err != nil {
			return flowhq.SettingsVersion{}, err
		}
		if err := s.mustLoad(v.FlowYAML); err != nil {
			return flowhq.SettingsVersion{}, err
		}
		return s.store.Rollback(ctx, id, version, by)
	})
}

func (s *Service) publish(ctx context.Context, id, cause string, do func(context.Context) (flowhq.SettingsVersion, error)) (flowhq.SettingsVersion, error) {
	var v flowhq.SettingsVersion
	err := s.exclusively(ctx, id, func(ctx context.Context) error {
		if _, err := s.store.Tenant(ctx, id); err != nil {
			return err
		}
		var err error
		if v, err = do(ctx); err != nil {
			return err
		}
		s.note(ctx, id, flowhq.TenantEventAdmin, cause)
		s.configure(ctx, id)
		return nil
	})
	if err == nil {
		s.changed(flowhq.ChangeTenant, id, "")
	}
	return v, err
}

// Limits gives what workers keep to now.
func (s *Service) Limits() flowhq.Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits
}

// TenantLimits gives what a tenant's worker keeps to: its own limits where its settings in force say some, else the server's.
func (s *Service) TenantLimits(ctx context.Context, id string) (flowhq.Limits, error) {
	published, err := s.store.PublishedSettings(ctx, id)
	if err != nil {
		return flowhq.Limits{}, err
	}
	return published.Settings.Limits.Over(s.Limits()), nil
}

// DiscardDraft throws the draft away; none is no error.
func (s *Service) DiscardDraft(ctx context.Context, id string) error {
	if err := s.store.DiscardDraft(ctx, id); err != nil {
		return err
	}
	s.changed(flowhq.ChangeTenant, id, "")
	return nil
}

// SetLimits changes what workers keep to; those that run are told.
func (s *Service) SetLimits(ctx context.Context, l flowhq.Limits) {
	s.mu.Lock()
	s.limits = l
	ids := make([]string, 0, len(s.workers))
	for id := range s.workers {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	inParallel(ids, func(id string) { s.configure(ctx, id) })
}

// configure tells a running worker what to work by now. One that cannot be told asks itself at its next hello.
func (s *Service) configure(ctx context.Context, id string) {
	if !s.links.Connected(id) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := s.workerConfig(ctx, id)
	if err == nil {
		err = s.links.Configure(ctx, id, c)
	}
	if err != nil {
		s.log.Warn("a worker could not be told its new settings; it gets them when it connects again", "tenant", id, "error", err)
	}
}

// workerConfig gathers what a worker works by. Its revision grows with every call, over restarts of the appliance too,
// as long as the machine's clock does not run backwards.
func (s *Service) workerConfig(ctx context.Context, id string) (flowhq.WorkerConfig, error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return flowhq.WorkerConfig{}, err
	}
	settings, err := s.store.PublishedSettings(ctx, id)
	if err != nil {
		return flowhq.WorkerConfig{}, err
	}
	in := conversation(t, settings)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.worker(id)
	w.revision = max(w.revision+1, s.now().UnixMicro())
	return flowhq.WorkerConfig{
		Revision: w.revision, Business: in.Business, Version: in.Version, FlowYAML: in.FlowYAML, Limits: settings.Settings.Limits.Over(s.limits),
	}, nil
}

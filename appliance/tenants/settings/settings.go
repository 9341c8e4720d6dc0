package settings

import (
	"context"
	"fmt"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/appliance/supervisor"
)

// Store keeps versions of settings. Each method is one transaction.
type Store interface {
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// PublishedSettings gives the version in force. A tenant that another program made gets a first version from its
	// config.
	PublishedSettings(ctx context.Context, tenantID string) (flowhq.SettingsVersion, error)
	// SettingsDraft gives the draft, nil when there is none.
	SettingsDraft(ctx context.Context, tenantID string) (*flowhq.SettingsVersion, error)
	// SettingsVersion gives one version; an unknown one is CodeNotFound.
	SettingsVersion(ctx context.Context, tenantID string, version int) (flowhq.SettingsVersion, error)
	// SettingsVersions lists versions, newest first, draft included.
	SettingsVersions(ctx context.Context, tenantID string, q flowhq.VersionQuery) ([]flowhq.SettingsVersion, error)
	// SaveDraft makes or replaces the one draft.
	SaveDraft(ctx context.Context, tenantID string, s flowhq.Settings, flowYAML,
		author string) (flowhq.SettingsVersion, error)
	// PublishDraft turns the draft PUBLISHED, the one in force OLD, and copies the hours to the config. No draft:
	// CodeConflict.
	PublishDraft(ctx context.Context, tenantID, author string) (flowhq.SettingsVersion, error)
	// DiscardDraft removes the draft; none is not an error.
	DiscardDraft(ctx context.Context, tenantID string) error
	// Rollback publishes a copy of an earlier version under a new number.
	Rollback(ctx context.Context, tenantID string, version int, author string) (flowhq.SettingsVersion, error)
}

// Config is what Settings is made of; all is required.
type Config struct {
	Store   Store
	Bot     Bot
	Workers *supervisor.Workers
	Configs *supervisor.Configs
	Changed func(kind flowhq.ChangeKind, tenantID, id string) // told of what pages should show
}

// Settings keeps drafts and puts them in force. It is safe for use by many goroutines.
type Settings struct {
	store   Store
	bot     Bot
	workers *supervisor.Workers
	configs *supervisor.Configs
	changed func(kind flowhq.ChangeKind, tenantID, id string)
}

// New makes Settings.
func New(c Config) *Settings {
	return &Settings{store: c.Store, bot: c.Bot, workers: c.Workers, configs: c.Configs, changed: c.Changed}
}

// Settings gives the settings in force and the draft, nil when there is none.
func (s *Settings) Settings(ctx context.Context,
	id string) (published flowhq.SettingsVersion, draft *flowhq.SettingsVersion, err error) {
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
func (s *Settings) SettingsVersions(ctx context.Context, id string,
	q flowhq.VersionQuery) ([]flowhq.SettingsVersion, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.SettingsVersions(ctx, id, q)
}

// SaveDraft makes or replaces the draft. CodeInvalid names every wrong field.
func (s *Settings) SaveDraft(ctx context.Context, by, id string, settings flowhq.Settings,
	flowYAML string) (flowhq.SettingsVersion, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	settings = settings.Normalize()
	f := form.New(settings.Check())
	if settings.OwnerNumber != "" {
		settings.OwnerNumber = f.Phone("owner_number", settings.OwnerNumber)
	}
	refuseFlow(f, flowProblems(s.bot, flowYAML))
	if err := f.Err(); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	v, err := s.store.SaveDraft(ctx, id, settings, flowYAML, by)
	if err == nil {
		s.changed(flowhq.ChangeTenant, id, "")
	}
	return v, err
}

// PublishDraft puts the draft in force; a running worker works by it at once. No draft: CodeConflict.
func (s *Settings) PublishDraft(ctx context.Context, by, id string) (flowhq.SettingsVersion, error) {
	return s.publish(ctx, id, "Settings published by "+by, func(ctx context.Context) (flowhq.SettingsVersion, error) {
		_, draft, err := s.Settings(ctx, id)
		if err != nil {
			return flowhq.SettingsVersion{}, err
		}
		if draft != nil { // without one the store says so
			if err := mustLoad(s.bot, draft.FlowYAML); err != nil {
				return flowhq.SettingsVersion{}, err
			}
		}
		return s.store.PublishDraft(ctx, id, by)
	})
}

// Rollback puts a copy of an earlier version in force, under a new number.
func (s *Settings) Rollback(ctx context.Context, by, id string, version int) (flowhq.SettingsVersion, error) {
	return s.publish(ctx, id, fmt.Sprintf("Settings rolled back to version %d by %s", version, by),
		func(ctx context.Context) (flowhq.SettingsVersion, error) {
			v, err := s.store.SettingsVersion(ctx, id, version)
			if err != nil {
				return flowhq.SettingsVersion{}, err
			}
			if err := mustLoad(s.bot, v.FlowYAML); err != nil {
				return flowhq.SettingsVersion{}, err
			}
			return s.store.Rollback(ctx, id, version, by)
		})
}

func (s *Settings) publish(ctx context.Context, id, cause string,
	do func(context.Context) (flowhq.SettingsVersion, error)) (flowhq.SettingsVersion, error) {
	var v flowhq.SettingsVersion
	err := s.workers.Exclusively(ctx, id, func(ctx context.Context) error {
		if _, err := s.store.Tenant(ctx, id); err != nil {
			return err
		}
		var err error
		if v, err = do(ctx); err != nil {
			return err
		}
		s.workers.Note(ctx, id, flowhq.TenantEventAdmin, cause)
		s.configs.Configure(ctx, id)
		return nil
	})
	if err == nil {
		s.changed(flowhq.ChangeTenant, id, "")
	}
	return v, err
}

// DiscardDraft throws the draft away; none is not an error.
func (s *Settings) DiscardDraft(ctx context.Context, id string) error {
	if err := s.store.DiscardDraft(ctx, id); err != nil {
		return err
	}
	s.changed(flowhq.ChangeTenant, id, "")
	return nil
}

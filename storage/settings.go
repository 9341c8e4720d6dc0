package storage

import (
	"context"
	"encoding/json"
	"errors"
	"math"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/storage/internal/db"
)

// PublishedSettings gives the version in force. A tenant that another program made gets a first version from its
// config.
func (s *SettingsStore) PublishedSettings(ctx context.Context, tenantID string) (flowhq.SettingsVersion, error) {
	r, err := s.queries().SettingsInState(ctx, db.SettingsInStateParams{TenantID: tenantID,
		State: string(flowhq.SettingsPublished)})
	there, err := found(err)
	if err != nil {
		return flowhq.SettingsVersion{}, s.fail("read settings", err)
	}
	if there {
		v, err := settingsOf(r)
		return v, s.fail("read settings", err)
	}
	var out flowhq.SettingsVersion
	err = s.write(ctx, "make first settings", func(t *tx) (err error) {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		out, err = t.published(tenantID)
		return err
	})
	return out, err
}

// SettingsDraft gives the tenant's draft, nil when there is none.
func (s *SettingsStore) SettingsDraft(ctx context.Context, tenantID string) (*flowhq.SettingsVersion, error) {
	r, err := s.queries().SettingsInState(ctx, db.SettingsInStateParams{TenantID: tenantID,
		State: string(flowhq.SettingsDraft)})
	there, err := found(err)
	if err != nil || !there {
		return nil, s.fail("read draft", err)
	}
	v, err := settingsOf(r)
	return &v, s.fail("read draft", err)
}

// SettingsVersion gives one version; CodeNotFound "Version not found".
func (s *SettingsStore) SettingsVersion(ctx context.Context, tenantID string, version int) (flowhq.SettingsVersion,
	error) {
	if version < 1 || version > math.MaxInt32 {
		return flowhq.SettingsVersion{}, flowhq.NotFound("Version")
	}
	r, err := s.queries().SettingsOfVersion(ctx, db.SettingsOfVersionParams{TenantID: tenantID,
		Version: int32(version)})
	if err != nil {
		return flowhq.SettingsVersion{}, s.fail("read settings", orNotFound(err, "Version"))
	}
	v, err := settingsOf(r)
	return v, s.fail("read settings", err)
}

// SettingsVersions lists versions, newest first, the draft among them.
func (s *SettingsStore) SettingsVersions(ctx context.Context, tenantID string,
	q flowhq.VersionQuery) ([]flowhq.SettingsVersion, error) {
	below := int32(math.MaxInt32)
	if q.Below > 0 && q.Below < math.MaxInt32 {
		below = int32(q.Below)
	}
	rows, err := s.queries().SettingsVersions(ctx,
		db.SettingsVersionsParams{TenantID: tenantID, BeforeVersion: below, MaxRows: limitOrAll(q.Limit)})
	if err != nil {
		return nil, s.fail("list settings", err)
	}
	if len(rows) == 0 && q.Below == 0 {
		v, err := s.PublishedSettings(ctx, tenantID)
		if err != nil {
			return nil, err
		}
		return []flowhq.SettingsVersion{v}, nil
	}
	out := make([]flowhq.SettingsVersion, len(rows))
	for i, r := range rows {
		if out[i], err = settingsOf(r); err != nil {
			return nil, s.fail("list settings", err)
		}
	}
	return out, nil
}

// SaveDraft makes the tenant's one draft, or replaces what it holds.
func (s *SettingsStore) SaveDraft(ctx context.Context, tenantID string, settings flowhq.Settings, flowYAML,
	author string) (flowhq.SettingsVersion, error) {
	var out flowhq.SettingsVersion
	err := s.write(ctx, "save draft", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		if _, err := t.published(tenantID); err != nil {
			return err
		}
		draft, there, err := t.settings(tenantID, flowhq.SettingsDraft)
		if err != nil {
			return err
		}
		if !there {
			out, err = t.insertNextSettings(tenantID, flowhq.SettingsDraft, settings, flowYAML, author)
			return err
		}
		raw, err := json.Marshal(settings)
		if err != nil {
			return err
		}
		out = draft
		out.Settings, out.FlowYAML, out.Author, out.CreatedAt = settings, flowYAML, author, t.now.Time
		return t.UpdateDraft(ctx, db.UpdateDraftParams{
			ID: draft.ID, SettingsJson: raw, FlowYaml: db.Text(flowYAML), Author: author, CreatedAt: t.now,
		})
	})
	return out, err
}

// PublishDraft turns the draft PUBLISHED and the version that was in force OLD, and copies the hours to the config.
// Without a draft it is CodeConflict.
func (s *SettingsStore) PublishDraft(ctx context.Context, tenantID, author string) (flowhq.SettingsVersion, error) {
	var out flowhq.SettingsVersion
	err := s.write(ctx, "publish settings", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		draft, there, err := t.settings(tenantID, flowhq.SettingsDraft)
		if err != nil {
			return err
		}
		if !there {
			return flowhq.Fail(flowhq.CodeConflict, key.SettingsNoDraft)
		}
		if err := t.RetireSettings(ctx, tenantID); err != nil {
			return err
		}
		if err := t.PublishSettings(ctx, db.PublishSettingsParams{ID: draft.ID, Author: author,
			PublishedAt: t.now}); err != nil {
			return err
		}
		out = draft
		out.State, out.Author, out.PublishedAt = flowhq.SettingsPublished, author, t.now.Ptr()
		return t.copyHours(tenantID, draft.Settings)
	})
	return out, err
}

// Rollback publishes a copy of an earlier version under a new number. An unknown version is CodeNotFound, the draft's
// CodeConflict.
func (s *SettingsStore) Rollback(ctx context.Context, tenantID string, version int,
	author string) (flowhq.SettingsVersion, error) {
	var out flowhq.SettingsVersion
	err := s.write(ctx, "roll back settings", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		r, err := t.SettingsOfVersion(ctx, db.SettingsOfVersionParams{TenantID: tenantID, Version: int32(version)})
		if err != nil {
			return orNotFound(err, "Settings version")
		}
		if r.State == string(flowhq.SettingsDraft) {
			return flowhq.Fail(flowhq.CodeConflict, key.SettingsIsDraft, "version", version)
		}
		old, err := settingsOf(r)
		if err != nil {
			return err
		}
		out, err = t.publishNext(tenantID, old.Settings, old.FlowYAML, author)
		return err
	})
	return out, err
}

// published gives the version in force, which it makes from the config where there is none.
func (t *tx) published(tenantID string) (flowhq.SettingsVersion, error) {
	v, there, err := t.settings(tenantID, flowhq.SettingsPublished)
	if err != nil || there {
		return v, err
	}
	c, err := t.config(tenantID)
	if err != nil {
		return flowhq.SettingsVersion{}, err
	}
	settings := flowhq.Settings{}.Normalize()
	var hours flowhq.Hours
	// Another program's hours may be anything; what can't be read says nothing about hours.
	if len(c.HoursJSON) > 0 && json.Unmarshal(c.HoursJSON, &hours) == nil {
		settings.Hours = &hours
	}
	return t.insertNextSettings(tenantID, flowhq.SettingsPublished, settings, "", "")
}

// publishHours publishes the version in force again with other hours.
func (t *tx) publishHours(tenantID string, raw []byte) error {
	now, err := t.published(tenantID)
	if err != nil {
		return err
	}
	hours := new(flowhq.Hours)
	if err := json.Unmarshal(raw, hours); err != nil {
		return flowhq.Invalid([]flowhq.FieldError{{Field: "hours_json", Text: flowhq.TextOf(err)}})
	}
	if string(raw) == "null" {
		hours = nil
	}
	now.Settings.Hours = hours
	_, err = t.publishNext(tenantID, now.Settings, now.FlowYAML, now.Author)
	return err
}

func (t *tx) publishNext(tenantID string, settings flowhq.Settings, flowYAML, author string) (flowhq.SettingsVersion,
	error) {
	if err := t.RetireSettings(t.ctx, tenantID); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	v, err := t.insertNextSettings(tenantID, flowhq.SettingsPublished, settings, flowYAML, author)
	return v, errors.Join(err, t.copyHours(tenantID, settings))
}

// copyHours writes the hours to the config too, where older programs look for them.
func (t *tx) copyHours(tenantID string, settings flowhq.Settings) error {
	hours, err := hoursJSON(settings)
	if err != nil {
		return err
	}
	return t.changeConfig(tenantID, func(c *flowhq.TenantConfig) { c.HoursJSON = hours })
}

func (t *tx) settings(tenantID string, state flowhq.SettingsState) (v flowhq.SettingsVersion, there bool, err error) {
	r, err := t.SettingsInState(t.ctx, db.SettingsInStateParams{TenantID: tenantID, State: string(state)})
	if there, err = found(err); err != nil || !there {
		return v, false, err
	}
	v, err = settingsOf(r)
	return v, err == nil, err
}

func (t *tx) insertNextSettings(tenantID string, state flowhq.SettingsState, settings flowhq.Settings, flowYAML,
	author string) (flowhq.SettingsVersion, error) {
	last, err := t.LastSettingsVersion(t.ctx, tenantID)
	if _, err := found(err); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	return t.insertSettings(tenantID, int(last)+1, state, settings, flowYAML, author)
}

func (t *tx) insertSettings(tenantID string, version int, state flowhq.SettingsState, settings flowhq.Settings,
	flowYAML, author string) (flowhq.SettingsVersion, error) {
	raw, err := json.Marshal(settings)
	if err != nil {
		return flowhq.SettingsVersion{}, err
	}
	p := db.InsertSettingsParams{
		ID: newID(), TenantID: tenantID, Version: int32(version), State: string(state), SettingsJson: raw,
		FlowYaml: db.Text(flowYAML),
		Author:   author, CreatedAt: t.now,
	}
	if state == flowhq.SettingsPublished {
		p.PublishedAt = t.now
	}
	return flowhq.SettingsVersion{
		ID: p.ID, TenantID: tenantID, Version: version, State: state, Settings: settings, FlowYAML: flowYAML,
		Author:    author,
		CreatedAt: p.CreatedAt.Time, PublishedAt: p.PublishedAt.Ptr(),
	}, t.InsertSettings(t.ctx, p)
}

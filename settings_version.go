package flowhq

import "time"

// SettingsVersion is one version of a tenant's settings and, when the tenant has a flow of its own, of its flow.
type SettingsVersion struct {
	ID          string
	TenantID    string
	Version     int // from 1, per tenant, never used twice
	State       SettingsState
	Settings    Settings
	FlowYAML    string // "": the template's own flow
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
}

// SettingsState says what a version of the settings is used for.
type SettingsState string

// The states of a settings version: at most one DRAFT and one PUBLISHED for a tenant, any number OLD.
const (
	SettingsDraft     SettingsState = "DRAFT"
	SettingsPublished SettingsState = "PUBLISHED"
	SettingsOld       SettingsState = "OLD"
)

// VersionQuery asks for a part of a tenant's versions of the settings, newest first. The zero value is all of them.
type VersionQuery struct {
	Below int // versions below this number; 0: from the newest
	Limit int // 0: all
}

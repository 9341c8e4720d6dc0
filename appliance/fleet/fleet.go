// Package fleet keeps callers of the former fleet.Service compiling while they move to the services of the subjects
// (flowhq/appliance/services). Nothing new belongs here; it goes when nobody uses it any more.
//
// It may import the root package and the services. It must never get code of its own.
package fleet

import (
	"context"

	"flowhq"
	"flowhq/appliance/conversations"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/form"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/services"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
	"flowhq/appliance/tenants/settings"
)

// The former names.
type (
	Alarms    = dashboard.Alarms
	Box       = dashboard.Box
	Backups   = dashboard.BackupKeeper
	Processes = supervisor.Processes
	Trial     = settings.Trial
	Links     = services.Links

	workers   = supervisor.Workers
	reports   = supervisor.Reports
	events    = supervisor.ProcessEvents
	pauses    = supervisor.Pauses
	holds     = supervisor.RestoreHolds
	devices   = supervisor.Devices
	configs   = supervisor.Configs
	snapshots = supervisor.Snapshots
	logs      = supervisor.Logs

	tenantList    = tenants.Service
	versions      = settings.Settings
	flows         = settings.Flows
	users         = onboarding.Users
	setup         = onboarding.SetupRequests
	invites       = onboarding.Invites
	chats         = conversations.Chats
	requests      = conversations.Requests
	erasure       = conversations.Erasure
	changes       = dashboard.Changes
	summaries     = dashboard.Summaries
	overviews     = dashboard.Overviews
	bulk          = dashboard.BulkJobs
	backupsOfABox = dashboard.Backups
)

// Service is all services under one name.
type Service struct {
	*workers
	*reports
	*events
	*pauses
	*holds
	*devices
	*configs
	*snapshots
	*logs
	*tenantList
	*versions
	*flows
	*users
	*setup
	*invites
	*chats
	*requests
	*erasure
	*changes
	*summaries
	*overviews
	*bulk
	*backupsOfABox

	All *services.Services
}

// Of gives services under their former name.
func Of(s *services.Services) *Service {
	return &Service{
		workers: s.Workers, reports: s.Reports, events: s.Events, pauses: s.Pauses, holds: s.Holds, devices: s.Devices, configs: s.Configs,
		snapshots: s.Snapshots, logs: s.Logs, tenantList: s.Tenants, versions: s.Settings, flows: s.Flows, users: s.Users,
		setup: s.SetupRequests, invites: s.Invites, chats: s.Chats, requests: s.Requests, erasure: s.Erasure, changes: s.Changes,
		summaries: s.Summaries, overviews: s.Overviews, bulk: s.BulkJobs, backupsOfABox: s.Backups, All: s,
	}
}

// New makes all services.
func New(c services.Config) *Service { return Of(services.New(c)) }

// Run is services.Services.Run.
func (s *Service) Run(ctx context.Context) error { return s.All.Run(ctx) }

// Health is supervisor.Supervisor.Health.
func (s *Service) Health(ctx context.Context) error { return s.All.Health(ctx) }

// Ending is supervisor.Supervisor.Ending.
func (s *Service) Ending() { s.All.Ending() }

// Ended is supervisor.Supervisor.Ended.
func (s *Service) Ended(ctx context.Context) { s.All.Ended(ctx) }

// Alarms gives the registry of alarms.
func (s *Service) Alarms() *Alarms { return s.All.Alarms }

// RaisedAlarms is dashboard.Alarms.List.
func (s *Service) RaisedAlarms() []flowhq.Alarm { return s.All.Alarms.List() }

// CanDeleteUsers is always true.
func (s *Service) CanDeleteUsers() bool { return true }

// Samples is dashboard.History.Samples for a known tenant.
func (s *Service) Samples(ctx context.Context, id string) ([]flowhq.ProcessSample, error) {
	if _, err := s.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.All.History.Samples(id), nil
}

// NewAlarms is dashboard.NewAlarms.
var NewAlarms = dashboard.NewAlarms

// NormalizePhone is form.NormalizePhone.
func NormalizePhone(text string) (string, error) { return form.NormalizePhone(text) }

// Package services puts the services of the subjects together: the appliance, and the tests of pages and calls, get
// them from here alike.
//
// It may import the root package, the subjects (supervisor, tenants, onboarding, conversations, dashboard) and
// storage. It must never import HTTP, the process manager or the wire: what reaches processes and workers is handed
// in.
package services

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"flowhq"
	"flowhq/appliance/conversations"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
	"flowhq/appliance/tenants/settings"
)

// Links reach running workers. Every call fails with CodeUnavailable when the worker is not connected.
type Links interface {
	supervisor.Links
	conversations.Links
}

// Config is what Services are made of. Stores, Processes, Links and Bot are required.
type Config struct {
	Version   string // of the program, for what people are told
	Stores    Stores
	Processes supervisor.Processes
	Links     Links
	Bot       settings.Bot
	Logger    *slog.Logger     // nil: nothing is logged
	Now       func() time.Time // nil: time.Now; differences are taken on its monotonic reading
	Limits    flowhq.Limits    // what workers are told to keep to

	StaleAfter time.Duration // a worker without a sign of life for so long is stale; 0: 2 minutes
	StaleCheck time.Duration // how often that is judged; 0: 1 minute

	// Box measures the machine; nil: nothing is known of it.
	Box dashboard.Box
	// LastBackup names the newest good backup, "" when there is none; nil: nobody knows.
	LastBackup func() string
	// RemoveFolders removes what a deleted tenant kept on disk; nil: nothing to remove.
	RemoveFolders func(tenantID string) error
	// RemoveDevice removes the keys of a tenant's linked device and nothing else; its worker does not run then. nil:
	// nothing to remove.
	RemoveDevice func(tenantID string) error
	// CopyFolder copies the databases of a tenant whose worker does not do it itself into a folder; nil: there are
	// none.
	CopyFolder func(ctx context.Context, tenantID, to string) error
	// EraseChat removes a chat from the journal of a tenant whose worker does not run; nil: there is none.
	EraseChat func(ctx context.Context, tenantID, chat string) error
	// Settle puts restored files into place that are not there yet; nil: there are none.
	Settle  func(ctx context.Context) error
	Backups dashboard.BackupKeeper // nil: none are kept

	Logs supervisor.WorkerLogs // nil: there are none to show
	// where the box is reached from outside; "": nowhere, and no links are made for owners
	PublicURL string
}

// Services are the services of the subjects, each safe for use by many goroutines.
type Services struct {
	*supervisor.Supervisor

	Tenants  *tenants.Service
	Settings *settings.Settings
	Flows    *settings.Flows

	Users         *onboarding.Users
	SetupRequests *onboarding.SetupRequests
	Invites       *onboarding.Invites

	Chats    *conversations.Chats
	Requests *conversations.Requests
	Erasure  *conversations.Erasure

	Alarms    *dashboard.Alarms
	Changes   *dashboard.Changes
	Summaries *dashboard.Summaries
	Overviews *dashboard.Overviews
	History   *dashboard.History
	Machine   *dashboard.Machine
	BulkJobs  *dashboard.BulkJobs
	Backups   *dashboard.Backups
}

// New makes Services; they do nothing by themselves before Run.
func New(c Config) *Services {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := new(Services)
	s.makeDashboard(c)
	s.Supervisor = supervisor.New(supervisor.Config{
		Version: c.Version, Stores: c.Stores.Supervisor, Processes: c.Processes, Links: c.Links, Alarms: s.Alarms,
		Changed: s.Changes.Announce, Logger: c.Logger, Now: c.Now, Limits: c.Limits, StaleAfter: c.StaleAfter,
		StaleCheck: c.StaleCheck,
		LastBackup: c.LastBackup, RemoveDevice: c.RemoveDevice, CopyFolder: c.CopyFolder, Settle: c.Settle,
		Logs: c.Logs,
	})
	s.makeTenants(c)
	s.makeOnboarding(c)
	s.makeConversations(c)
	s.BulkJobs = dashboard.NewBulkJobs(dashboard.BulkConfig{
		Summaries: s.Summaries, Now: c.Now, Logger: c.Logger,
		Actions: map[flowhq.BulkAction]dashboard.Action{
			flowhq.BulkStart: s.Workers.StartUnlessRunning, flowhq.BulkStop: s.Workers.StopWorker,
			flowhq.BulkRestart: s.Workers.RestartWorker,
			flowhq.BulkPause:   s.Pauses.Pause, flowhq.BulkResume: s.Pauses.Resume,
		},
	})
	return s
}

func (s *Services) makeDashboard(c Config) {
	s.Changes = dashboard.NewChanges(c.Now)
	s.Alarms = dashboard.NewAlarms(c.Now, func(a flowhq.Alarm) {
		s.Changes.Announce(flowhq.ChangeAlarm, a.TenantID,
			string(a.Kind))
	})
	s.History = dashboard.NewHistory(c.Processes, c.Now)
	s.Summaries = dashboard.NewSummaries(c.Stores.Summaries, c.Processes, s.History, s.Changes, c.Now)
	s.Overviews = dashboard.NewOverviews(dashboard.OverviewConfig{
		Store: c.Stores.Overview, Summaries: s.Summaries, Alarms: s.Alarms, Box: c.Box, Now: c.Now,
	})
	s.Machine = dashboard.NewMachine(c.Stores.Hours, s.Alarms, c.Box, c.Now)
	s.Backups = dashboard.NewBackups(c.Backups, c.Logger)
}

func (s *Services) makeTenants(c Config) {
	s.Tenants = tenants.New(tenants.Config{
		Store: c.Stores.Tenants, Workers: s.Workers, Configs: s.Configs, Changed: s.Changes.Announce, Logger: c.Logger,
		RemoveFolders: c.RemoveFolders,
		Forget:        func(id string) { s.History.Forget(id); s.Alarms.ClearTenant(id) },
	})
	s.Settings = settings.New(settings.Config{
		Store: c.Stores.Settings, Bot: c.Bot, Workers: s.Workers, Configs: s.Configs, Changed: s.Changes.Announce,
	})
	s.Flows = settings.NewFlows(s.Settings, c.Stores.Messages, c.Now)
}

func (s *Services) makeOnboarding(c Config) {
	s.Users = onboarding.NewUsers(c.Stores.Users, s.Changes.Announce, c.Logger)
	s.SetupRequests = onboarding.NewSetupRequests(onboarding.SetupConfig{
		Store: c.Stores.Setup, Summaries: s.Summaries, Workers: s.Workers, Configs: s.Configs,
		Changed: s.Changes.Announce,
		Now:     c.Now, Logger: c.Logger,
	})
	s.Invites = onboarding.NewInvites(onboarding.InviteConfig{
		Store: c.Stores.Invites, Workers: s.Workers, PublicURL: c.PublicURL, Changed: s.Changes.Announce, Now: c.Now,
		Logger: c.Logger,
	})
}

func (s *Services) makeConversations(c Config) {
	s.Chats = conversations.New(conversations.Config{
		Store: c.Stores.Chats, Links: c.Links, Workers: s.Workers, Changed: s.Changes.Announce, Now: c.Now,
		Logger: c.Logger,
	})
	s.Requests = conversations.NewRequests(c.Stores.Requests, s.Changes.Announce)
	s.Erasure = conversations.NewErasure(conversations.ErasureConfig{
		Store: c.Stores.Erasure, Workers: s.Workers, EraseChat: c.EraseChat, Changed: s.Changes.Announce,
		Logger: c.Logger,
	})
}

// Run does what happens by itself until ctx ends: it brings the world to the desired state, and watches workers and
// machine.
func (s *Services) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { s.History.Run(ctx) })
	all.Go(func() { s.Machine.Run(ctx) })
	err := s.Supervisor.Run(ctx)
	all.Wait()
	return err
}

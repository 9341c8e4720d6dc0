// Package servicestest is a world for tests of the services: all of them on a real SQLite store, with recording
// processes and links and a clock that the test moves.
//
// It may import what the services may, and the bot's try-out. Nothing but tests imports it.
package servicestest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/conversations"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/services"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
	"flowhq/appliance/tenants/settings"
	"flowhq/storage"
	"flowhq/worker/bot/tryout"
)

// The services whose calls a World has.
type (
	workers      = supervisor.Workers
	reports      = supervisor.Reports
	events       = supervisor.ProcessEvents
	pauses       = supervisor.Pauses
	restoreHolds = supervisor.RestoreHolds
	devices      = supervisor.Devices
	configs      = supervisor.Configs
	snapshots    = supervisor.Snapshots
	logs         = supervisor.Logs
	tenantList   = tenants.Service
	versions     = settings.Settings
	flows        = settings.Flows
	users        = onboarding.Users
	setup        = onboarding.SetupRequests
	invites      = onboarding.Invites
	chats        = conversations.Chats
	requests     = conversations.Requests
	erasure      = conversations.Erasure
	changes      = dashboard.Changes
	summaries    = dashboard.Summaries
	overviews    = dashboard.Overviews
	bulkJobs     = dashboard.BulkJobs
)

// World is the services with everything around them; a test calls them on it directly.
type World struct {
	*workers
	*reports
	*events
	*pauses
	*restoreHolds
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
	*bulkJobs

	Services  *services.Services
	T         *testing.T
	Ctx       context.Context
	Store     *Store
	Processes *Processes
	Links     *Links
	Clock     *Clock
	Box       *Box     // the machine
	Removed   []string // folders of tenants
	numbers   int
}

// New makes a World that ends with the test. change, when given, has the last word on how the services are made.
func New(t *testing.T, change ...func(*services.Config)) *World {
	t.Helper()
	clock := NewClock()
	db, err := storage.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "flowhq.db"),
		storage.Options{Now: clock.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &World{T: t, Ctx: t.Context(), Clock: clock, Store: &Store{Store: db}, Box: &Box{}}
	w.Processes = &Processes{alive: make(map[string]bool), fail: make(map[string]error)}
	w.Links = &Links{connected: make(map[string]bool)}
	c := services.Config{
		Stores: w.Store.Stores(), Processes: w.Processes, Links: w.Links, Bot: tryout.Desk{}, Now: clock.Now,
		Box:    w.Box,
		Limits: flowhq.Limits{RepliesPerMinute: 10}, StaleAfter: 2 * time.Minute, StaleCheck: time.Minute,
		RemoveFolders: func(id string) error { w.Removed = append(w.Removed, id); return nil },
	}
	for _, f := range change {
		f(&c)
	}
	s := services.New(c)
	w.Services = s
	w.workers, w.reports, w.events = s.Workers, s.Reports, s.Supervisor.Events
	w.pauses, w.restoreHolds = s.Pauses, s.Holds
	w.devices, w.configs, w.snapshots, w.logs = s.Devices, s.Configs, s.Snapshots, s.Logs
	w.tenantList, w.versions, w.flows = s.Tenants, s.Settings, s.Flows
	w.users, w.setup, w.invites = s.Users, s.SetupRequests, s.Invites
	w.chats, w.requests, w.erasure = s.Chats, s.Requests, s.Erasure
	w.changes, w.summaries, w.overviews, w.bulkJobs = s.Changes, s.Summaries, s.Overviews, s.BulkJobs
	w.Processes.tell = w.ProcessChanged
	return w
}

// NewTenant makes a tenant with a number of its own.
func (w *World) NewTenant() flowhq.TenantDetail {
	w.T.Helper()
	w.numbers++
	t, err := w.CreateTenant(w.Ctx, "admin", NewTenant(fmt.Sprintf("+2557000%05d", w.numbers)))
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

func NewTenant(number string) flowhq.NewTenant {
	return flowhq.NewTenant{
		Name: "Salon Amina", PhoneNumber: number, TemplateType: flowhq.TemplateBooking, BusinessName: "Salon Amina",
		Language: flowhq.Swahili,
	}
}

// Started makes a tenant whose worker runs and is connected to the appliance.
func (w *World) Started() string {
	w.T.Helper()
	id := w.NewTenant().ID
	w.Must(w.StartWorker(w.Ctx, "admin", id))
	w.HandleEvents()
	w.Links.Connect(id, true)
	return id
}

// Linked makes a tenant that is ACTIVE.
func (w *World) Linked() string {
	w.T.Helper()
	id := w.Started()
	w.Says(id, Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	return id
}

func Connected() flowhq.SessionReport {
	return flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255700000001:1@s.whatsapp.net"}
}

// Says lets a worker report, with WhatsApp heard from now when it is connected.
func (w *World) Says(id string, r flowhq.SessionReport) {
	w.T.Helper()
	if r.Phase == flowhq.PhaseConnected && r.HeardAt == nil {
		now := w.Clock.Now()
		r.HeardAt = &now
	}
	w.Must(w.Report(w.Ctx, id, r))
}

// HandleEvents handles what the process manager told.
func (w *World) HandleEvents() { w.HandlePending(w.Ctx) }

// Get reads a tenant, whether or not the store is away.
func (w *World) Get(id string) flowhq.TenantDetail {
	w.T.Helper()
	t, err := w.Store.Store.Tenant(w.Ctx, id)
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

// Want holds a tenant to its states.
func (w *World) Want(id string, status flowhq.TenantStatus, worker flowhq.WorkerStatus, phase flowhq.Phase,
	lastError string) {
	w.T.Helper()
	t := w.Get(id)
	if t.Status != status || t.Worker.Status != worker || t.Session.Phase != phase || t.Worker.LastError != lastError {
		w.T.Errorf("tenant %s, worker %s, phase %s, last error %q;\n want %s, %s, %s, %q",
			t.Status, t.Worker.Status, t.Session.Phase, t.Worker.LastError, status, worker, phase, lastError)
	}
}

// Must ends the test at an error.
func (w *World) Must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// WantCode holds an error to its code.
func (w *World) WantCode(err error, code flowhq.Code) {
	w.T.Helper()
	if flowhq.CodeOf(err) != code {
		w.T.Errorf("error %v, want code %q", err, code)
	}
}

// TimeLine gives the details of a tenant's time line of one type, oldest first.
func (w *World) TimeLine(id, kind string) []string {
	w.T.Helper()
	all, err := w.Events(w.Ctx, id, flowhq.EventQuery{Limit: 200})
	w.Must(err)
	var out []string
	for _, e := range slices.Backward(all) {
		if e.Type == kind {
			out = append(out, e.Detail)
		}
	}
	return out
}

// FieldsOf gives the names of the fields that an error calls wrong, in its order.
func FieldsOf(err error) []string {
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok {
		return nil
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Field)
	}
	return names
}

package supervisor

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"flowhq"
)

// Stores is what the parts of the supervisor keep their rows in; all are required. Each method is one transaction: it
// happens whole or not at all. A missing row is a flowhq.Error with CodeNotFound, a store that cannot be reached one
// with CodeUnavailable.
type Stores struct {
	State   StateStore
	Desired DesiredStore
	Reports ReportStore
	Config  ConfigStore
	Pauses  PauseStore
	Holds   RestoreHoldStore
	Tenants TenantStore
	Health  HealthStore
}

// StateStore keeps how workers, their sessions and their tenants are.
type StateStore interface {
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// Transition applies flowhq.NextStatus and, where the status changes, records it with its cause on the time line.
	// linked is read from the session inside the transaction. A tenant that becomes ACTIVE turns its APPROVED setup
	// requests ACTIVE.
	Transition(ctx context.Context, id string, trigger flowhq.StatusTrigger, cause string) (from,
		to flowhq.TenantStatus, err error)
	AddTenantEvent(ctx context.Context, tenantID, kind, detail string, payload json.RawMessage) error
	SetDesired(ctx context.Context, tenantID string, state flowhq.DesiredState) error
	// SetWorkerStatus writes status and last error ("" clears it).
	SetWorkerStatus(ctx context.Context, tenantID string, status flowhq.WorkerStatus, lastError string) error
	// SaveSession writes phase, state, QR (qr is the data URL, "" for none), raw code, linked device and heard-at of
	// a report. Nothing else changes. A LinkedJID that appears sets linked_at; one that goes clears both.
	SaveSession(ctx context.Context, tenantID string, r flowhq.SessionReport, qr string) error
	// RestoreHold gives nil when the tenant is not held back.
	RestoreHold(ctx context.Context, tenantID string) (*flowhq.RestoreHold, error)
}

// DesiredStore tells what should run.
type DesiredStore interface {
	// ShouldRun gives the ids of the tenants whose worker should run: desired state running and tenant not PAUSED.
	ShouldRun(ctx context.Context) ([]string, error)
}

// ReportStore takes what workers journalled, and their signs of life.
type ReportStore interface {
	// ApplyEvents applies events in order, each once under (journal, Seq): effect and high-water mark in one
	// transaction. It gives the highest sequence number that is durable. Events at or below the mark are skipped; a
	// gap is not an error.
	ApplyEvents(ctx context.Context, tenantID, journal string, events []flowhq.WorkerEvent) (acked int64, err error)
	// Acked gives the high-water mark of a journal, 0 when nothing of it was seen.
	Acked(ctx context.Context, tenantID, journal string) (int64, error)
	// Heartbeats writes last_seen_at and, where given, wa_heard_at, of many workers at once. None of them goes
	// backwards. Unknown tenants are ignored.
	Heartbeats(ctx context.Context, beats []flowhq.Heartbeat) error
}

// ConfigStore gives what a worker works by.
type ConfigStore interface {
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// PublishedSettings gives the version in force.
	PublishedSettings(ctx context.Context, tenantID string) (flowhq.SettingsVersion, error)
}

// PauseStore keeps why and until when tenants are paused.
type PauseStore interface {
	SavePause(ctx context.Context, p flowhq.Pause) error
	// Pause gives nil when nothing was said.
	Pause(ctx context.Context, tenantID string) (*flowhq.Pause, error)
	EndPause(ctx context.Context, tenantID string) error
	// DuePauses gives the tenants whose pause is over at now.
	DuePauses(ctx context.Context, now time.Time) ([]string, error)
}

// RestoreHoldStore keeps which tenants came back from a backup and are held back.
type RestoreHoldStore interface {
	// RestoreHolds lists those after a place, the oldest first, at most so many, 0 being all.
	RestoreHolds(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.RestoreHold, error)
	// ReleaseRestoreHold takes a hold away; the worker's desired state becomes what it was when the backup was taken.
	// deviceGone: its keys were removed, so that nobody else can be at work with them. No hold is CodeConflict.
	ReleaseRestoreHold(ctx context.Context, tenantID, cause string, deviceGone bool) (flowhq.RestoreHold, error)
}

// TenantStore changes a tenant's number when its device is replaced.
type TenantStore interface {
	UpdateTenant(ctx context.Context, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error)
}

// HealthStore tells whether the store can be reached. It may be a Prober and a Checker too.
type HealthStore interface {
	Ping(ctx context.Context) error
}

// Prober is a store that can tell whether it may be written; its error says why not.
type Prober interface {
	Probe(ctx context.Context) error
}

// Checker is a store that can look for damage in itself; damage is an error with flowhq.OutageDamaged.
type Checker interface {
	Check(ctx context.Context) error
}

// Processes is the process manager as the supervisor needs it.
type Processes interface {
	// Start makes sure that the worker runs; running already is not an error.
	Start(ctx context.Context, tenantID string) error
	// Stop returns when the whole process tree is gone.
	Stop(ctx context.Context, tenantID string) error
	// Restart drains and starts anew.
	Restart(ctx context.Context, tenantID string) error
	// ForceRestart kills at once and starts anew.
	ForceRestart(ctx context.Context, tenantID string) error
	// Recover ends a worker that does not answer; when it is started anew is for its restart policy to say.
	Recover(ctx context.Context, tenantID string) error
	// Forget stops the worker and removes all that is kept about it, its logs included.
	Forget(ctx context.Context, tenantID string) error
	// Running tells whether a process is alive or about to be.
	Running(tenantID string) bool
	// Process measures a worker; false when it never ran.
	Process(tenantID string) (flowhq.Process, bool)
	// Tenants gives the tenants whose worker is alive or about to be.
	Tenants() []string
	// Alive tells the manager that the worker was seen alive now.
	Alive(tenantID string)
	// Outdated gives the tenants whose worker runs another program than a start would run now.
	Outdated() []string
}

// Links reach running workers for what the supervisor asks of them. Every call fails with CodeUnavailable when the
// worker is not connected.
type Links interface {
	Connected(tenantID string) bool
	// Ping asks the worker for its report, to confirm that it is alive.
	Ping(ctx context.Context, tenantID string) (flowhq.SessionReport, error)
	Configure(ctx context.Context, tenantID string, c flowhq.WorkerConfig) error
	// Relink asks for new QR codes where the worker waits because nobody scanned; otherwise it does nothing.
	Relink(ctx context.Context, tenantID string) error
	LinkCode(ctx context.Context, tenantID, phone string) (flowhq.LinkCode, error)
	// Logout unlinks the device; new codes follow.
	Logout(ctx context.Context, tenantID string) error
	// Snapshot has the worker copy its databases into the folder path.
	Snapshot(ctx context.Context, tenantID, path string) error
}

// Alarms is where the supervisor raises and clears alarms; for the box the tenant is "".
type Alarms interface {
	Raise(kind flowhq.AlarmKind, tenantID string, facts map[string]string)
	Clear(kind flowhq.AlarmKind, tenantID string)
	List() []flowhq.Alarm
}

// WorkerLogs are the output files of workers, and what they were started with.
type WorkerLogs interface {
	// FollowLog writes the last lines of a worker's log to w and, with follow, what is added from then on, across
	// rotations, until ctx ends, which is not an error.
	FollowLog(ctx context.Context, tenantID string, w io.Writer, lines int, follow bool) error
	// SearchLog looks for a text, whatever its case, in the present and the rotated files.
	SearchLog(ctx context.Context, tenantID, text string, limit int) (flowhq.LogPage, error)
	// Environment is what a worker is started with.
	Environment(tenantID string) []flowhq.EnvVar
}

package fleet

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"flowhq"
)

// Store is all that the fleet keeps. Each method is one transaction: it happens whole or not at all. A missing row is a
// flowhq.Error with CodeNotFound ("Tenant not found", "User not found", "Setup request not found" …), a store that cannot be
// reached one with CodeUnavailable.
type Store interface {
	TenantStore
	WorkerStore
	SessionStore
	JournalStore
	SettingsStore
	PortalStore
	RecordStore
	ChatStore
	InviteStore
	PauseStore
	SummaryStore
	RestoreHoldStore
	ErasureStore
	Ping(ctx context.Context) error
}

// TenantStore keeps tenants and their time lines.
type TenantStore interface {
	// CreateTenant makes the tenant with its config, session (DISCONNECTED), worker (STOPPED, wish stopped) and a first
	// published settings version holding settings. A number that another tenant has is CodeInvalid on phone_number.
	CreateTenant(ctx context.Context, t flowhq.NewTenant, settings flowhq.Settings, author string) (flowhq.TenantDetail, error)
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	Tenants(ctx context.Context, f flowhq.TenantFilter) ([]flowhq.TenantDetail, error)
	UpdateTenant(ctx context.Context, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error)
	// DeleteTenant takes everything that belongs to the tenant; its user stays, without a tenant.
	DeleteTenant(ctx context.Context, id string) error
	// Transition applies flowhq.NextStatus and, where the status changes, records it with its cause on the time line.
	// linked is read from the session inside the transaction. A tenant that becomes ACTIVE turns its APPROVED setup requests ACTIVE.
	Transition(ctx context.Context, id string, o flowhq.StatusTrigger, cause string) (from, to flowhq.TenantStatus, err error)
	AddTenantEvent(ctx context.Context, tenantID, kind, detail string, payload json.RawMessage) error
	TenantEvents(ctx context.Context, tenantID string, q flowhq.EventQuery) ([]flowhq.TenantEvent, error)
}

// WorkerStore keeps what is wished of workers and how they are.
type WorkerStore interface {
	SetDesired(ctx context.Context, tenantID string, w flowhq.DesiredState) error
	// SetWorkerStatus writes status and last error ("" clears it).
	SetWorkerStatus(ctx context.Context, tenantID string, s flowhq.WorkerStatus, lastError string) error
	// ShouldRun gives the ids of the tenants whose worker should run: wish running and tenant not PAUSED.
	ShouldRun(ctx context.Context) ([]string, error)
	// Heartbeats writes last_seen_at and, where given, wa_heard_at, of many workers at once. None of them goes backwards. Unknown tenants are ignored.
	Heartbeats(ctx context.Context, beats []flowhq.Heartbeat) error
}

// SessionStore keeps the state of linked devices.
type SessionStore interface {
	// SaveSession writes phase, state, QR (qr is the data URL, "" for none), raw code, linked device and heard-at of a report. Nothing else changes.
	// A LinkedJID that appears sets linked_at; one that goes clears both.
	SaveSession(ctx context.Context, tenantID string, r flowhq.SessionReport, qr string) error
}

// JournalStore takes what workers journalled.
type JournalStore interface {
	// ApplyEvents applies events in order, each once under (journal, Seq): effect and high-water mark in one transaction. It gives
	// the highest sequence number that is durable. Events at or below the mark are skipped; a gap is no error.
	ApplyEvents(ctx context.Context, tenantID, journal string, events []flowhq.WorkerEvent) (acked int64, err error)
	// Acked gives the high-water mark of a journal, 0 when nothing of it was seen.
	Acked(ctx context.Context, tenantID, journal string) (int64, error)
	// Messages gives a part of the log; Trace fills each message's decisions.
	Messages(ctx context.Context, tenantID string, q flowhq.MessageQuery) ([]flowhq.Message, error)
}

// SettingsStore keeps versions of settings.
type SettingsStore interface {
	// PublishedSettings gives the version in force. A tenant that another program made gets a first version from its config.
	PublishedSettings(ctx context.Context, tenantID string) (flowhq.SettingsVersion, error)
	// SettingsDraft gives the draft, nil when there is none.
	SettingsDraft(ctx context.Context, tenantID string) (*flowhq.SettingsVersion, error)
	// SettingsVersion gives one version; an unknown one is CodeNotFound.
	SettingsVersion(ctx context.Context, tenantID string, version int) (flowhq.SettingsVersion, error)
	// SettingsVersions lists versions, newest first, draft included.
	SettingsVersions(ctx context.Context, tenantID string, q flowhq.VersionQuery) ([]flowhq.SettingsVersion, error)
	// SaveDraft makes or replaces the one draft.
	SaveDraft(ctx context.Context, tenantID string, s flowhq.Settings, flowYAML, author string) (flowhq.SettingsVersion, error)
	// PublishDraft turns the draft PUBLISHED, the one in force OLD, and copies the hours to the config. No draft: CodeConflict.
	PublishDraft(ctx context.Context, tenantID, author string) (flowhq.SettingsVersion, error)
	// DiscardDraft removes the draft; none is no error.
	DiscardDraft(ctx context.Context, tenantID string) error
	// Rollback publishes a copy of an earlier version under a new number.
	Rollback(ctx context.Context, tenantID string, version int, author string) (flowhq.SettingsVersion, error)
}

// PortalStore keeps users and setup requests.
type PortalStore interface {
	// Users lists users, newest first.
	Users(ctx context.Context, p flowhq.PageQuery) ([]flowhq.User, error)
	// UserByEmail looks up case-insensitively.
	UserByEmail(ctx context.Context, email string) (flowhq.User, error)
	// CreateUser makes a user; an e-mail that is taken, or a tenant that has one, is CodeConflict; an unknown tenant CodeNotFound.
	CreateUser(ctx context.Context, u flowhq.User) (flowhq.User, error)
	// CreateOwner makes a tenant named name (NEW, empty number, with config, session, worker and settings rows) and its OWNER, or
	// gives those there are when the e-mail is known; created tells which. A known user without a tenant gets one.
	CreateOwner(ctx context.Context, email, name string) (u flowhq.User, t flowhq.TenantDetail, created bool, err error)
	// SubmitSetupRequest renames the tenant, sets its number, status NEW, writes the config, makes the request and the event
	// SETUP_REQUEST_SUBMITTED, all at once. Linked already, or a request still open or approved and waiting: CodeConflict. A number that
	// another tenant has: CodeInvalid on whatsappNumber.
	SubmitSetupRequest(ctx context.Context, userID string, r flowhq.NewSetupRequest) (flowhq.SetupRequest, error)
	// SetupRequests lists requests, newest first.
	SetupRequests(ctx context.Context, q flowhq.SetupQuery) ([]flowhq.SetupRequestDetail, error)
	// OpenSetupRequests lists those that wait after a place, the longest waiting first; most 0: all.
	OpenSetupRequests(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.SetupRequestDetail, error)
	// SetupRivals gives every request that waits, and those of their tenants that were rejected.
	SetupRivals(ctx context.Context) ([]flowhq.SetupRequest, error)
	SetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error)
	// LatestSetupRequest gives nil when there is none.
	LatestSetupRequest(ctx context.Context, tenantID string) (*flowhq.SetupRequest, error)
	// ReviewSetupRequest turns SUBMITTED into REVIEWING; REVIEWING stays; decided: CodeConflict.
	ReviewSetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error)
	// DecideSetupRequest sets APPROVED or REJECTED with notes and records the portal event; approved, the tenant's config takes the
	// request's template, its status becomes QR_PENDING and its wish running. Decided already: CodeConflict.
	DecideSetupRequest(ctx context.Context, id string, to flowhq.SetupRequestStatus, notes string) (flowhq.SetupRequestDetail, error)
}

// RecordStore keeps customers and what they asked for.
type RecordStore interface {
	Customers(ctx context.Context, tenantID string, q flowhq.CustomerQuery) ([]flowhq.Customer, error)
	Requests(ctx context.Context, tenantID string, q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error)
	UpdateRequest(ctx context.Context, tenantID, id string, p flowhq.RequestPatch) (flowhq.CustomerRequest, error)
}

// ChatStore keeps what is known of single chats and requests.
type ChatStore interface {
	// Chats gives customers with the newest message of each, last seen first.
	Chats(ctx context.Context, tenantID string, q flowhq.CustomerQuery) ([]flowhq.ChatSummary, error)
	// Customer gives the customer of one chat; CodeNotFound "Chat not found".
	Customer(ctx context.Context, tenantID, chat string) (flowhq.Customer, error)
	// SetLabels replaces a customer's labels.
	SetLabels(ctx context.Context, tenantID, chat string, labels []string) error
	// Request gives one request; CodeNotFound "Request not found".
	Request(ctx context.Context, tenantID, id string) (flowhq.CustomerRequest, error)
	// RequestHistory gives what happened to a request, newest first.
	RequestHistory(ctx context.Context, tenantID, id string) ([]flowhq.TenantEvent, error)
}

// InviteStore keeps links for owners by the SHA-256 of their tokens.
type InviteStore interface {
	CreateInvite(ctx context.Context, i flowhq.LinkInvite, tokenHash []byte) (flowhq.LinkInvite, error)
	// InviteByHash finds a link, whether or not it is still open; CodeNotFound "Link not found".
	InviteByHash(ctx context.Context, tokenHash []byte) (flowhq.LinkInvite, error)
	// Invites lists a tenant's links, newest first.
	Invites(ctx context.Context, tenantID string, p flowhq.PageQuery) ([]flowhq.LinkInvite, error)
	RevokeInvite(ctx context.Context, tenantID, id string) error
	// InviteOpened notes the first opening.
	InviteOpened(ctx context.Context, id string) error
}

// PauseStore keeps why and until when tenants are paused.
type PauseStore interface {
	SavePause(ctx context.Context, p flowhq.Pause) error
	// Pause gives nil when nothing was said.
	Pause(ctx context.Context, tenantID string) (*flowhq.Pause, error)
	EndPause(ctx context.Context, tenantID string) error
	DuePauses(ctx context.Context, now time.Time) ([]string, error)
}

// WorkerLogs are the output files of workers, and what they were started with.
type WorkerLogs interface {
	// FollowLog writes the last lines of a worker's log to w and, with follow, what is added from then on, across rotations, until
	// ctx ends, which is no error.
	FollowLog(ctx context.Context, tenantID string, w io.Writer, lines int, follow bool) error
	// SearchLog looks for a text, whatever its case, in the present and the rotated files.
	SearchLog(ctx context.Context, tenantID, text string, limit int) (flowhq.LogPage, error)
	// Environment is what a worker is started with.
	Environment(tenantID string) []flowhq.EnvVar
}

// Processes is the process manager as the fleet needs it: names are process names (flowhq.ProcessName).
type Processes interface {
	// Start makes sure that the worker runs; running already is no error.
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
	Process(tenantID string) (flowhq.Process, bool)
	// Tenants gives the tenants whose worker is alive or about to be.
	Tenants() []string
	// Alive tells the manager that the worker was seen alive now.
	Alive(tenantID string)
	// Outdated gives the tenants whose worker runs another program than a start would run now.
	Outdated() []string
}

// Links reach running workers. Every call fails with CodeUnavailable when the worker is not connected.
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
	// Send sends a text to a chat as an admin; id makes a repeat harmless.
	Send(ctx context.Context, tenantID, id, chat, text string) error
	// SendFirst is Send to a phone number that need not have written before.
	SendFirst(ctx context.Context, tenantID, id, chat, text string) error
	// TakeOver and Release hand a chat to a human and back to the bot.
	TakeOver(ctx context.Context, tenantID, chat string) error
	Release(ctx context.Context, tenantID, chat string) error
	// OptIn takes a customer's opting out back.
	OptIn(ctx context.Context, tenantID, chat string) error
	// Snapshot has the worker copy its databases into the folder path.
	Snapshot(ctx context.Context, tenantID, path string) error
}

// Flows is the bot as the fleet needs it: what tenants' flows say, checked and tried out. It keeps nothing.
type Flows interface {
	// Check reads a flow and tells all that is wrong with it, in the order of the text; none: it can be used.
	Check(flowYAML string) []flowhq.FlowProblem
	// Texts gives the YAML of a template's own flow, and what every flow of its language says.
	Texts(t flowhq.TemplateType, l flowhq.Language) (own, common string)
	// Try goes on with a conversation. A flow that does not load is CodeInvalid on flow_yaml, a state that no answer gave on state.
	Try(flowhq.Tryout) (flowhq.TryAnswer, error)
	// Replay compares what a flow in force and a draft answer. A flow that does not load is CodeInvalid on flow_yaml.
	Replay(flowhq.Replay) (flowhq.ReplayAnswer, error)
}

// Prober is a store that can tell whether it may be written; its error says why not.
type Prober interface {
	Probe(ctx context.Context) error
}

// Checker is a store that can look for damage in itself; damage is an error with flowhq.OutageDamaged.
type Checker interface {
	Check(ctx context.Context) error
}

// UserRemover is a store that can remove a portal user; the user's tenant stays. An unknown id is CodeNotFound, a user with
// setup requests CodeConflict.
type UserRemover interface {
	DeleteUser(ctx context.Context, id string) error
}

// SummaryStore keeps what lists and the overview tell of many tenants at once.
type SummaryStore interface {
	// TenantSummaries gives every tenant's line without its figures, newest first.
	TenantSummaries(ctx context.Context) ([]flowhq.TenantSummary, error)
	// MessageHours gives the messages of all tenants by the hour, from the hour that since lies in.
	MessageHours(ctx context.Context, since time.Time) ([]flowhq.MessageHour, error)
	// DropMessageHours forgets the hours before a time.
	DropMessageHours(ctx context.Context, before time.Time) error
	// OpenRequests counts the customers' requests that are NEW or CONFIRMED, by tenant.
	OpenRequests(ctx context.Context) (map[string]int, error)
	// WaitingSetupRequests counts the owners' requests that wait for a decision.
	WaitingSetupRequests(ctx context.Context) (int, error)
}

// RestoreHoldStore keeps which tenants came back from a backup and are held back.
type RestoreHoldStore interface {
	RestoreHold(ctx context.Context, tenantID string) (*flowhq.RestoreHold, error)
	RestoreHolds(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.RestoreHold, error)
	// ReleaseRestoreHold takes a fence away and wishes the worker what was wished of it. deviceGone: its keys were removed, so that nobody
	// else can be at work with them. No fence is CodeConflict.
	ReleaseRestoreHold(ctx context.Context, tenantID, cause string, deviceGone bool) (flowhq.RestoreHold, error)
}

// Backups takes and keeps backups of the whole box.
type Backups interface {
	List(ctx context.Context) ([]flowhq.Backup, error)
	State() flowhq.BackupState
	Start(ctx context.Context, by string) error
}

// ErasureStore hands out and deletes what is kept of one customer.
type ErasureStore interface {
	// CustomerData gives it by table. An unknown chat is CodeNotFound.
	CustomerData(ctx context.Context, tenantID, chat string) (map[string][]map[string]any, error)
	// EraseCustomer deletes it and tells how many rows are gone; cause goes to the time line.
	EraseCustomer(ctx context.Context, tenantID, chat, cause string) (rows int64, err error)
}

package flowhq

import (
	"encoding/json"
	"time"
)

// WorkerStatus is what the worker of a tenant is doing, as the database tells it.
type WorkerStatus string

// The states of a worker.
const (
	WorkerRunning WorkerStatus = "RUNNING"
	WorkerStopped WorkerStatus = "STOPPED"
	WorkerError   WorkerStatus = "ERROR"
)

// DesiredState says whether a worker should run; it outlives restarts of everything.
type DesiredState string

// The wishes.
const (
	DesiredStopped DesiredState = "stopped"
	DesiredRunning DesiredState = "running"
)

// Worker is a tenant's worker process as the store knows it; what the process itself does is the process manager's to tell.
type Worker struct {
	ID           string
	TenantID     string
	ProcessName  string // column and JSON name pm2_name
	Status       WorkerStatus
	DesiredState DesiredState
	LastError    string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// ProcessName gives the name of a tenant's worker process. It is made from the id, so that two tenants never share one.
func ProcessName(tenantID string) string { return "worker-" + tenantID }

// Heartbeat is one worker's sign of life as the store takes it.
type Heartbeat struct {
	TenantID string
	SeenAt   time.Time
	HeardAt  *time.Time // WhatsApp last heard from; nil: nothing new is known
}

// WorkerConfig is what the appliance tells a worker to work by. It is sent in the answer to hello and again at each
// change; the worker keeps the last one on disk, to go on by while the appliance is away.
type WorkerConfig struct {
	Revision int64    `json:"revision"` // grows with every change; an older one is ignored
	Business Business `json:"business"`
	Version  int      `json:"version"`   // settings version that Business.Settings and FlowYAML come from
	FlowYAML string   `json:"flow_yaml"` // "": the template's own flow
	Limits   Limits   `json:"limits"`
}

// Limits bound what a worker sends and how it behaves towards WhatsApp.
type Limits struct {
	RepliesPerMinute     int           `json:"replies_per_minute"`     // per tenant, sliding minute
	ContactReplies       int           `json:"contact_replies"`        // per contact in ContactWindow; 0: no cap
	ContactWindow        time.Duration `json:"contact_window"`         // nanoseconds in JSON
	Typing               bool          `json:"typing"`                 // wait a human length of time before each reply
	ReadReceipts         bool          `json:"read_receipts"`          // mark messages read
	CatchUp              time.Duration `json:"catch_up"`               // older messages are not answered any more
	Handoff              time.Duration `json:"handoff"`                // how long the bot is silent after a human took over
	Heartbeat            time.Duration `json:"heartbeat"`              // how often the worker reports
	OrphanGrace          time.Duration `json:"orphan_grace"`           // how long a worker runs on without an appliance
	SilenceBeforeRebuild time.Duration `json:"silence_before_rebuild"` // a connection silent for so long is made anew
}

// WorkerEvent is something that happened in a worker and must reach the store: taken from its journal, numbered, sent until it is
// acknowledged, applied once under (journal's UUID, Seq). Exactly the field named by Kind is set.
type WorkerEvent struct {
	Seq     int64            `json:"seq"`
	At      time.Time        `json:"at"`
	Kind    WorkerEventKind  `json:"kind"`
	Message *MessageEvent    `json:"message,omitempty"`
	Trace   *TraceEvent      `json:"trace,omitempty"`
	Chat    *ChatEvent       `json:"chat,omitempty"`
	Request *RequestEvent    `json:"request,omitempty"`
	Merge   *IdentityMerge   `json:"merge,omitempty"`
	Note    *TenantEventNote `json:"note,omitempty"`
}

// WorkerEventKind names the kinds of a WorkerEvent.
type WorkerEventKind string

// The kinds of worker events.
const (
	EventMessage WorkerEventKind = "message" // a message came in, went out, was edited or deleted
	EventTrace   WorkerEventKind = "trace"   // a decision about a message
	EventChat    WorkerEventKind = "chat"    // hand-over, opt-out or step of one chat changed
	EventRequest WorkerEventKind = "request" // a booking, order or ticket was made or changed by a customer
	EventMerge   WorkerEventKind = "merge"   // two addresses turned out to be one customer
	EventNote    WorkerEventKind = "note"    // something for the tenant's time line
)

// TenantEventNote is an entry for a tenant's time line that comes from its worker.
type TenantEventNote struct {
	Type    string          `json:"type"`
	Detail  string          `json:"detail"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

package flowhq

import "time"

// WorkerEvent is something that happened in a worker and must reach the store: taken from its journal, numbered, sent
// until it is acknowledged, applied once under (journal's UUID, Seq). Exactly the field named by Kind is set.
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

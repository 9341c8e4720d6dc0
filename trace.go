package flowhq

import "time"

// TraceEntry is one decision about a message, in order: "why did my bot not answer?" is answered by these.
type TraceEntry struct {
	At     time.Time `json:"at"`
	Step   string    `json:"step"`   // one of the Trace constants
	Detail string    `json:"detail"` // in plain words
}

// TraceEvent is a decision about the message it names.
type TraceEvent struct {
	WAMessageID string     `json:"wa_message_id"`
	Chat        string     `json:"chat"`
	Entry       TraceEntry `json:"entry"`
}

// Steps of a trace.
const (
	TraceReceived     = "received"
	TraceDuplicate    = "duplicate"
	TraceFiltered     = "filtered"
	TraceQueued       = "queued"
	TraceQueueFull    = "queue_full"
	TraceTooOld       = "too_old"
	TraceOptedOut     = "opted_out"
	TraceHandedOver   = "handed_over"
	TraceClosed       = "closed_hours"
	TraceLimited      = "limited"
	TraceSuppressed   = "suppressed"
	TraceStep         = "step"
	TraceReplyID      = "reply_id"
	TraceSent         = "sent"
	TraceAcknowledged = "acknowledged"
	TraceFailed       = "failed"
)

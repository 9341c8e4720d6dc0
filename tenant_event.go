package flowhq

import (
	"encoding/json"
	"time"
)

// TenantEvent is an entry of a tenant's time line: a change of state with its cause, or something a process did.
type TenantEvent struct {
	ID        string
	TenantID  string
	Type      string
	Detail    string
	Payload   json.RawMessage
	CreatedAt time.Time
}

// Types of tenant events that more than one package writes or reads.
const (
	TenantEventStatus  = "STATUS"  // the tenant's status changed
	TenantEventSession = "SESSION" // the session's phase changed
	TenantEventWorker  = "WORKER"  // the worker's process started, ended or was stopped
	TenantEventStale   = "STALE"
	TenantEventAdmin   = "ADMIN" // an admin did something
	TenantEventMerge   = "MERGE"
	TenantEventRecord  = "REQUEST"
	TenantEventChat    = "CHAT"    // a customer opted out or in, a human took a chat over or gave it back
	TenantEventAdopted = "ADOPTED" // taken over from the predecessor's database; the payload keeps what its rows said
)

// TenantEventNote is an entry for a tenant's time line that comes from its worker.
type TenantEventNote struct {
	Type    string          `json:"type"`
	Detail  string          `json:"detail"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// EventQuery asks for a part of a tenant's time line, newest first.
type EventQuery struct {
	Type   string // one of the TenantEvent types; "": any
	Before Cursor
	Limit  int // 1 to MaxLimit
}

package flowhq

import "time"

// Change tells whoever watches that something of a tenant is different now; what, is to be read anew.
type Change struct {
	Kind     ChangeKind `json:"kind"`
	TenantID string     `json:"tenant_id,omitempty"`
	ID       string     `json:"id,omitempty"` // of the message, request …
	At       time.Time  `json:"at"`
}

// ChangeKind names what changed.
type ChangeKind string

// The kinds of changes.
const (
	ChangeTenant       ChangeKind = "tenant"  // made, changed, its status
	ChangeDeleted      ChangeKind = "deleted" // the tenant is gone
	ChangeSession      ChangeKind = "session"
	ChangeWorker       ChangeKind = "worker"
	ChangeMessage      ChangeKind = "message"
	ChangeRequest      ChangeKind = "request" // a customer's
	ChangeChat         ChangeKind = "chat"
	ChangeSetupRequest ChangeKind = "setup_request"
	ChangeAlarm        ChangeKind = "alarm" // raised, changed or cleared; ID is its kind
)

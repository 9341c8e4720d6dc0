package flowhq

import (
	"encoding/json"
	"time"
)

// PortalEvent is an entry of the portal's own event log.
type PortalEvent struct {
	ID        string
	TenantID  string
	UserID    string
	Type      string
	Payload   json.RawMessage
	CreatedAt time.Time
}

// Types of portal events; the portal's web app reads them.
const (
	PortalSetupSubmitted = "SETUP_REQUEST_SUBMITTED"
	PortalSetupApproved  = "SETUP_REQUEST_APPROVED"
	PortalSetupRejected  = "SETUP_REQUEST_REJECTED"
)

package flowhq

import "time"

// SessionState is the coarse state of a linked device, as older clients of the database know it.
type SessionState string

// The states of a session.
const (
	SessionDisconnected SessionState = "DISCONNECTED"
	SessionQRReady      SessionState = "QR_READY"
	SessionConnected    SessionState = "CONNECTED"
)

// Session is the linked device of a tenant.
type Session struct {
	ID         string
	TenantID   string
	State      SessionState
	Phase      Phase
	LastQR     string     // data:image/png;base64 while State is QR_READY, else ""
	QRCode     string     // the QR's raw text, else ""
	QRExpires  *time.Time // when the shown code is replaced by the next
	LinkedJID  string     // the device's own address while linked, else ""
	LinkedAt   *time.Time
	LastSeenAt *time.Time // the worker's heartbeat
	WAHeardAt  *time.Time // when WhatsApp was last heard from
	// While Phase is BANNED or RESTRICTED: when the bot goes on by itself (nil: WhatsApp did not say and the worker
	// tries now and then), and why it pauses.
	BlockedUntil *time.Time
	BlockedCause string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Linked tells whether a device is linked, as far as the appliance knows.
func (s *Session) Linked() bool { return s != nil && s.LinkedJID != "" }

// SessionReport is what a worker says of its session: at every change, and with every heartbeat. The latest one is the
// truth; reports are never journalled.
type SessionReport struct {
	Phase Phase `json:"phase"`
	// what happened, in plain words; goes to last_error in a failing phase
	Detail    string     `json:"detail,omitempty"`
	QRCode    string     `json:"qr_code,omitempty"`    // raw text while Phase is QR
	QRExpires *time.Time `json:"qr_expires,omitempty"` // when the next code comes
	LinkedJID string     `json:"linked_jid,omitempty"` // while a device is linked
	Until     *time.Time `json:"until,omitempty"`      // end of a ban or a timelock, when WhatsApp said it
	HeardAt   *time.Time `json:"heard_at,omitempty"`   // WhatsApp last heard from
	Since     time.Time  `json:"since"`                // when this phase began
}

// LinkCode is a pairing code for the phone ("ABCD-EFGH").
type LinkCode struct {
	Code      string
	ExpiresAt time.Time
}

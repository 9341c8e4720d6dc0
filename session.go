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

// Phase is the fine state of a session, as the worker reports it.
type Phase string

// The phases of a session. A phase that ends in a refusal says so: each has its own remedy (see Remedy).
const (
	PhaseOff          Phase = "OFF"           // no worker is running
	PhaseStarting     Phase = "STARTING"      // the worker runs and has not reached WhatsApp yet
	PhaseQR           Phase = "QR"            // codes are shown
	PhaseNobody       Phase = "NOBODY"        // five rounds of codes that nobody scanned; waits to be asked for more
	PhaseConnecting   Phase = "CONNECTING"    // linked, logging in (also between scan and ready)
	PhaseConnected    Phase = "CONNECTED"     // ready
	PhaseReconnecting Phase = "RECONNECTING"  // linked, connection lost, trying again
	PhaseLoggedOut    Phase = "LOGGED_OUT"    // the device was unlinked by the owner or by WhatsApp
	PhaseReplaced     Phase = "REPLACED"      // another process uses the same device
	PhaseBanned       Phase = "BANNED"        // temporary ban, with code and expiry
	PhaseRestricted   Phase = "RESTRICTED"    // sending is refused (463, reach-out timelock)
	PhaseOutdated     Phase = "OUTDATED"      // WhatsApp refuses this client version
	PhaseRelink       Phase = "RELINK"        // was linked with the predecessor, whose keys can't be taken over
	PhaseJournalFault Phase = "JOURNAL_FAULT" // the journal can't be written, so nothing is taken in
)

// State gives the coarse state that goes with a phase.
func (p Phase) State() SessionState {
	switch p {
	case PhaseQR:
		return SessionQRReady
	case PhaseConnected:
		return SessionConnected
	default:
		return SessionDisconnected
	}
}

// Blocked tells whether WhatsApp keeps the number from sending for a time; the bot pauses and goes on by itself.
func (p Phase) Blocked() bool { return p == PhaseBanned || p == PhaseRestricted }

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
	// While Phase is BANNED or RESTRICTED: when the bot goes on by itself (nil: WhatsApp did not say and the worker tries
	// now and then), and why it pauses.
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
	Phase     Phase      `json:"phase"`
	Detail    string     `json:"detail,omitempty"`     // what happened, in plain words; goes to last_error in a failing phase
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

package flowhq

import "fmt"

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

// Failing tells whether a phase is one that a person must look at.
func (p Phase) Failing() bool { return Remedy(p) != "" }

// Blocked tells whether WhatsApp keeps the number from sending for a time; the bot pauses and goes on by itself.
func (p Phase) Blocked() bool { return p == PhaseBanned || p == PhaseRestricted }

// Remedy says what to do about a failing phase, in one sentence; "" for a phase that needs nobody.
func Remedy(p Phase) string {
	switch p {
	case PhaseLoggedOut:
		return "The device was unlinked. Show the owner the new QR code to link it again."
	case PhaseRelink:
		return "Needs linking again: it was linked with the former program, whose keys cannot be taken over. Start " +
			"the worker and show the owner the QR code."
	case PhaseReplaced:
		return "Another program uses the same linked device. Stop the other one, then restart this worker."
	case PhaseBanned:
		return "WhatsApp banned the number for a time. Wait until the ban ends, send less, and answer only those who " +
			"wrote first."
	case PhaseRestricted:
		return "WhatsApp refuses messages from this number for now. The bot waits and goes on by itself; send less."
	case PhaseOutdated:
		return "WhatsApp refuses this version of the client. Upgrade Flow HQ, or set WHATSAPP_VERSION to the " +
			"current version."
	case PhaseJournalFault:
		return "The worker cannot write its journal. Free disk space in the sessions folder; WhatsApp keeps the " +
			"messages meanwhile."
	default:
		return ""
	}
}

// FailureText joins cause and remedy into the text of last_error, at most 1,000 characters.
func FailureText(cause string, p Phase) string {
	text := cause
	if remedy := Remedy(p); remedy != "" {
		text = fmt.Sprintf("%s %s", cause, remedy)
	}
	return Shorten(text, 1000)
}

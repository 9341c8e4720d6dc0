package supervisor

import (
	"cmp"
	"strings"

	"flowhq"
)

// verdict is what follows from a worker's report for its tenant and its row.
type verdict struct {
	occurrence flowhq.StatusTrigger // "": the tenant's status is not concerned
	cause      string               // for the time line
	lastError  string
	about      flowhq.Phase // which phase lastError is about
}

// judge is the part of the life cycles that reports decide: connected tells whether this very process was connected
// before, lastError and failure what stands on the worker's row now and which phase it is about.
//
//	QR, NOBODY                     QR_PENDING; an error goes, apart from "the device was unlinked", which explains the code
//	CONNECTED                      ACTIVE, no error
//	LOGGED_OUT                     QR_PENDING when it happened while the worker ran, else ERROR until it shows a code
//	other failing phases           ERROR with cause and remedy
//	STARTING, CONNECTING, RECONNECTING, OFF   nothing changes: a short loss of connection is no failure
func judge(r flowhq.SessionReport, connected bool, lastError string, failure flowhq.Phase) verdict {
	switch r.Phase {
	case flowhq.PhaseQR, flowhq.PhaseNobody:
		v := verdict{occurrence: flowhq.TriggerUnlinked, cause: "The worker shows a QR code"}
		if r.Phase == flowhq.PhaseNobody {
			v.cause = "Nobody scanned the QR code; the worker waits until somebody opens the linking panel"
		}
		if failure == flowhq.PhaseLoggedOut {
			v.lastError, v.about = lastError, failure
		}
		return v
	case flowhq.PhaseConnected:
		return verdict{occurrence: flowhq.TriggerConnected, cause: phaseText(r.Phase)}
	case flowhq.PhaseStarting, flowhq.PhaseConnecting, flowhq.PhaseReconnecting, flowhq.PhaseOff:
		return verdict{cause: cmp.Or(r.Detail, phaseText(r.Phase)), lastError: lastError, about: failure}
	}
	cause := sentence(cmp.Or(r.Detail, phaseText(r.Phase)))
	if strings.HasPrefix(flowhq.Remedy(r.Phase), cause) { // it says the same to begin with
		cause = ""
	}
	text := strings.TrimSpace(flowhq.FailureText(cause, r.Phase))
	v := verdict{occurrence: flowhq.TriggerFailed, cause: text, lastError: text, about: r.Phase}
	if r.Phase == flowhq.PhaseLoggedOut && connected {
		v.occurrence = flowhq.TriggerUnlinked
	}
	return v
}

// phaseText says what a phase means where the worker gives no detail.
func phaseText(p flowhq.Phase) string {
	switch p {
	case flowhq.PhaseOff:
		return "The worker ended"
	case flowhq.PhaseStarting:
		return "The worker started"
	case flowhq.PhaseConnecting:
		return "Logging in to WhatsApp"
	case flowhq.PhaseConnected:
		return "Connected to WhatsApp"
	case flowhq.PhaseReconnecting:
		return "The connection to WhatsApp is lost; trying again"
	case flowhq.PhaseLoggedOut:
		return "The device was logged out"
	case flowhq.PhaseReplaced:
		return "WhatsApp gave the session to another program"
	case flowhq.PhaseBanned:
		return "WhatsApp banned the number"
	case flowhq.PhaseRestricted:
		return "WhatsApp restricted the number"
	case flowhq.PhaseOutdated:
		return "WhatsApp refused the client"
	case flowhq.PhaseJournalFault:
		return "The journal cannot be written"
	default:
		return "The session is in phase " + string(p)
	}
}

// sentence ends a text with a full stop, so that a remedy can follow.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	switch text[len(text)-1] {
	case '.', '!', '?':
		return text
	}
	return text + "."
}

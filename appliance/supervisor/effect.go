package supervisor

import (
	"cmp"
	"strings"

	"flowhq"
)

// effect is what follows from a worker's report for its tenant and its row.
type effect struct {
	trigger   flowhq.StatusTrigger // "": the tenant's status is not concerned
	cause     string               // for the time line
	lastError string
	about     flowhq.Phase // which phase lastError is about
}

// Effect is the part of the life cycles that reports decide:
//
//	QR, NOBODY             QR_PENDING; an error goes, apart from "the device was unlinked", which explains the code
//	CONNECTED              ACTIVE, no error; nothing changes while WhatsApp was told to be silent and still is
//	LOGGED_OUT             QR_PENDING when it happened while the worker ran, else ERROR until it shows a code
//	other failing phases   ERROR with cause and remedy
//	STARTING, CONNECTING,  nothing changes: a short loss of connection is not a failure
//	RECONNECTING, OFF
func (w *WorkerState) Effect(r flowhq.SessionReport) effect {
	unchanged := effect{cause: cmp.Or(r.Detail, phaseText(r.Phase)), lastError: w.row.lastError, about: w.row.about}
	switch r.Phase {
	case flowhq.PhaseQR, flowhq.PhaseNobody:
		e := effect{trigger: flowhq.TriggerUnlinked, cause: "The worker shows a QR code"}
		if r.Phase == flowhq.PhaseNobody {
			e.cause = "Nobody scanned the QR code; the worker waits until somebody opens the linking panel"
		}
		if w.row.about == flowhq.PhaseLoggedOut {
			e.lastError, e.about = w.row.lastError, w.row.about
		}
		return e
	case flowhq.PhaseConnected:
		if w.silent {
			unchanged.cause = phaseText(r.Phase)
			return unchanged
		}
		return effect{trigger: flowhq.TriggerConnected, cause: phaseText(r.Phase)}
	case flowhq.PhaseStarting, flowhq.PhaseConnecting, flowhq.PhaseReconnecting, flowhq.PhaseOff:
		return unchanged
	}
	cause := sentence(cmp.Or(r.Detail, phaseText(r.Phase)))
	if strings.HasPrefix(flowhq.Remedy(r.Phase), cause) { // it says the same to begin with
		cause = ""
	}
	text := strings.TrimSpace(flowhq.FailureText(cause, r.Phase))
	e := effect{trigger: flowhq.TriggerFailed, cause: text, lastError: text, about: r.Phase}
	if r.Phase == flowhq.PhaseLoggedOut && w.connected {
		e.trigger = flowhq.TriggerUnlinked
	}
	return e
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

package flowhq

import "fmt"

// Occurrence is something that may change a tenant's status.
type Occurrence string

// The occurrences of a tenant's life.
const (
	OccurStartedUnlinked Occurrence = "started_unlinked" // worker started, no device linked
	OccurStartedLinked   Occurrence = "started_linked"   // worker started, the device is still linked
	OccurUnlinked        Occurrence = "unlinked"         // the device was logged out while the worker runs
	OccurConnected       Occurrence = "connected"        // linked and connected
	OccurFailed          Occurrence = "failed"           // stale, crash loop, banned, restricted, outdated, logged out while stopped …
	OccurStopped         Occurrence = "stopped"          // worker stopped by an admin
	OccurPaused          Occurrence = "paused"
	OccurResumed         Occurrence = "resumed"
)

// NextStatus is the life cycle of a tenant:
//
//	(created) → NEW
//	NEW, ERROR, ACTIVE, QR_PENDING  –started or logged out, unlinked→  QR_PENDING
//	any but PAUSED                  –connected→                        ACTIVE
//	any but PAUSED                  –failed→                           ERROR
//	ACTIVE, QR_PENDING, ERROR       –stopped→                          NEW when never linked, else unchanged
//	any                             –paused→                           PAUSED
//	PAUSED                          –resumed→                          ACTIVE when linked, else NEW
//
// A short loss of connection changes nothing. linked says whether a device is linked now.
func NextStatus(from TenantStatus, o Occurrence, linked bool) TenantStatus {
	if o == OccurPaused {
		return TenantPaused
	}
	if from == TenantPaused {
		switch {
		case o != OccurResumed:
			return TenantPaused
		case linked:
			return TenantActive
		default:
			return TenantNew
		}
	}
	switch o {
	case OccurStartedUnlinked, OccurUnlinked:
		return TenantQRPending
	case OccurStartedLinked, OccurConnected:
		return TenantActive
	case OccurFailed:
		return TenantError
	case OccurStopped:
		if !linked {
			return TenantNew
		}
	}
	return from
}

// Failing tells whether a phase is one that a person must look at.
func (p Phase) Failing() bool { return Remedy(p) != "" }

// Remedy says what to do about a failing phase, in one sentence; "" for a phase that needs nobody.
func Remedy(p Phase) string {
	switch p {
	case PhaseLoggedOut:
		return "The device was unlinked. Show the owner the new QR code to link it again."
	case PhaseRelink:
		return "Needs linking again: it was linked with the former program, whose keys cannot be taken over. Start the worker and show the owner the QR code."
	case PhaseReplaced:
		return "Another program uses the same linked device. Stop the other one, then restart this worker."
	case PhaseBanned:
		return "WhatsApp banned the number for a time. Wait until the ban ends, send less, and answer only those who wrote first."
	case PhaseRestricted:
		return "WhatsApp refuses messages from this number for now. The bot waits and goes on by itself; send less."
	case PhaseOutdated:
		return "WhatsApp refuses this version of the client. Upgrade Flow HQ, or set WHATSAPP_VERSION to the current version."
	case PhaseJournalFault:
		return "The worker cannot write its journal. Free disk space in the sessions folder; WhatsApp keeps the messages meanwhile."
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
	if r := []rune(text); len(r) > 1000 {
		text = string(r[:999]) + "…"
	}
	return text
}

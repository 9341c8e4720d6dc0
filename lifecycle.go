package flowhq

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

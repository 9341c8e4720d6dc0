package flowhq

// StatusTrigger is something that can change a tenant's status.
type StatusTrigger string

// The triggers in a tenant's life.
const (
	TriggerStartedUnlinked StatusTrigger = "started_unlinked" // worker started, no device linked
	TriggerStartedLinked   StatusTrigger = "started_linked"   // worker started, the device is still linked
	TriggerUnlinked        StatusTrigger = "unlinked"         // the device was logged out while the worker runs
	TriggerConnected       StatusTrigger = "connected"        // linked and connected
	// stale, crash loop, banned, restricted, outdated, logged out while stopped …
	TriggerFailed  StatusTrigger = "failed"
	TriggerStopped StatusTrigger = "stopped" // worker stopped by an admin
	TriggerPaused  StatusTrigger = "paused"
	TriggerResumed StatusTrigger = "resumed"
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
func NextStatus(from TenantStatus, o StatusTrigger, linked bool) TenantStatus {
	if o == TriggerPaused {
		return TenantPaused
	}
	if from == TenantPaused {
		switch {
		case o != TriggerResumed:
			return TenantPaused
		case linked:
			return TenantActive
		default:
			return TenantNew
		}
	}
	switch o {
	case TriggerStartedUnlinked, TriggerUnlinked:
		return TenantQRPending
	case TriggerStartedLinked, TriggerConnected:
		return TenantActive
	case TriggerFailed:
		return TenantError
	case TriggerStopped:
		if !linked {
			return TenantNew
		}
	}
	return from
}

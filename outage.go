package flowhq

import "errors"

// Outage says why a store can't be used for now: Error.Outage.
type Outage string

// The reasons of an outage. Whoever looks after the box does something else for each of them.
const (
	OutageAway Outage = "away" // its server can't be reached, or is starting or stopping
	OutageFull Outage = "full" // its disk is full
	// it may be read and not written: a standby, or a file system that was mounted so
	OutageReadOnly    Outage = "read_only"
	OutageBusy        Outage = "busy"        // another process holds it locked
	OutageConnections Outage = "connections" // its server has no connection left
	OutageSlow        Outage = "slow"        // it does not answer in time
	OutageDamaged     Outage = "damaged"     // its file holds nonsense
)

// Alarm gives the kind of alarm that goes with an outage.
func (o Outage) Alarm() AlarmKind {
	switch o {
	case OutageFull:
		return AlarmDatabaseFull
	case OutageReadOnly:
		return AlarmDatabaseReadOnly
	case OutageBusy:
		return AlarmDatabaseBusy
	case OutageConnections:
		return AlarmDatabaseConnections
	case OutageSlow:
		return AlarmDatabaseSlow
	case OutageDamaged:
		return AlarmDatabaseDamaged
	case OutageAway:
	}
	return AlarmDatabaseAway
}

// OutageOf gives the reason that an error tells of; "" where it tells of no outage of a store.
func OutageOf(err error) Outage {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok || e.Code != CodeUnavailable:
		return ""
	case e.Outage == "":
		return OutageAway
	default:
		return e.Outage
	}
}

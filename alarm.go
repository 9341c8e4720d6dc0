package flowhq

import (
	"cmp"
	"strconv"
	"time"
)

// AlarmKind names what is wrong with the box or with a business; it decides words, remedy and severity.
type AlarmKind string

// The kinds of alarms. Those of a business name it in Alarm.TenantID.
const (
	AlarmBackupFailed  AlarmKind = "backup_failed"  // facts: when (RFC 3339, of the last good one; may be missing)
	AlarmBackupPartial AlarmKind = "backup_partial" // the last backup lacks something; facts: count
	AlarmBackupOld     AlarmKind = "backup_old"     // facts: days
	AlarmDatabaseAway  AlarmKind = "database_away"  //
	AlarmDatabaseFault AlarmKind = "database_fault" // facts: table (may be missing)

	AlarmDatabaseFull        AlarmKind = "database_full"
	AlarmDatabaseReadOnly    AlarmKind = "database_read_only"
	AlarmDatabaseBusy        AlarmKind = "database_busy"
	AlarmDatabaseConnections AlarmKind = "database_connections"
	AlarmDatabaseSlow        AlarmKind = "database_slow"
	AlarmDatabaseDamaged     AlarmKind = "database_damaged" // facts: backup, the name of the newest good one, or "none"

	AlarmDiskLow        AlarmKind = "disk_low"        // facts: path, free
	AlarmCertificate    AlarmKind = "certificate"     // facts: host, days
	AlarmCertificateBad AlarmKind = "certificate_bad" // facts: host
	AlarmUpgradeRefused AlarmKind = "upgrade_refused" // facts: version
	// one business's worker would not go to the new version; facts: version
	AlarmWorkerUpgrade AlarmKind = "worker_upgrade"
)

// AlarmKinds lists all kinds, the gravest first.
func AlarmKinds() []AlarmKind {
	return []AlarmKind{
		AlarmDatabaseDamaged, AlarmDatabaseAway, AlarmDatabaseFull, AlarmDatabaseReadOnly, AlarmDatabaseBusy,
		AlarmDatabaseConnections,
		AlarmDatabaseSlow, AlarmDatabaseFault, AlarmDiskLow, AlarmBackupFailed, AlarmBackupPartial, AlarmUpgradeRefused,
		AlarmWorkerUpgrade,
		AlarmCertificateBad, AlarmCertificate, AlarmBackupOld,
	}
}

// Alarm is something that a person must look at. It stands until its cause is gone. Facts are the arguments of its
// texts; they are short words for people: numbers, paths, versions; never an error string, never a secret.
type Alarm struct {
	Kind     AlarmKind         `json:"kind"`
	TenantID string            `json:"tenant_id,omitempty"` // "": the whole box
	Facts    map[string]string `json:"facts,omitempty"`
	Since    time.Time         `json:"since"`
}

// Grave tells whether something does not work now; otherwise it soon will not.
func (k AlarmKind) Grave() bool {
	switch k {
	case AlarmCertificate, AlarmBackupOld, AlarmWorkerUpgrade:
		return false
	}
	return true
}

// Sentence says what is wrong. A fact that is missing is written as "?".
func (a Alarm) Sentence() Text { return Text{Key: "alarm." + string(a.Kind), Args: a.arguments()} }

// Remedy says what to do about it.
func (a Alarm) Remedy() Text {
	return Text{Key: "alarm." + string(a.Kind) + "_remedy", Args: a.arguments()}
}

// arguments are the facts, and as "count" the number that a sentence counts.
func (a Alarm) arguments() map[string]any {
	args := make(map[string]any, len(a.Facts)+1)
	for name, fact := range a.Facts {
		args[name] = fact
	}
	if n, err := strconv.Atoi(cmp.Or(a.Facts["count"], a.Facts["days"])); err == nil {
		args["count"] = n
	}
	return args
}

package flowhq

import (
	"strings"
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
	AlarmWorkerUpgrade  AlarmKind = "worker_upgrade"  // one business's worker would not go to the new version; facts: version
)

// AlarmKinds lists all kinds, the gravest first.
func AlarmKinds() []AlarmKind {
	return []AlarmKind{
		AlarmDatabaseDamaged, AlarmDatabaseAway, AlarmDatabaseFull, AlarmDatabaseReadOnly, AlarmDatabaseBusy, AlarmDatabaseConnections,
		AlarmDatabaseSlow, AlarmDatabaseFault, AlarmDiskLow, AlarmBackupFailed, AlarmBackupPartial, AlarmUpgradeRefused, AlarmWorkerUpgrade,
		AlarmCertificateBad, AlarmCertificate, AlarmBackupOld,
	}
}

// Alarm is something that a person must look at. It stands until its cause is gone. Facts fill the places of its sentence
// ("{free}"); they are short words for people: numbers, paths, versions; never an error string, never a secret.
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

// Sentence says what is wrong, in the reader's language.
func (a Alarm) Sentence(lang Language) string { return fill(a.Kind.words(lang).sentence, a.Facts) }

// Remedy says what to do about it, in the reader's language.
func (a Alarm) Remedy(lang Language) string { return fill(a.Kind.words(lang).remedy, a.Facts) }

// fill puts facts into their places; a place without a fact becomes "?".
func fill(text string, facts map[string]string) string {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{")
		b.WriteString(before)
		if !open {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("{" + rest)
			return b.String()
		}
		if fact := facts[name]; fact != "" {
			b.WriteString(fact)
		} else {
			b.WriteString("?")
		}
		text = after
	}
}

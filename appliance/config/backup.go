package config

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Backup says where, when and how backups are taken.
type Backup struct {
	To             string         // absolute folder, or s3://bucket/folder; "": none are kept
	At             *time.Duration // time of day in the server's time zone; nil: only by hand
	KeepDays       int            // one of each of so many days stays
	KeepWeeks      int            // and one of each of so many weeks
	PassphraseFile string         // absolute; "": not encrypted by a passphrase
	Recipient      string         // age1…; "": not encrypted for one
	S3             S3
}

// S3 names the storage behind an s3:// address.
type S3 struct {
	Endpoint  string // "": Amazon's
	Region    string
	AccessKey Secret
	SecretKey Secret
}

const (
	installedBackups = "/var/lib/flowhq/backups"
	handBackups      = "backups"
)

func (l *loader) backup(s settings) Backup {
	b := Backup{
		To: l.backupTo(s.BackupTo), At: l.timeOfDay("BACKUP_AT", s.BackupAt),
		KeepDays: int(s.BackupKeepDays), KeepWeeks: int(s.BackupKeepWeeks),
		Recipient: strings.TrimSpace(s.BackupRecipient),
		S3: S3{
			Endpoint: l.endpoint(s.BackupS3Endpoint), Region: strings.TrimSpace(s.BackupS3Region),
			AccessKey: s.BackupS3AccessKey, SecretKey: s.BackupS3SecretKey,
		},
	}
	if b.KeepDays < 1 {
		l.fault("BACKUP_KEEP_DAYS", "must be 1 at least")
	}
	if s.BackupPassphraseFile != "" {
		b.PassphraseFile = l.folder(s.BackupPassphraseFile, "", "")
		if b.Recipient != "" {
			l.fault("BACKUP_RECIPIENT", "is set together with BACKUP_PASSPHRASE_FILE; a backup is encrypted by one "+
				"of them alone")
		}
	}
	if strings.HasPrefix(b.To, "s3://") {
		for name, value := range map[string]Secret{"BACKUP_S3_ACCESS_KEY": b.S3.AccessKey,
			"BACKUP_S3_SECRET_KEY": b.S3.SecretKey} {
			if value == "" {
				l.fault(name, "is missing: BACKUP_TO is S3 storage")
			}
		}
	}
	return b
}

var bucketForm = regexp.MustCompile(`^s3://([a-z0-9][a-z0-9.-]+[a-z0-9])(/[^\s?#]*)?$`)

// maxBucket is how long the name of a bucket may be.
const maxBucket = 63

func (l *loader) backupTo(value string) string {
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(value, "off"):
		return ""
	case strings.HasPrefix(value, "s3:"):
		if m := bucketForm.FindStringSubmatch(value); m == nil || len(m[1]) > maxBucket {
			l.fault("BACKUP_TO", "%q is no address like s3://bucket or s3://bucket/folder", value)
			return ""
		}
		return value
	}
	return filepath.Clean(l.folder(value, installedBackups, handBackups))
}

var timeForm = regexp.MustCompile(`^([01]?\d|2[0-3]):[0-5]\d$`)

// timeOfDay reads HH:MM; off is nil.
func (l *loader) timeOfDay(name, value string) *time.Duration {
	value = strings.TrimSpace(value)
	if strings.EqualFold(value, "off") {
		return nil
	}
	if !timeForm.MatchString(value) {
		l.fault(name, "%q is no time of day like 02:30, and not off", value)
		return nil
	}
	hour, minute, _ := strings.Cut(value, ":")
	at, err := time.ParseDuration(hour + "h" + minute + "m")
	if err != nil {
		l.fault(name, "%q is no time of day like 02:30, and not off", value)
	}
	return &at
}

func (l *loader) endpoint(value string) string {
	value = strings.TrimRight(strings.TrimSpace(value), "/")
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
		l.fault("BACKUP_S3_ENDPOINT", "is no address like https://s3.example.com")
		return ""
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		l.warn("BACKUP_S3_ENDPOINT is not https: backups that are not encrypted travel in the open.")
	}
	return value
}

package appliance

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/appliance/backup/s3"
	"flowhq/appliance/config"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/localapi"
)

var (
	_ dashboard.BackupKeeper = (*backup.Scheduler)(nil)
	_ backup.Alarms          = (*dashboard.Alarms)(nil)
)

// BackupPlace gives the place that to names, a folder or an s3:// address; nil for "".
func BackupPlace(c *config.Config, to string) (backup.Place, error) {
	switch {
	case to == "":
		return nil, nil
	case strings.HasPrefix(to, "s3://"):
		s := c.Backup.S3
		if s.AccessKey == "" || s.SecretKey == "" {
			return nil, flowhq.Errorf(flowhq.CodeInvalid,
				"S3 storage wants BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY.")
		}
		return backup.NewBucket(to, s3.Config{Endpoint: s.Endpoint, Region: s.Region, AccessKey: s.AccessKey.Reveal(),
			SecretKey: s.SecretKey.Reveal()})
	}
	return backup.Directory{Path: to}, nil
}

// BackupKeys gives the keys that backups are encrypted by, as the settings say.
func BackupKeys(c *config.Config) (archive.Keys, error) {
	keys := archive.Keys{Recipient: c.Backup.Recipient}
	if c.Backup.PassphraseFile == "" {
		return keys, nil
	}
	var err error
	keys.Passphrase, err = ReadPassphrase(c.Backup.PassphraseFile)
	return keys, err
}

// ReadPassphrase gives the first line of a file.
func ReadPassphrase(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", &flowhq.Error{Code: flowhq.CodeInvalid,
			Message: "The file with the passphrase can't be read: " + path, Cause: err}
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", &flowhq.Error{Code: flowhq.CodeInvalid,
			Message: "The file with the passphrase can't be read: " + path, Cause: err}
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", flowhq.Errorf(flowhq.CodeInvalid, "The file with the passphrase is empty: %s", path)
	}
	return line, nil
}

func (a *appliance) newKeeper() (*backup.Scheduler, error) {
	c := a.config
	place, err := BackupPlace(c, c.Backup.To)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	take := func(ctx context.Context, to io.Writer, tenant string, keys archive.Keys,
		progress func(backup.Progress)) (archive.Contents, error) {
		return backup.Take(ctx, backup.Source{
			Store: a.store, Sessions: c.SessionsPath, Snapshot: a.services.Snapshots.Snapshot, Tenant: tenant,
			Version: Version, Host: host, Now: time.Now, Progress: progress,
		}, to, keys)
	}
	return backup.NewScheduler(backup.Config{
		Take: take, Place: place, At: c.Backup.At,
		Keep: backup.Keep{Days: c.Backup.KeepDays, Weeks: c.Backup.KeepWeeks},
		Keys: func() (archive.Keys, error) { return BackupKeys(c) }, Alarms: lateAlarms{a}, Logger: a.log.Logger,
	}), nil
}

// lateAlarms are those of the services, which are made after the keeper.
type lateAlarms struct{ a *appliance }

func (l lateAlarms) Raise(kind flowhq.AlarmKind, tenantID string, facts map[string]string) {
	l.a.services.Alarms.Raise(kind, tenantID, facts)
}

func (l lateAlarms) Clear(kind flowhq.AlarmKind, tenantID string) {
	l.a.services.Alarms.Clear(kind, tenantID)
}

// removeFolders removes what a deleted tenant kept on disk, what a restore had put aside for it included.
func (a *appliance) removeFolders(tenantID string) error {
	dir := a.config.SessionsPath
	return errors.Join(os.RemoveAll(filepath.Join(dir, tenantID)), os.RemoveAll(backup.ReplacedFolder(dir, tenantID)))
}

func (a *appliance) copyFolder(ctx context.Context, tenantID, to string) error {
	return backup.CopyFolder(ctx, filepath.Join(a.config.SessionsPath, tenantID), to)
}

// eraseChat removes a chat from a tenant's folder, and from the one that the last restore put aside.
func (a *appliance) eraseChat(ctx context.Context, tenantID, chat string) error {
	dir := a.config.SessionsPath
	err := backup.EraseChat(ctx, backup.ReplacedFolder(dir, tenantID), chat)
	if err != nil {
		return err
	}
	return backup.EraseChat(ctx, filepath.Join(dir, tenantID), chat)
}

// settle finishes restores that were broken off between the database and the folders. What can't be done now waits: the
// fence holds the worker back.
func (a *appliance) settle(ctx context.Context) error {
	a.dropSpools.Do(func() { // what an appliance left that was killed while it took one in
		left, _ := filepath.Glob(filepath.Join(a.config.SessionsPath, localapi.SpoolPattern))
		for _, path := range left {
			_ = os.Remove(path)
		}
	})
	err := backup.Settle(ctx, a.store, a.config.SessionsPath)
	if err != nil && flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		a.log.Warn("restored files are not all in place yet", "error", err)
		return nil
	}
	return err
}

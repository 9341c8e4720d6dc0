package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"flowhq"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
	"flowhq/worker/journal"
)

// Folders in SESSIONS_PATH that are no tenant's.
const (
	restoreFolder  = ".restore"  // restores that are not in place yet, one folder each with one folder a tenant
	replacedFolder = ".replaced" // what a restore replaced, the last of each tenant
)

// ReplacedFolder is where the folder of a tenant lies that a restore replaced, if one did.
func ReplacedFolder(sessions, tenantID string) string {
	return filepath.Join(sessions, replacedFolder, tenantID)
}

// lockRestores lets one restore at a time be.
func lockRestores(sessions string) (release func(), err error) {
	dir := filepath.Join(sessions, restoreFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, flowhq.Errorf(flowhq.CodeConflict, "Another restore is under way. Wait until it is done.")
	}
	return func() { _ = f.Close() }, nil
}

// sweepStages removes what no restore hold waits for.
func sweepStages(ctx context.Context, store *storage.Store, sessions string) error {
	holds, err := store.RestoreHolds(ctx, flowhq.Cursor{}, 0)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, f := range holds {
		wanted[f.Staged] = true
	}
	entries, err := os.ReadDir(filepath.Join(sessions, restoreFolder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !wanted[e.Name()] {
			if err := os.RemoveAll(filepath.Join(sessions, restoreFolder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// nothingInTheWay refuses a folder with data in it, unless it is to be replaced, and one whose worker
// lives, even if it should not run.
func (r *restoring) nothingInTheWay(t archive.Tenant) error {
	dir := filepath.Join(r.Sessions, r.target(t.ID))
	release, got, err := lockFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	release()
	if !got {
		return flowhq.Errorf(flowhq.CodeConflict, "The worker of %s is running. Stop it first.", t.Name)
	}
	if r.want.Replace {
		return nil
	}
	for _, name := range []string{deviceFile, journalFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return flowhq.Errorf(flowhq.CodeConflict,
				"%s has a folder with data already (%s). Keep it, if it is newer than the backup (--database-only), "+
					"or say that it is to be replaced (--replace).", t.Name, dir)
		}
	}
	return nil
}

// prepare checks the files of a tenant, gives the journal another UUID and tells whether a device is linked.
func (r *restoring) prepare(ctx context.Context, dir string) (f storage.RestoredFolder, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return f, err
	}
	for _, name := range []string{deviceFile, journalFile} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			if err := checkDatabase(ctx, path); err != nil {
				return f, &flowhq.Error{Code: flowhq.CodeInvalid,
					Message: "A database in the backup is damaged. Use another backup.", Cause: err}
			}
		}
	}
	if f.Device, err = linkedDevice(ctx, filepath.Join(dir, deviceFile)); err != nil {
		return f, err
	}
	if _, err := os.Stat(filepath.Join(dir, journalFile)); err == nil {
		if err := r.renew(ctx, dir, &f); err != nil {
			return f, err
		}
	}
	return f, syncTree(dir)
}

// renew gives a journal another UUID; requests that it tells of have the ids of the rows beside it.
func (r *restoring) renew(ctx context.Context, dir string, f *storage.RestoredFolder) (err error) {
	j, _, err := journal.Open(ctx, dir, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	f.Journal, f.LastSeq = j.ID(), j.LastSeq()
	if err := j.Renew(); err != nil {
		return err
	}
	f.Renewed = j.ID()
	if r.as == "" {
		return nil
	}
	return j.RenewRequests(func(old string) string { return storage.RenewedID(r.as, old) })
}

// unknownDevice stands for a device whose address can't be read.
const unknownDevice = "unknown"

// linkedDevice gives the address of the device whose keys a file of whatsmeow holds, "" when there is none.
func linkedDevice(ctx context.Context, path string) (jid string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	db, err := openFile(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT jid FROM whatsmeow_device")
	if err != nil {
		return unknownDevice, nil // no file that we know how to read: whatever it is, it must not run twice
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&jid); err != nil {
			return "", err
		}
	}
	return jid, rows.Err()
}

func syncTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := syncFolder(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return syncFolder(dir)
}

// Settle puts the files of restored tenants into their place that are not there yet. It can be called at any time, and
// again; a restore hold without a device is released. A tenant whose folder is in use is an error and is tried again
// the next time.
func Settle(ctx context.Context, store *storage.Store, sessions string) error {
	return settleAll(ctx, store, sessions, func(Progress) {})
}

func settleAll(ctx context.Context, store *storage.Store, sessions string, tell func(Progress)) error {
	holds, err := store.RestoreHolds(ctx, flowhq.Cursor{}, 0)
	if err != nil {
		return err
	}
	var errs []error
	for i, f := range holds {
		tell(Progress{PhaseFolders, int64(i), int64(len(holds)), ""})
		if f.Staged == "" {
			continue
		}
		if err := settle(ctx, store, sessions, f); err != nil {
			errs = append(errs, fmt.Errorf("put the files of tenant %s into place: %w", f.TenantID, err))
		}
	}
	return errors.Join(errs...)
}

func settle(ctx context.Context, store *storage.Store, sessions string, f flowhq.RestoreHold) error {
	staged := filepath.Join(sessions, restoreFolder, filepath.Base(f.Staged), f.TenantID)
	if err := moveIn(sessions, f.TenantID, staged); err != nil {
		return err
	}
	if err := store.SettleRestoreHold(ctx, f.TenantID); err != nil {
		return err
	}
	_ = os.Remove(filepath.Dir(staged)) // fails while others wait in it
	if f.LinkedJID != "" {
		return nil
	}
	_, err := store.ReleaseRestoreHold(ctx, f.TenantID, "No linked device came with the backup: the worker may run",
		true)
	return err
}

// moveIn moves a folder to a tenant's place. Where it is gone already, it was moved before.
func moveIn(sessions, tenantID, staged string) error {
	if _, err := os.Stat(staged); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	place := filepath.Join(sessions, tenantID)
	release, free, err := lockFolder(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		defer release()
		if !free {
			return flowhq.Errorf(flowhq.CodeConflict, "The worker runs in the tenant's folder. Stop it first.")
		}
		if err := setAside(sessions, tenantID); err != nil {
			return err
		}
	}
	if err := os.Rename(staged, place); err != nil {
		return err
	}
	return syncFolder(sessions)
}

func setAside(sessions, tenantID string) error {
	aside := ReplacedFolder(sessions, tenantID)
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(aside), 0o700); err != nil {
		return err
	}
	return os.Rename(filepath.Join(sessions, tenantID), aside)
}

package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite" // driver "sqlite" too

	"flowhq/worker/journal"
)

// Files of a tenant that are worth keeping, in the order in which they must be copied: the journal's copy has to know
// of every message that the device's copy has confirmed.
const (
	deviceFile  = "device.db"
	journalFile = journal.FileName
	lockFile    = "worker.lock" // held by a worker for as long as it lives
)

// errDamaged says that a tenant's database is none any more.
var errDamaged = errors.New("the file is damaged")

// CopyFolder copies the databases of a tenant whose worker does not do it itself from dir into the folder to, which is
// made. The worker is kept from starting meanwhile where it is not running; one that runs without an appliance goes on,
// which the order of the copies allows. A folder that is not there, or has no databases, gives no files and no error.
func CopyFolder(ctx context.Context, dir, to string) error {
	release, _, err := lockFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range []string{deviceFile, journalFile} {
		from := filepath.Join(dir, name)
		if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := copyDatabase(ctx, from, filepath.Join(to, name)); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	return nil
}

// lockFolder takes a tenant's folder so that no worker starts in it; held is false when one has it already.
func lockFolder(dir string) (release func(), held bool, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	if err := giveToOwner(f, dir); err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, err == nil, nil
}

// copyDatabase writes a consistent copy of a SQLite file, whoever else has it open.
func copyDatabase(ctx context.Context, from, to string) (err error) {
	db, err := openFile(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	if damaged(err) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return err
	}
	return os.Chmod(to, 0o600)
}

func openFile(path string) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=rw&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// checkDatabase reads a whole SQLite file and has SQLite look for damage.
func checkDatabase(ctx context.Context, path string) (err error) {
	db, err := openFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, said)
	}
	return nil
}

func damaged(err error) bool {
	const corrupt, notADB = 11, 26 // SQLITE_CORRUPT, SQLITE_NOTADB
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == corrupt || e.Code()&0xff == notADB)
}

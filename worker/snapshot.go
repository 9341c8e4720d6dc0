package worker

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // driver "sqlite"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/worker/journal"
)

// deviceFile is the linked device's store, which package whatsapp keeps in the tenant's folder.
const deviceFile = "device.db"

// Snapshot writes consistent copies of both databases into the folder path, which must lie in the tenant's own: the
// sandbox lets the worker write nowhere else. Copies of an earlier call are replaced. The device comes first, so that
// the journal knows of every message that the device's copy has confirmed.
func (c *commands) Snapshot(ctx context.Context, path string) error {
	rel, err := filepath.Rel(c.dir, path)
	if err != nil || !filepath.IsAbs(path) || rel == "." || rel == ".." || strings.HasPrefix(rel, "../") {
		return flowhq.Fail(flowhq.CodeInvalid, key.WorkerSnapshotOutside)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.dir, deviceFile)); err == nil {
		err = into(path, deviceFile, func(to string) error { return vacuum(ctx, filepath.Join(c.dir, deviceFile), to) })
		if err != nil {
			return err
		}
	}
	return into(path, journal.FileName, func(to string) error { return c.j.Snapshot(ctx, to) })
}

// into makes a copy beside its place and moves it there when it is complete.
func into(dir, name string, copyTo func(path string) error) error {
	part := filepath.Join(dir, name+".part")
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := copyTo(part); err != nil {
		_ = os.Remove(part)
		return err
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(dir, name))
}

func vacuum(ctx context.Context, from, to string) (err error) {
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: from, RawQuery: "_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	return err
}

package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

func (sqliteFile) lockShared(_ context.Context, d *database) (release func(), err error) {
	f, err := lockFile(d, syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

func (sqliteFile) lockExclusively(_ context.Context, d *database) (release func(), err error) {
	f, err := lockFile(d, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// lockFile locks a file beside SQLite'd. The database file itself must not be locked by other means than SQLite's own.
func lockFile(d *database, how int) (*os.File, error) {
	f, err := os.OpenFile(d.addr.file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("storage: lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK) && how == syscall.LOCK_EX:
		err = d.inUse()
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = d.beingCopied()
	default:
		err = fmt.Errorf("storage: lock: %w", err)
	}
	return nil, errors.Join(err, f.Close())
}

func (sqliteFile) lockMigrations(ctx context.Context, d *database) (unlock func() error, err error) {
	return lockFolder(ctx, filepath.Dir(d.addr.file))
}

// lockFolder locks the folder of a SQLite file. The file itself must not be locked by other means than SQLite's: closing
// it would drop the locks that SQLite holds on it in this process.
func lockFolder(ctx context.Context, dir string) (unlock func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.Close, nil // closing gives the lock back
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
		}
		pause := time.NewTimer(20 * time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-pause.C:
		}
	}
}

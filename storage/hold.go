package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"flowhq"
)

// useLock is the advisory lock of whoever uses a PostgreSQL database, "fhquse" in ASCII: shared by running appliances, exclusive
// for a copy.
const useLock int64 = 0x666871757365

const (
	holdLook  = 5 * time.Second // how often it is looked whether the connection that holds a lock is still there
	seizeTime = 3 * time.Second // how long a server may need to notice that the lock's last owner is dead
)

// Hold marks the database as used by a running Flow HQ, so that Seize is refused, until release is called or this process ends. A
// lock that was lost with its connection is taken again by itself.
func (s *DatabaseLock) Hold(ctx context.Context) (release func(), err error) {
	if s.engine.name() == SQLite {
		f, err := s.lockFile(syscall.LOCK_SH)
		if err != nil {
			return nil, err
		}
		return func() { _ = f.Close() }, nil
	}
	conn, err := s.holdOn(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keepHold(ctx, conn) })
	return func() { cancel(); keeper.Wait() }, nil
}

// holdOn takes the shared lock on a connection of its own.
func (s *DatabaseLock) holdOn(ctx context.Context) (*sql.Conn, error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return nil, s.fail("mark the database as used", err)
	}
	var ok bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock_shared($1)", useLock).Scan(&ok); err != nil {
		return nil, errors.Join(s.fail("mark the database as used", err), conn.Close())
	}
	if !ok {
		return nil, errors.Join(flowhq.Errorf(flowhq.CodeConflict, "%s is being copied or restored. Wait until that is done.", s.addr), conn.Close())
	}
	return conn, nil
}

func (s *DatabaseLock) keepHold(ctx context.Context, conn *sql.Conn) {
	tick := time.NewTicker(holdLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				s.letGo(conn)
			}
			return
		case <-tick.C:
		}
		if conn != nil && conn.PingContext(ctx) == nil {
			continue
		}
		if conn != nil {
			_ = conn.Close() // it is dead
		}
		conn, _ = s.holdOn(ctx) // nil while the database is away; the fleet tells of that
	}
}

// letGo gives a connection back without its lock.
func (s *DatabaseLock) letGo(conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock_all()") // a server that is away has let go already
	_ = conn.Close()
}

// Seize keeps every running Flow HQ out until release is called or this process ends; one that is running is CodeConflict.
func (s *DatabaseLock) Seize(ctx context.Context) (release func(), err error) {
	if s.engine.name() == SQLite {
		f, err := s.lockFile(syscall.LOCK_EX)
		if err != nil {
			return nil, err
		}
		return func() { _ = f.Close() }, nil
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return nil, s.fail("seize", err)
	}
	for start := time.Now(); ; {
		var ok bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", useLock).Scan(&ok); err != nil {
			return nil, errors.Join(s.fail("seize", err), conn.Close())
		}
		if ok {
			return func() { s.letGo(conn) }, nil
		}
		if time.Since(start) > seizeTime {
			return nil, errors.Join(s.inUse(), conn.Close())
		}
		pause := time.NewTimer(200 * time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, errors.Join(s.fail("seize", ctx.Err()), conn.Close())
		case <-pause.C:
		}
	}
}

func (s *DatabaseLock) inUse() error {
	return flowhq.Errorf(flowhq.CodeConflict, "%s is in use by a running Flow HQ. Stop it first: systemctl stop flowhq (or end `flowhq serve`).", s.addr)
}

// lockFile locks a file beside SQLite's. The database file itself must not be locked by other means than SQLite's own.
func (s *DatabaseLock) lockFile(how int) (*os.File, error) {
	f, err := os.OpenFile(s.addr.file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("storage: lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK) && how == syscall.LOCK_EX:
		err = s.inUse()
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = flowhq.Errorf(flowhq.CodeConflict, "%s is being copied or restored. Wait until that is done.", s.addr)
	default:
		err = fmt.Errorf("storage: lock: %w", err)
	}
	return nil, errors.Join(err, f.Close())
}

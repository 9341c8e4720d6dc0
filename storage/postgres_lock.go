package storage

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// useLock is the advisory lock of whoever uses a PostgreSQL database, "fhquse" in ASCII: shared by running appliances, exclusive
// for a copy.
const useLock int64 = 0x666871757365

const (
	lockCheck     = 5 * time.Second // how often it is looked whether the connection that holds a lock is still there
	exclusiveWait = 3 * time.Second // how long a server may need to notice that the lock's last owner is dead
)

func (postgres) lockShared(ctx context.Context, d *database) (release func(), err error) {
	conn, err := shareLock(ctx, d)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	watch.Go(func() { keepLock(ctx, d, conn) })
	return func() { cancel(); watch.Wait() }, nil
}

// shareLock takes the shared lock on a connection of its own.
func shareLock(ctx context.Context, d *database) (*sql.Conn, error) {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return nil, d.fail("mark the database as used", err)
	}
	var ok bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock_shared($1)", useLock).Scan(&ok); err != nil {
		return nil, errors.Join(d.fail("mark the database as used", err), conn.Close())
	}
	if !ok {
		return nil, errors.Join(d.beingCopied(), conn.Close())
	}
	return conn, nil
}

// keepLock takes the lock again when its connection is lost, and unlocks when ctx ends.
func keepLock(ctx context.Context, d *database, conn *sql.Conn) {
	tick := time.NewTicker(lockCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				unlock(conn)
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
		conn, _ = shareLock(ctx, d) // nil while the database is away; the fleet tells of that
	}
}

// unlock gives a connection back without its lock.
func unlock(conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock_all()") // a server that is away has let go already
	_ = conn.Close()
}

func (postgres) lockExclusively(ctx context.Context, d *database) (release func(), err error) {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return nil, d.fail("seize", err)
	}
	for start := time.Now(); ; {
		var ok bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", useLock).Scan(&ok); err != nil {
			return nil, errors.Join(d.fail("seize", err), conn.Close())
		}
		if ok {
			return func() { unlock(conn) }, nil
		}
		if time.Since(start) > exclusiveWait {
			return nil, errors.Join(d.inUse(), conn.Close())
		}
		pause := time.NewTimer(200 * time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, errors.Join(d.fail("seize", ctx.Err()), conn.Close())
		case <-pause.C:
		}
	}
}

package storage

import (
	"context"

	"flowhq"
)

// Hold marks the database as used by a running Flow HQ, so that Seize is refused, until release is called or this process ends. A
// lock that was lost with its connection is taken again by itself.
func (s *DatabaseLock) LockShared(ctx context.Context) (release func(), err error) {
	return s.engine.lockShared(ctx, s.database)
}

// Seize keeps every running Flow HQ out until release is called or this process ends; one that is running is CodeConflict.
func (s *DatabaseLock) LockExclusive(ctx context.Context) (release func(), err error) {
	return s.engine.lockExclusively(ctx, s.database)
}

func (s *database) inUse() error {
	return flowhq.Errorf(flowhq.CodeConflict, "%s is in use by a running Flow HQ. Stop it first: systemctl stop flowhq (or end `flowhq serve`).", s.addr)
}

// beingCopied is the error of whoever meets a database that is locked exclusively.
func (s *database) beingCopied() error {
	return flowhq.Errorf(flowhq.CodeConflict, "%s is being copied or restored. Wait until that is done.", s.addr)
}

package storage

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"flowhq"
	"flowhq/storage/internal/db"
)

// attempts is how often a transaction is tried that another one got into the way of.
const attempts = 8

// tx is a transaction under way: the queries, and what time it is for all of it.
type tx struct {
	*db.Queries
	sql    *sql.Tx
	engine engine
	now    db.Time
	ctx    context.Context // of the method that owns the transaction, which this never outlives
}

// write runs fn in a transaction that writes. It runs fn again when the database asks for that (a serialization failure, a
// deadlock), so fn must set what it gives back anew each time.
func (s *database) write(ctx context.Context, what string, fn func(*tx) error) error {
	return s.writeAs(ctx, what, false, fn)
}

// writeRelaxed is write for what its sender keeps and sends again until it is told that it was taken, or that the next
// one makes up for: a power failure may take the last of it.
func (s *database) writeRelaxed(ctx context.Context, what string, fn func(*tx) error) error {
	return s.writeAs(ctx, what, true, fn)
}

func (s *database) writeAs(ctx context.Context, what string, relaxed bool, fn func(*tx) error) error {
	for n := 1; ; n++ {
		err := s.try(ctx, relaxed, fn)
		if err == nil {
			return nil
		}
		if n == attempts || !isRetryable(err) {
			return s.fail(what, err)
		}
		pause := time.NewTimer(time.Duration(n) * time.Duration(5+rand.IntN(20)) * time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return s.fail(what, ctx.Err())
		case <-pause.C:
		}
	}
}

func (s *database) try(ctx context.Context, relaxed bool, fn func(*tx) error) (err error) {
	raw, done, err := s.engine.begin(ctx, s.writer, relaxed)
	if err != nil {
		return err
	}
	defer done()
	finished := false
	defer func() {
		if !finished {
			_ = raw.Rollback() // what led here is the error that counts
		}
	}()
	t := &tx{Queries: db.New(db.Cleaned(raw)), sql: raw, engine: s.engine, now: db.At(s.now()), ctx: ctx}
	if err := fn(t); err != nil {
		return err
	}
	finished = true
	return raw.Commit()
}

// read runs fn on one unchanging picture of the database.
func (s *database) read(ctx context.Context, what string, fn func(*db.Queries) error) error {
	raw, err := s.reader.BeginTx(ctx, &sql.TxOptions{Isolation: s.engine.isolation(), ReadOnly: true})
	if err != nil {
		return s.fail(what, err)
	}
	defer func() { _ = raw.Rollback() }() // nothing was written
	return s.fail(what, fn(db.New(db.Cleaned(raw))))
}

// queries run single statements that read.
func (s *database) queries() *db.Queries { return db.New(db.Cleaned(s.reader)) }

// lockTenant keeps other writers of the tenant out until the end of the transaction; a tenant that does not exist is CodeNotFound.
func (t *tx) lockTenant(id string) error {
	exists, err := t.engine.lockTenant(t.ctx, t.sql, id)
	if err == nil && !exists {
		err = flowhq.NotFound("Tenant")
	}
	return err
}

// lockName keeps others out that lock the same name, a number or an e-mail address, until the end of the transaction.
func (t *tx) lockName(kind, name string) error {
	return t.engine.lockName(t.ctx, t.sql, kind+"\x1f"+name)
}

// newID makes an id that sorts after all that were made before it.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// orNotFound turns "no rows" into a CodeNotFound of what.
func orNotFound(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return flowhq.NotFound(what)
	}
	return err
}

// found tells whether a query for one row found it, and gives its error unless it is that there was none.
func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

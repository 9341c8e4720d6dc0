package storage

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"modernc.org/sqlite"

	"flowhq"
	"flowhq/storage/internal/db"
)

// Engine names a database engine.
type Engine string

// The engines.
const (
	PostgreSQL Engine = "postgresql"
	SQLite     Engine = "sqlite"
)

// Options are what Open may be told. The zero value is good.
type Options struct {
	Logger   *slog.Logger     // nil: slog.Default
	Now      func() time.Time // nil: time.Now
	MaxConns int              // PostgreSQL connections at most, 4 at least; 0: what the DSN says, else 16
	Wait     time.Duration    // how long Open waits for a PostgreSQL that can't be reached yet; 0: not at all
	Waiting  func(error)      // is told, again and again, why Open waits; nil: nobody
}

// Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	writer *sql.DB
	reader *sql.DB // the same as writer on PostgreSQL
	engine engine
	idle   int // connections to PostgreSQL that are kept open unused at most
	addr   *address
	log    *slog.Logger
	now    func() time.Time
}

// engine is what the two engines do each in its own way.
type engine interface {
	name() Engine
	// begin starts a transaction that writes. relaxed: what it writes may be lost when the power fails, because its sender
	// will send it again. done must be called after the transaction's end.
	begin(ctx context.Context, db *sql.DB, relaxed bool) (tx *sql.Tx, done func(), err error)
	// lockTenant keeps other writers of the tenant out until the transaction ends, and tells whether it exists.
	lockTenant(ctx context.Context, tx *sql.Tx, id string) (exists bool, err error)
	// lockName keeps other transactions out that lock the same name.
	lockName(ctx context.Context, tx *sql.Tx, name string) error
	// beat writes heartbeats.
	beat(ctx context.Context, tx *sql.Tx, now db.Time, beats []beat) error
	// insert inserts any number of rows, at least one.
	insert(ctx context.Context, tx *sql.Tx, in insertion, rows [][]any) error
}

// Open connects to the database that dsn names, brings its schema up to date (one process at a time; the others wait) and
// gives the store. "" is DefaultDSN. The errors say what is wrong and what to do, and never hold the password:
// CodeInvalid for a dsn that can't be, CodeUnavailable for a database that can't be reached or used.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	s, err := connectPatiently(ctx, dsn, o)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(s.explainOpen(err), s.Close())
	}
	return s, nil
}

// connectPatiently tries again for o.Wait while the server can't be reached, and says so in the log at once and every now and
// then. A box that has just booted starts its PostgreSQL beside us. A SQLite file does not come by waiting.
func connectPatiently(ctx context.Context, dsn string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	start := time.Now()
	for n := 0; ; n++ {
		s, err := connect(ctx, dsn, o, true)
		if err == nil || !worthWaiting(err) || time.Since(start) >= o.Wait {
			return s, err
		}
		if n%10 == 0 {
			o.Logger.WarnContext(ctx, "waiting for the database", "error", err, "waited", time.Since(start).Round(time.Second), "at_most", o.Wait)
		}
		if o.Waiting != nil {
			o.Waiting(err)
		}
		pause := time.NewTimer(min(time.Second, 50*time.Millisecond<<min(n, 5)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, err
		case <-pause.C:
		}
	}
}

// worthWaiting tells whether what stands in the way of a connection may go by itself.
func worthWaiting(err error) bool {
	if flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		return false
	}
	_, sqlite := errors.AsType[*sqlite.Error](err)
	_, file := errors.AsType[*fs.PathError](err)
	return !sqlite && !file
}

// connect opens the database as it is. create: a SQLite file that is not there is made.
func connect(ctx context.Context, dsn string, o Options, create bool) (*Store, error) {
	a, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{addr: a, log: o.Logger, now: o.Now}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if a.pg != nil {
		err = s.connectPostgres(ctx, o)
	} else {
		err = s.connectSQLite(ctx, create)
	}
	if err != nil {
		return nil, s.explainOpen(err)
	}
	return s, nil
}

// Close ends all connections. Transactions under way are finished first.
func (s *Store) Close() error {
	err := s.writer.Close()
	if s.reader != s.writer {
		err = errors.Join(s.reader.Close(), err)
	}
	return err
}

// Engine tells which engine keeps the store.
func (s *Store) Engine() Engine { return s.engine.name() }

// String describes the database, without its password.
func (s *Store) String() string { return s.addr.String() }

// Ping tells whether the database answers: nil, or an error with CodeUnavailable.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.reader.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return s.fail("ping", err)
	}
	return nil
}

package storage

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"flowhq"
	"flowhq/storage/dump"
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

// Store is an open database. It consists of one store for each subject; whoever works with one subject alone takes that
// one. All of them share the database's connections, and their methods may be called from any goroutine.
type Store struct {
	*database
	TenantStore
	SettingsStore
	UserStore
	SetupStore
	InviteStore
	PauseStore
	WorkerStore
	JournalStore
	EventStore
	ConversationStore
	DashboardStore
	RetentionStore
	BackupStore
	SchemaStore
	DatabaseLock
}

// The stores by subject. Each holds the methods that read and write what its name says.
type (
	// TenantStore keeps businesses and their configuration.
	TenantStore struct{ *database }
	// SettingsStore keeps the settings of businesses: the published version, the versions before it and the draft.
	SettingsStore struct{ *database }
	// UserStore keeps the users of the predecessor's portal and the sessions of administrators.
	UserStore struct{ *database }
	// SetupStore keeps setup requests.
	SetupStore struct{ *database }
	// InviteStore keeps the invitations to link a telephone.
	InviteStore struct{ *database }
	// PauseStore keeps why and until when businesses are paused.
	PauseStore struct{ *database }
	// WorkerStore keeps the desired state, the status and the WhatsApp session of workers, and the holds after a restore.
	WorkerStore struct{ *database }
	// JournalStore takes in what workers report from their journals.
	JournalStore struct {
		*database
		leftOut atomic.Int64 // events
	}
	// EventStore keeps the time lines of businesses and what happened in the predecessor's portal.
	EventStore struct{ *database }
	// ConversationStore keeps customers, their requests, their messages and the decisions about them.
	ConversationStore struct{ *database }
	// DashboardStore reads what the dashboard shows of all businesses at once.
	DashboardStore struct{ *database }
	// RetentionStore removes old rows and gives their space back.
	RetentionStore struct{ *database }
	// BackupStore reads and writes whole tables: for backups, restores and copies.
	BackupStore struct{ *database }
	// SchemaStore knows and changes the schema of the database.
	SchemaStore struct{ *database }
	// DatabaseLock tells other programs that this one uses the database, or keeps them out.
	DatabaseLock struct{ *database }
)

func newStore(d *database) *Store {
	return &Store{
		database: d, TenantStore: TenantStore{d}, SettingsStore: SettingsStore{d}, UserStore: UserStore{d}, SetupStore: SetupStore{d},
		InviteStore: InviteStore{d}, PauseStore: PauseStore{d}, WorkerStore: WorkerStore{d}, JournalStore: JournalStore{database: d},
		EventStore: EventStore{d}, ConversationStore: ConversationStore{d}, DashboardStore: DashboardStore{d},
		RetentionStore: RetentionStore{d}, BackupStore: BackupStore{d}, SchemaStore: SchemaStore{d}, DatabaseLock: DatabaseLock{d},
	}
}

// database is what all stores share: the connections, the engine, and the transactions on them.
type database struct {
	writer *sql.DB
	reader *sql.DB // the same as writer on PostgreSQL
	engine engine
	idle   int // connections to PostgreSQL that are kept open unused at most
	addr   *address
	log    *slog.Logger
	now    func() time.Time
}

// engine is what the two engines do each in its own way. Whatever differs by engine stands behind one of its three parts, in
// the files postgres*.go and sqlite*.go; no other file asks which engine it is.
type engine struct {
	name Engine
	transactions
	schemas
	upkeep
}

// transactions are how an engine reads and writes rows.
type transactions interface {
	// isolation is what a transaction that reads needs to see one unchanging state.
	isolation() sql.IsolationLevel
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
	// dialect is how the package dump speaks to the engine.
	dialect() dump.Dialect
	// prepareLoad makes a connection ready for a transaction that writes much; done puts it back as it was.
	prepareLoad(ctx context.Context, conn *sql.Conn) (done func(), err error)
}

// schemas are how an engine knows and changes its tables.
type schemas interface {
	// migrations gives the folder of the engine's migrations.
	migrations() (goose.Dialect, string)
	// lockMigrations keeps other processes from migrating until unlock is called.
	lockMigrations(ctx context.Context, d *database) (unlock func() error, err error)
	// tableQuery looks for the table $1.
	tableQuery() string
	// catalogQueries give rows of two texts: (table, column), (index, ""), and (enum, value), "" where there are no enums.
	catalogQueries() (columns, indexes, enums string)
	// addLabels makes an enum column of a table take more values, outside of any transaction.
	addLabels(ctx context.Context, d *database, table, column string, labels []string) error
	// extendEnums makes enums take more values, before migrations.
	extendEnums(ctx context.Context, d *database, values map[string][]string) error
	// countRelinks counts the businesses of the predecessor that a migration marks as to be linked again.
	countRelinks(ctx context.Context, d *database, there *catalog) (int, error)
	// dropIndexes drops what makes a load slow, where the database allows it.
	dropIndexes(ctx context.Context, d *database, tx *sql.Tx, tables []dump.Table) (*droppedIndexes, error)
}

// upkeep is how an engine looks after the database as a whole.
type upkeep interface {
	// sizeQuery gives the bytes that the database takes on its disk.
	sizeQuery() string
	// full tells whether the disk has no room left, where that can be seen from here.
	full(d *database) bool
	// check looks for damage.
	check(ctx context.Context, d *database) error
	// reclaim gives space of deleted rows back, in one step; more: another one would give back more.
	reclaim(ctx context.Context, d *database) (more bool, err error)
	// lockShared marks the database as used, until release; CodeConflict while somebody has locked it exclusively.
	lockShared(ctx context.Context, d *database) (release func(), err error)
	// lockExclusively keeps everybody out who locks it shared, until release; CodeConflict while somebody does.
	lockExclusively(ctx context.Context, d *database) (release func(), err error)
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
	s := &database{addr: a, log: o.Logger, now: o.Now}
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
	return newStore(s), nil
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
func (s *Store) Engine() Engine { return s.engine.name }

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

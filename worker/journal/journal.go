package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"modernc.org/sqlite" // driver "sqlite"
)

// FileName is the journal's file in the tenant's folder.
const FileName = "journal.db"

// Journal is an open journal. Its methods may be called from several goroutines.
type Journal struct {
	path string
	now  func() time.Time

	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // of conn
	io    sync.Mutex           // held while conn is used

	id      string
	lastSeq int64 // guarded by io

	watch func(statement string) // guarded by io; nil: nobody

	mu    sync.Mutex
	queue []*write
	busy  bool
}

// Open opens the journal in dir, or makes it. A file that is damaged is renamed to putAside, and a new journal is made,
// with an id of its own.
func Open(ctx context.Context, dir string, now func() time.Time) (j *Journal, putAside string, err error) {
	path := filepath.Join(dir, FileName)
	j, err = open(ctx, path, now)
	if err == nil || !damaged(err) {
		return j, "", err
	}
	putAside = fmt.Sprintf("%s.damaged-%s", path, now().UTC().Format("20060102T150405"))
	if renameErr := os.Rename(path, putAside); renameErr != nil {
		return nil, "", errors.Join(err, renameErr)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Rename(path+suffix, putAside+suffix)
	}
	j, err = open(ctx, path, now)
	return j, putAside, err
}

func open(ctx context.Context, path string, now func() time.Time) (*Journal, error) {
	j := &Journal{path: path, now: now}
	if err := j.connect(ctx); err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, nil
}

func (j *Journal) connect(ctx context.Context) error {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(524288)",
		"wal_autocheckpoint(128)", "cache_size(-96)", "temp_store(MEMORY)",
	}}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: j.path, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	j.db, j.conn, j.stmts = db, conn, make(map[string]*sql.Stmt)
	if err := j.prepare(ctx); err != nil {
		return errors.Join(err, j.disconnect())
	}
	return nil
}

// prepare makes the tables, finds or chooses the journal's id and reads where the numbering of events stands.
func (j *Journal) prepare(ctx context.Context) error {
	if err := j.migrate(ctx); err != nil {
		return err
	}
	err := j.conn.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'journal'").Scan(&j.id)
	if errors.Is(err, sql.ErrNoRows) {
		j.id = uuid.Must(uuid.NewV7()).String()
		_, err = j.conn.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('journal', ?)", j.id)
	}
	if err != nil {
		return err
	}
	// sqlite_sequence rather than max(seq): the events may all be pruned.
	return j.conn.QueryRowContext(
		ctx, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)",
	).Scan(
		&j.lastSeq,
	)
}

func (j *Journal) disconnect() error {
	for _, s := range j.stmts {
		_ = s.Close()
	}
	return errors.Join(j.conn.Close(), j.db.Close())
}

// Close writes the WAL back and closes the file. Nothing may be called afterwards.
func (j *Journal) Close() error {
	j.io.Lock()
	defer j.io.Unlock()
	_, _ = j.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	return j.disconnect()
}

// Reopen closes the file and opens it again, after the disk failed.
func (j *Journal) Reopen(ctx context.Context) error {
	j.io.Lock()
	defer j.io.Unlock()
	_ = j.disconnect()
	return j.connect(ctx)
}

// ID is the journal's UUID. A journal that is made anew has another one.
func (j *Journal) ID() string {
	j.io.Lock()
	defer j.io.Unlock()
	return j.id
}

// Renew gives the journal another id, so that the appliance counts its events anew; all events stay. It is for a
// journal that is older than what the appliance has of it, since numbers would be used twice otherwise.
func (j *Journal) Renew() error {
	id := uuid.Must(uuid.NewV7()).String()
	err := j.Write(func(tx *Tx) error { return tx.SetMeta("journal", id) })
	if err == nil {
		j.io.Lock()
		j.id = id
		j.io.Unlock()
	}
	return err
}

// Watch has watch told every statement that is run, for tests and benchmarks.
func (j *Journal) Watch(watch func(statement string)) {
	j.io.Lock()
	defer j.io.Unlock()
	j.watch = watch
}

// LastSeq is the number of the newest event.
func (j *Journal) LastSeq() int64 {
	j.io.Lock()
	defer j.io.Unlock()
	return j.lastSeq
}

// Snapshot writes a consistent copy of the journal to path, which must not exist.
func (j *Journal) Snapshot(ctx context.Context, path string) error {
	j.io.Lock()
	defer j.io.Unlock()
	_, err := j.conn.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

// damaged tells whether err says that the file is not a sound database.
func damaged(err error) bool {
	const corrupt, notADB = 11, 26 // SQLITE_CORRUPT, SQLITE_NOTADB
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == corrupt || e.Code()&0xff == notADB)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Failed tells whether err is the file's or the disk's fault, and not that of a function handed to Write.
func Failed(err error) bool {
	if err == nil {
		return false
	}
	const tooBig, constraint, mismatch, misuse, outOfRange = 18, 19, 20, 21, 25 // a writer's own fault
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case tooBig, constraint, mismatch, misuse, outOfRange:
			return false
		}
		return true
	}
	return errors.Is(err, errCommit) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone)
}

// errCommit marks a transaction that failed as a whole.
var errCommit = errors.New("journal")

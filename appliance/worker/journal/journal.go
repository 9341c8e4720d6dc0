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

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chats (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	pn TEXT UNIQUE, lid TEXT UNIQUE, name TEXT NOT NULL DEFAULT '', language TEXT NOT NULL DEFAULT '',
	state BLOB, flow INTEGER NOT NULL DEFAULT 0,
	opted_out INTEGER NOT NULL DEFAULT 0,
	handoff_cause TEXT NOT NULL DEFAULT '', handoff_ends INTEGER NOT NULL DEFAULT 0, handoff_text TEXT NOT NULL DEFAULT '',
	wait_told INTEGER NOT NULL DEFAULT 0, wrote INTEGER NOT NULL DEFAULT 0, last_seen INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (chat INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (chat, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS inbox (
	n INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
	name TEXT NOT NULL, target TEXT NOT NULL, sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL, late INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_chat ON inbox (chat, n);
CREATE TABLE IF NOT EXISTS outbox (
	n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, chat INTEGER NOT NULL, pn TEXT NOT NULL, lid TEXT NOT NULL,
	text TEXT NOT NULL, author TEXT NOT NULL, cause TEXT NOT NULL, answers TEXT NOT NULL, asked TEXT NOT NULL, asked_at INTEGER NOT NULL,
	held INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, done_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_chat ON outbox (chat, n) WHERE state = 0;
CREATE INDEX IF NOT EXISTS outbox_created ON outbox (created_at);
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, json BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS flows (version INTEGER PRIMARY KEY, yaml TEXT NOT NULL, template TEXT NOT NULL, language TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS too_old (n INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, sent_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS owner_texts (n INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, chat INTEGER NOT NULL, at INTEGER NOT NULL);
`

// schemaVersion is kept in the file's user_version.
const schemaVersion = 1

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

	mu    sync.Mutex
	queue []*write
	busy  bool
}

// Open opens the journal in dir, or makes it. A file that is no database any more is put aside (its name is told) and a new
// journal, with an id of its own, is begun.
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
		"wal_autocheckpoint(128)", "cache_size(-256)", "temp_store(MEMORY)",
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
	var version int
	if err := j.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > schemaVersion {
		return fmt.Errorf("was written by a newer version of the product (schema %d, known is %d)", version, schemaVersion)
	}
	if version < schemaVersion {
		if _, err := j.conn.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion)); err != nil {
			return err
		}
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
	return j.conn.QueryRowContext(ctx, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)").Scan(&j.lastSeq)
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

// Reopen closes the file and opens it again, for when the disk failed and is back.
func (j *Journal) Reopen(ctx context.Context) error {
	j.io.Lock()
	defer j.io.Unlock()
	_ = j.disconnect()
	return j.connect(ctx)
}

// ID is the journal's UUID: another one for every journal that was begun anew.
func (j *Journal) ID() string {
	j.io.Lock()
	defer j.io.Unlock()
	return j.id
}

// Renew gives the journal another id and starts the appliance's count over, keeping all events. It is for a journal that
// turns out to be older than what the appliance has seen of it: numbers would be given twice otherwise.
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

// damaged tells whether err says that the file is no sound database.
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

package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"flowhq/storage/dump"
	"flowhq/storage/internal/db"
)

// SQLite is run with a write-ahead log: one connection writes, others read beside it. The log is synced at every commit
// (FULL), so that what the store said is done survives a power failure; only transactions that their sender repeats
// until they are acknowledged, or that the next one makes up for, go without (NORMAL): syncs are what limits their number.
const (
	sqliteReaders     = 4
	sqliteBusyTimeout = 10_000 // milliseconds that a writer waits for another process
)

// sqliteFile is the engine SQLite.
type sqliteFile struct{}

func sqliteEngine() engine { return engine{SQLite, sqliteFile{}, sqliteFile{}, sqliteFile{}} }

func (s *database) connectSQLite(ctx context.Context, create bool) error {
	s.engine = sqliteEngine()
	unlock, err := prepareFile(ctx, s.addr.file, create)
	if err != nil {
		return err
	}
	return errors.Join(s.connectFile(ctx), unlock())
}

func (s *database) connectFile(ctx context.Context) error {
	writer, err := openSQLite(s.addr.file, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_auto_vacuum": {"INCREMENTAL"}})
	if err != nil {
		return err
	}
	writer.SetMaxOpenConns(1)
	if err := writer.PingContext(ctx); err != nil {
		return errors.Join(err, writer.Close())
	}
	reader, err := openSQLite(s.addr.file, url.Values{"mode": {"rw"}, "_query_only": {"true"}})
	if err != nil {
		return errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(sqliteReaders)
	reader.SetMaxIdleConns(sqliteReaders)
	s.writer, s.reader = writer, reader
	return nil
}

func openSQLite(file string, params url.Values) (*sql.DB, error) {
	params.Set("_busy_timeout", fmt.Sprint(sqliteBusyTimeout))
	params.Set("_foreign_keys", "true")
	params.Set("_time_integer_format", "unix_milli")
	params.Set("_error_rc", "true")
	connector, err := sqlite.NewConnector((&url.URL{Scheme: "file", Path: file, RawQuery: params.Encode()}).String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// prepareFile makes the database's file and folder for their owner alone: they hold customers' messages. Until unlock no other
// process prepares one there: two that open a new file at once can meet in its switch to the write-ahead log, where SQLite
// refuses one of them without waiting. A file that is there is not opened: closing it would drop SQLite's own locks on it.
func prepareFile(ctx context.Context, file string, create bool) (unlock func() error, err error) {
	if !create {
		_, err := os.Stat(file)
		return func() error { return nil }, err
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	if unlock, err = lockFolder(ctx, dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return unlock, nil
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
}

// isolation: a transaction that reads is a snapshot anyway.
func (sqliteFile) isolation() sql.IsolationLevel { return sql.LevelDefault }

func (sqliteFile) dialect() dump.Dialect { return dump.SQLite }

// loadCache is SQLite's page cache while much is written, usualCache (its default) otherwise, both in KiB. Pages that do not
// fit are written and read again, and making an index sorts by as much.
const loadCache, usualCache = 64 << 10, 2 << 10

func (sqliteFile) prepareLoad(ctx context.Context, conn *sql.Conn) (func(), error) {
	for _, pragma := range []string{"PRAGMA synchronous = FULL", fmt.Sprintf("PRAGMA cache_size = -%d", loadCache)} {
		if _, err := conn.ExecContext(ctx, pragma); err != nil {
			return nil, err
		}
	}
	return func() {
		// Without the load's context, which may have ended: the connection is used again.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA cache_size = -%d", usualCache))
	}, nil
}

// begin sets the mode of syncing each time, before the transaction: within one it can't be changed, and one that its context
// has cut short may end at any moment.
func (sqliteFile) begin(ctx context.Context, pool *sql.DB, relaxed bool) (*sql.Tx, func(), error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	mode := "PRAGMA synchronous = FULL"
	if relaxed {
		mode = "PRAGMA synchronous = NORMAL"
	}
	if _, err := conn.ExecContext(ctx, mode); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	raw, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	done := func() { _ = conn.Close() } // gives it back to the pool, once the transaction is over
	return raw, done, nil
}

// lockTenant has nothing to lock: the whole database is the transaction's.
func (sqliteFile) lockTenant(ctx context.Context, tx *sql.Tx, id string) (bool, error) {
	var got string
	return found(tx.QueryRowContext(ctx, "SELECT id FROM tenants WHERE id = ?", db.Clean(id)).Scan(&got))
}

func (sqliteFile) lockName(context.Context, *sql.Tx, string) error { return nil }

func (sqliteFile) beat(ctx context.Context, tx *sql.Tx, now db.Time, beats []beat) error {
	stmt, err := tx.PrepareContext(ctx, `
UPDATE whatsapp_sessions
SET last_seen_at = max(coalesce(last_seen_at, 0), ?), wa_heard_at = nullif(max(coalesce(wa_heard_at, 0), coalesce(?, 0)), 0), updated_at = ?
WHERE tenant_id = ?`)
	if err != nil {
		return err
	}
	for _, b := range beats {
		if _, err := stmt.ExecContext(ctx, b.seen, b.heard, now, db.Clean(b.tenantID)); err != nil {
			return errors.Join(err, stmt.Close())
		}
	}
	return stmt.Close()
}

// sqliteRows is how many rows a statement inserts at most: the driver's work on parameters grows with the square of their number.
const sqliteRows = 32

func (sqliteFile) insert(ctx context.Context, tx *sql.Tx, in insertion, rows [][]any) error {
	one := "(?" + strings.Repeat(",?", len(in.columns)-1) + ")"
	for part := range slices.Chunk(rows, sqliteRows) {
		args := make([]any, 0, len(part)*len(in.columns))
		for _, row := range part {
			args = append(args, row...)
		}
		query := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s %s", in.table, in.names(), one+strings.Repeat(","+one, len(part)-1), in.conflict)
		if _, err := db.Cleaned(tx).ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// The journal's schema grows by steps. The file's user_version is the number of the last one. A step that was released
// is never changed; the next one is appended. Steps only add (a table, a column with a default, an index), so that the
// previous version of the program can use the file when an upgrade is undone. A step that cannot do so raises
// readableFrom.
var steps = []func(ctx context.Context, tx *sql.Tx) error{
	1: firstShape,
	2: longerOutbox,
}

// readableFrom is the lowest schema version whose program may work on a file of the newest one. It is kept in the file
// for programs that do not know the newer versions.
const readableFrom = 2

// readableKey is where readableFrom is kept in meta.
const readableKey = "readable_from"

// schemaVersion is the newest version, which this program writes.
func schemaVersion() int { return len(steps) - 1 }

// migrate brings the file to the newest version, one step after the other, each whole or not at all.
func (j *Journal) migrate(ctx context.Context) error {
	var version int
	if err := j.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > schemaVersion() {
		return j.admitNewer(ctx, version)
	}
	for v := version + 1; v <= schemaVersion(); v++ {
		if err := j.step(ctx, v); err != nil {
			return fmt.Errorf("schema version %d: %w", v, err)
		}
	}
	return nil
}

func (j *Journal) step(ctx context.Context, version int) (err error) {
	tx, err := j.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	if err := steps[version](ctx, tx); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)) // part of the transaction
	if err == nil {
		_, err = tx.ExecContext(
			ctx, "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
			readableKey, min(version, readableFrom),
		)
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

// admitNewer accepts a file of a newer program when that program noted that an older one may use it.
func (j *Journal) admitNewer(ctx context.Context, version int) error {
	least := version
	err := j.conn.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", readableKey).Scan(&least)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if least > schemaVersion() {
		return fmt.Errorf(
			"was written by a newer version of the product (schema %d, known is %d): install that version again",
			version, schemaVersion(),
		)
	}
	return nil
}

func firstShape(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chats (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	pn TEXT UNIQUE, lid TEXT UNIQUE, name TEXT NOT NULL DEFAULT '', language TEXT NOT NULL DEFAULT '',
	state BLOB, flow INTEGER NOT NULL DEFAULT 0,
	opted_out INTEGER NOT NULL DEFAULT 0,
	handoff_cause TEXT NOT NULL DEFAULT '', handoff_ends INTEGER NOT NULL DEFAULT 0,
	handoff_text TEXT NOT NULL DEFAULT '',
	wait_told INTEGER NOT NULL DEFAULT 0, wrote INTEGER NOT NULL DEFAULT 0, last_seen INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (
	chat INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (chat, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS inbox (
	n INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
	text TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
	sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL, late INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_chat ON inbox (chat, n);
CREATE TABLE IF NOT EXISTS outbox (
	n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, chat INTEGER NOT NULL,
	pn TEXT NOT NULL, lid TEXT NOT NULL,
	text TEXT NOT NULL, author TEXT NOT NULL, cause TEXT NOT NULL, answers TEXT NOT NULL, asked_at INTEGER NOT NULL,
	state INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL, done_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_chat ON outbox (chat, n) WHERE state = 0;
CREATE INDEX IF NOT EXISTS outbox_created ON outbox (created_at);
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, json BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS flows (
	version INTEGER PRIMARY KEY, yaml TEXT NOT NULL, template TEXT NOT NULL, language TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS too_old (
	n INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL,
	name TEXT NOT NULL, text TEXT NOT NULL, sent_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS owner_texts (
	n INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, chat INTEGER NOT NULL, at INTEGER NOT NULL
);
`)
	return err
}

// longerOutbox adds what a reply answers, for the owner's list, and whether WhatsApp held it up. Journals of version 1
// exist with and without these columns.
func longerOutbox(ctx context.Context, tx *sql.Tx) error {
	if err := addColumn(ctx, tx, "outbox", "asked", "TEXT NOT NULL DEFAULT ''"); err != nil {
		return err
	}
	return addColumn(ctx, tx, "outbox", "held", "INTEGER NOT NULL DEFAULT 0")
}

// addColumn adds a column that is not there yet.
func addColumn(ctx context.Context, tx *sql.Tx, table, column, kind string) error {
	var have int
	err := tx.QueryRowContext(
		ctx, "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?", table, column,
	).Scan(
		&have,
	)
	if err != nil || have > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", table, column, kind))
	return err
}

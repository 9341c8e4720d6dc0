package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"

	"flowhq/storage/dump"
)

// Tables gives the product's tables as this program's migrations make them, each after those that its rows point to. They are
// read from a database in memory.
func Tables(ctx context.Context) (tables []dump.Table, err error) {
	scratch, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	scratch.SetMaxOpenConns(1)
	files, dialect, err := migrationsOf(sqliteEngine())
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(dialect, scratch, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, err
	}
	if _, err := p.Up(ctx); err != nil {
		return nil, fmt.Errorf("storage: make the tables in memory: %w", err)
	}
	return dump.Tables(ctx, scratch, versionTable)
}

// Dump has fn read one unchanging picture of the whole database. On SQLite the write-ahead log grows meanwhile.
func (s *BackupStore) Dump(ctx context.Context, fn func(*dump.Reader) error) error {
	tables, err := Tables(ctx)
	if err != nil {
		return err
	}
	raw, err := s.reader.BeginTx(ctx, &sql.TxOptions{Isolation: s.engine.isolation(), ReadOnly: true})
	if err != nil {
		return s.fail("dump", err)
	}
	defer func() { _ = raw.Rollback() }() // nothing was written
	return s.fail("dump", fn(&dump.Reader{DB: raw, Dialect: s.engine.dialect(), Tables: tables}))
}

// Load has fn write rows of any tables, altogether or not at all. On SQLite nobody else writes meanwhile. Unlike others this
// transaction is never tried again: fn runs once.
func (s *BackupStore) Load(ctx context.Context, fn func(*dump.Writer) error) error {
	tables, err := Tables(ctx)
	if err != nil {
		return err
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return s.fail("load", err)
	}
	defer func() { _ = conn.Close() }() // gives it back to the pool
	done, err := s.engine.prepareLoad(ctx, conn)
	if err != nil {
		return s.fail("load", err)
	}
	defer done()
	raw, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return s.fail("load", err)
	}
	if err := fn(&dump.Writer{Tx: raw, Conn: conn, Dialect: s.engine.dialect(), Tables: tables}); err != nil {
		return errors.Join(s.fail("load", err), ignoreDone(raw.Rollback()))
	}
	return s.fail("load", raw.Commit())
}

// ignoreDone: a transaction whose context ended is rolled back already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

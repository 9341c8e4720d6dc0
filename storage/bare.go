package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"flowhq/storage/dump"
)

// bare is what was taken off tables for the time of a load: indexes, and on PostgreSQL foreign keys, which cost several times what the
// rows themselves do when they are kept up row by row. It is all one transaction with the load: one that is broken off leaves
// everything as it was.
type bare struct {
	dress []string // statements that put it back, in order
}

// strip takes off what can be. Where that is refused (somebody else uses the tables or owns them, something hangs on an index),
// nothing is taken off, and the load only takes longer.
func (s *BackupStore) strip(ctx context.Context, tx *sql.Tx, tables []dump.Table) (*bare, error) {
	if s.engine.name() == SQLite {
		return stripSQLite(ctx, tx, tables)
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT bare"); err != nil {
		return nil, err
	}
	b, err := stripPostgres(ctx, tx, tables)
	if err == nil {
		_, err = tx.ExecContext(ctx, "RELEASE SAVEPOINT bare")
		return b, err
	}
	if _, ok := errors.AsType[*pgconn.PgError](err); !ok || ctx.Err() != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "indexes stay while the rows are loaded, which takes longer", "reason", err)
	_, err = tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT bare")
	return &bare{}, err
}

// put puts it back. A row that breaks a rule is an error then.
func (b *bare) put(ctx context.Context, tx *sql.Tx, tell func(done, total int)) error {
	for i, statement := range b.dress {
		if tell != nil {
			tell(i, len(b.dress))
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func stripSQLite(ctx context.Context, tx *sql.Tx, tables []dump.Table) (*bare, error) {
	found, err := threes(ctx, tx, "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name")
	if err != nil {
		return nil, err
	}
	b := &bare{}
	for _, index := range found {
		if !slices.ContainsFunc(tables, func(t dump.Table) bool { return t.Name == index[0] }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DROP INDEX "+pgx.Identifier{index[1]}.Sanitize()); err != nil {
			return nil, err
		}
		b.dress = append(b.dress, index[2])
	}
	return b, nil
}

// stripWait is how long strip waits for those who use the tables; indexMemory is what making an index may take in memory.
const (
	stripWait   = "5s"
	indexMemory = "128MB"
)

func stripPostgres(ctx context.Context, tx *sql.Tx, tables []dump.Table) (*bare, error) {
	for _, set := range []string{"SET LOCAL lock_timeout = '" + stripWait + "'", "SET LOCAL maintenance_work_mem = '" + indexMemory + "'"} {
		if _, err := tx.ExecContext(ctx, set); err != nil {
			return nil, err
		}
	}
	keys, err := threes(ctx, tx, `SELECT c.relname::text, k.conname::text, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND k.contype = 'f' AND k.convalidated AND k.conparentid = 0 ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	indexes, err := threes(ctx, tx, `SELECT c.relname::text, x.relname::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND i.indisvalid AND NOT i.indisreplident AND NOT i.indisclustered
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	ours := func(found [3]string) bool {
		return slices.ContainsFunc(tables, func(t dump.Table) bool { return t.Name == found[0] })
	}
	b := &bare{}
	for _, key := range keys {
		table, name := pgx.Identifier{key[0]}.Sanitize(), pgx.Identifier{key[1]}.Sanitize()
		if !ours(key) {
			continue
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, name)); err != nil {
			return nil, err
		}
		b.dress = append(b.dress, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, key[2]))
	}
	for _, index := range indexes {
		if !ours(index) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DROP INDEX "+pgx.Identifier{index[1]}.Sanitize()); err != nil {
			return nil, err
		}
		b.dress = slices.Insert(b.dress, 0, index[2]) // before the keys, whose check they make quick
	}
	for _, t := range tables { // what was counted before the load misleads whoever reads after it
		b.dress = append(b.dress, "ANALYZE "+pgx.Identifier{t.Name}.Sanitize())
	}
	_, err = tx.ExecContext(ctx, "SET LOCAL lock_timeout TO DEFAULT")
	return b, err
}

// threes gives the rows of a query for three texts.
func threes(ctx context.Context, tx *sql.Tx, query string) (out [][3]string, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r [3]string
		if err := rows.Scan(&r[0], &r[1], &r[2]); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

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

// dropIndexes drops what it can. Where that is refused (somebody else uses the tables or owns them, or something depends on an
// index), nothing is dropped, and the load only takes longer.
func (postgres) dropIndexes(ctx context.Context, d *database, tx *sql.Tx, tables []dump.Table) (*droppedIndexes, error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT indexes"); err != nil {
		return nil, err
	}
	b, err := dropPostgresIndexes(ctx, tx, tables)
	if err == nil {
		_, err = tx.ExecContext(ctx, "RELEASE SAVEPOINT indexes")
		return b, err
	}
	if _, ok := errors.AsType[*pgconn.PgError](err); !ok || ctx.Err() != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "indexes stay while the rows are loaded, which takes longer", "reason", err)
	_, err = tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT indexes")
	return &droppedIndexes{}, err
}

// dropWait is how long dropIndexes waits for those who use the tables; indexMemory is what making an index may take in memory.
const (
	dropWait    = "5s"
	indexMemory = "128MB"
)

func dropPostgresIndexes(ctx context.Context, tx *sql.Tx, tables []dump.Table) (*droppedIndexes, error) {
	for _, set := range []string{"SET LOCAL lock_timeout = '" + dropWait + "'", "SET LOCAL maintenance_work_mem = '" + indexMemory + "'"} {
		if _, err := tx.ExecContext(ctx, set); err != nil {
			return nil, err
		}
	}
	keys, err := queryThrees(ctx, tx, `SELECT c.relname::text, k.conname::text, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND k.contype = 'f' AND k.convalidated AND k.conparentid = 0 ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	indexes, err := queryThrees(ctx, tx, `SELECT c.relname::text, x.relname::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND i.indisvalid AND NOT i.indisreplident AND NOT i.indisclustered
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	ours := func(found [3]string) bool {
		return slices.ContainsFunc(tables, func(t dump.Table) bool { return t.Name == found[0] })
	}
	b := &droppedIndexes{}
	for _, key := range keys {
		table, name := pgx.Identifier{key[0]}.Sanitize(), pgx.Identifier{key[1]}.Sanitize()
		if !ours(key) {
			continue
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, name)); err != nil {
			return nil, err
		}
		b.statements = append(b.statements, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, key[2]))
	}
	for _, index := range indexes {
		if !ours(index) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DROP INDEX "+pgx.Identifier{index[1]}.Sanitize()); err != nil {
			return nil, err
		}
		b.statements = slices.Insert(b.statements, 0, index[2]) // before the keys, whose check they make quick
	}
	for _, t := range tables { // what was counted before the load misleads whoever reads after it
		b.statements = append(b.statements, "ANALYZE "+pgx.Identifier{t.Name}.Sanitize())
	}
	_, err = tx.ExecContext(ctx, "SET LOCAL lock_timeout TO DEFAULT")
	return b, err
}

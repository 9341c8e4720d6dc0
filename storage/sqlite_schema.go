package storage

import (
	"context"
	"database/sql"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"flowhq/storage/dump"
)

func (sqliteFile) migrations() (goose.Dialect, string) {
	return goose.DialectSQLite3, "migrations/sqlite"
}

func (sqliteFile) tableQuery() string {
	return "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1"
}

func (sqliteFile) catalogQueries() (columns, indexes, enums string) {
	return `
SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, p.cid`,
		"SELECT name, '' FROM sqlite_master WHERE type = 'index'", ""
}

// addLabels has nothing to do: SQLite has no enums.
func (sqliteFile) addLabels(context.Context, *database, string, string, []string) error { return nil }

func (sqliteFile) extendEnums(context.Context, *database, map[string][]string) error { return nil }

// countRelinks: the predecessor kept its data in PostgreSQL alone.
func (sqliteFile) countRelinks(context.Context, *database, *catalog) (int, error) { return 0, nil }

func (sqliteFile) dropIndexes(ctx context.Context, _ *database, tx *sql.Tx, tables []dump.Table) (*droppedIndexes, error) {
	found, err := queryThrees(ctx, tx, "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name")
	if err != nil {
		return nil, err
	}
	b := &droppedIndexes{}
	for _, index := range found {
		if !slices.ContainsFunc(tables, func(t dump.Table) bool { return t.Name == index[0] }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DROP INDEX "+pgx.Identifier{index[1]}.Sanitize()); err != nil {
			return nil, err
		}
		b.statements = append(b.statements, index[2])
	}
	return b, nil
}

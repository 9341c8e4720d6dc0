package storage

import (
	"context"
	"database/sql"
	"errors"
)

// catalog is what a database says it holds.
type catalog struct {
	tables  map[string][]string // columns by table, in order
	indexes []string
	enums   map[string][]string // values by enum, in order; none on SQLite
}

func (s *SchemaStore) catalog(ctx context.Context) (*catalog, error) {
	c := &catalog{tables: map[string][]string{}, enums: map[string][]string{}}
	columns, indexes := `
SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, p.cid`,
		"SELECT name, '' FROM sqlite_master WHERE type = 'index'"
	if s.engine.name() == PostgreSQL {
		columns, indexes = `
SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum`,
			"SELECT indexname::text, '' FROM pg_indexes WHERE schemaname = current_schema()"
	}
	err := s.pairs(ctx, columns, func(table, column string) { c.tables[table] = append(c.tables[table], column) })
	if err != nil {
		return nil, err
	}
	if err := s.pairs(ctx, indexes, func(index, _ string) { c.indexes = append(c.indexes, index) }); err != nil {
		return nil, err
	}
	if s.engine.name() == SQLite {
		return c, nil
	}
	return c, s.pairs(ctx, `
SELECT t.typname::text, e.enumlabel::text FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
WHERE t.typnamespace = quote_ident(current_schema())::regnamespace ORDER BY t.typname, e.enumsortorder`,
		func(enum, value string) { c.enums[enum] = append(c.enums[enum], value) })
}

// pairs calls each with the rows of a query for two texts.
func (s *SchemaStore) pairs(ctx context.Context, query string, each func(a, b string)) error {
	rows, err := s.writer.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	for rows.Next() {
		var a, b sql.NullString
		if err := rows.Scan(&a, &b); err != nil {
			return errors.Join(err, rows.Close())
		}
		each(a.String, b.String)
	}
	return errors.Join(rows.Err(), rows.Close())
}

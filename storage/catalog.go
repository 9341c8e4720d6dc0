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
	columns, indexes, enums := s.engine.catalogQueries()
	err := s.pairs(ctx, columns, func(table, column string) { c.tables[table] = append(c.tables[table], column) })
	if err != nil {
		return nil, err
	}
	if err := s.pairs(ctx, indexes, func(index, _ string) { c.indexes = append(c.indexes, index) }); err != nil {
		return nil, err
	}
	if enums == "" {
		return c, nil
	}
	return c, s.pairs(ctx, enums, func(enum, value string) { c.enums[enum] = append(c.enums[enum], value) })
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

package dump

import (
	"context"
	"fmt"
	"slices"
)

// Labels gives the values that the enum columns of a table may have, by column; PostgreSQL alone has enums.
func (r *Reader) Labels(ctx context.Context, table string) (map[string][]string, error) {
	if r.Dialect != PostgreSQL {
		return nil, nil
	}
	rows, err := r.DB.QueryContext(ctx, `SELECT a.attname::text, e.enumlabel::text FROM pg_attribute a JOIN pg_enum e
	ON e.enumtypid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum, e.enumsortorder`, quoted(table))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	labels := map[string][]string{}
	for rows.Next() {
		var column, label string
		if err := rows.Scan(&column, &label); err != nil {
			return nil, err
		}
		labels[column] = append(labels[column], label)
	}
	return labels, rows.Err()
}

// Others names what the database holds besides the product's tables and columns, "table" or "table.column": what the
// predecessor or somebody else added. except names tables that are not worth a word.
func (r *Reader) Others(ctx context.Context, except ...string) ([]string, error) {
	query := "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = " +
		"'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
	if r.Dialect == PostgreSQL {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns JOIN
	information_schema.tables USING (table_schema, table_name)
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`
	}
	found, err := texts(ctx, r.DB, query)
	if err != nil {
		return nil, fmt.Errorf("look for other tables: %w", err)
	}
	known := map[string]Table{}
	for _, t := range r.Tables {
		known[t.Name] = t
	}
	var others []string
	for _, name := range found {
		table, column := cutLast(name)
		t, ours := known[table]
		switch {
		case slices.Contains(except, table) || ours && t.Column(column) >= 0:
		case ours:
			others = append(others, name)
		case !slices.Contains(others, table):
			others = append(others, table)
		}
	}
	return others, nil
}

func cutLast(name string) (table, column string) {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return name, ""
}

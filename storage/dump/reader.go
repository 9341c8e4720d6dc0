package dump

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"flowhq/storage/internal/db"
)

// Dialect is how an engine wants its statements.
type Dialect int

// The dialects.
const (
	PostgreSQL Dialect = iota
	SQLite
)

// Reader reads rows in one transaction.
type Reader struct {
	DB      Queryer
	Dialect Dialect
	Tables  []Table
}

// Query says which rows of a table are wanted.
type Query struct {
	Table  Table
	Tenant string // "": of all tenants, and nobody's
	After  Row    // values of the key that the wanted rows come after; needs Limit
	Limit  int    // 0: all, in any order; else so many at most, in the order of the key
}

// farTime stands for PostgreSQL's infinity, which nothing else knows: the last millisecond of the year 9999.
const farTime = 253402300799999

// Rows gives the rows that q asks for, one by one as the database sends them. Each row is a new one. After an error
// there is none more.
func (r *Reader) Rows(ctx context.Context, q Query) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		query, args := r.selection(q)
		rows, err := r.DB.QueryContext(ctx, query, args...)
		if err != nil {
			yield(nil, fmt.Errorf("read %s: %w", q.Table.Name, err))
			return
		}
		defer rows.Close()
		cells := cellsOf(q.Table.Columns)
		for rows.Next() {
			row, err := cells.scan(rows)
			if err != nil {
				yield(nil, fmt.Errorf("read %s: %w", q.Table.Name, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, fmt.Errorf("read %s: %w", q.Table.Name, err))
		}
	}
}

// Count tells how many rows q asks for; After and Limit do not count.
func (r *Reader) Count(ctx context.Context, q Query) (n int64, err error) {
	where, args := r.where(Query{Table: q.Table, Tenant: q.Tenant})
	rows, err := r.DB.QueryContext(ctx, "SELECT count(*) FROM "+quoted(q.Table.Name)+where, args...)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Table.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// KeyOf gives the values of a row's key.
func KeyOf(t Table, row Row) Row {
	key := make(Row, len(t.Key))
	for i, name := range t.Key {
		key[i] = row[t.Column(name)]
	}
	return key
}

func (r *Reader) selection(q Query) (query string, args []any) {
	wanted := make([]string, len(q.Table.Columns))
	for i, c := range q.Table.Columns {
		wanted[i] = r.expression(c)
	}
	where, args := r.where(q)
	query = "SELECT " + strings.Join(wanted, ", ") + " FROM " + quoted(q.Table.Name) + where
	if q.Limit > 0 {
		query += fmt.Sprintf(" ORDER BY %s LIMIT %d", strings.Join(quotedAll(q.Table.Key), ", "), q.Limit)
	}
	return query, args
}

func (r *Reader) where(q Query) (where string, args []any) {
	var parts []string
	if q.Tenant != "" {
		args = append(args, q.Tenant)
		parts = append(parts, r.ofTenant(q.Table))
	}
	if q.After != nil {
		marks := make([]string, len(q.After))
		for i := range q.After {
			args = append(args, q.After[i])
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		parts = append(parts, fmt.Sprintf("(%s) > (%s)", strings.Join(quotedAll(q.Table.Key), ", "),
			strings.Join(marks, ", ")))
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// ofTenant is the condition for a tenant's rows, whose id is the first argument. The users who asked for the tenant's
// setup go with it: their requests point to them.
func (r *Reader) ofTenant(t Table) string {
	column := t.tenantColumn()
	if column == "" {
		return "$1 = ''"
	}
	own := quoted(column) + " = $1"
	if t.Name == "users" {
		return "(" + own + " OR id IN (SELECT user_id FROM setup_requests WHERE tenant_id = $1))"
	}
	return own
}

// expression reads a column in a form that is the same on both engines.
func (r *Reader) expression(c Column) string {
	name := quoted(c.Name)
	if r.Dialect == SQLite {
		return name
	}
	switch c.Kind {
	case Text, JSON:
		return name + "::text"
	case Time:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN (extract(epoch FROM %[1]s) * 1000)::bigint WHEN %[1]s > "+
			"'2000-01-01' THEN %[2]d WHEN %[1]s < '2000-01-01' THEN 0 END",
			name, int64(farTime))
	default:
		return name
	}
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quotedAll(names []string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = quoted(out[i])
	}
	return out
}

// cells take the values of one row after the other.
type cells []cell

type cell struct {
	kind Kind
	raw  any
}

func cellsOf(columns []Column) cells {
	out := make(cells, len(columns))
	for i, c := range columns {
		out[i].kind = c.Kind
	}
	return out
}

func (c cells) scan(rows *sql.Rows) (Row, error) {
	dest := make([]any, len(c))
	for i := range c {
		dest[i] = &c[i].raw
	}
	if err := rows.Scan(dest...); err != nil {
		return nil, err
	}
	row := make(Row, len(c))
	for i := range c {
		var err error
		if row[i], err = valueOf(c[i].kind, c[i].raw); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// valueOf makes of what a driver gave what a row has for the kind.
func valueOf(kind Kind, raw any) (any, error) {
	switch v := raw.(type) {
	case nil:
		return nil, nil
	case string:
		return valueOfText(kind, v), nil
	case []byte:
		if kind == Bytes {
			return v, nil
		}
		return valueOfText(kind, string(v)), nil
	case time.Time:
		return v.UnixMilli(), nil
	case int64:
		switch kind {
		case Bool:
			return v != 0, nil
		case Real:
			return float64(v), nil
		}
		return v, nil
	case bool:
		return v, nil
	case float64:
		return v, nil
	}
	return nil, fmt.Errorf("a %T is no %s", raw, kind)
}

func valueOfText(kind Kind, text string) any {
	switch kind {
	case JSON:
		return CanonicalJSON(db.Clean(text))
	case Bytes:
		return []byte(text)
	}
	return db.Clean(text)
}

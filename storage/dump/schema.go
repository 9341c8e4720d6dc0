package dump

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Kind is what a column holds, whatever its engine calls it.
type Kind string

// The kinds, with what a row has for them.
const (
	Text  Kind = "text"  // string; enums too
	JSON  Kind = "json"  // string, written as CanonicalJSON writes it
	Int   Kind = "int"   // int64
	Time  Kind = "time"  // int64: milliseconds since 1970 in UTC
	Bytes Kind = "bytes" // []byte
	Bool  Kind = "bool"  // bool
	Real  Kind = "real"  // float64
)

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table of the product.
type Table struct {
	Name    string
	Columns []Column
	Key     []string          // primary key
	Refs    []string          // tables that its rows point to
	Foreign map[string]string // which table a column points to
}

// Column gives the place of a column, -1 when there is none of that name.
func (t Table) Column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// Names gives the columns' names.
func (t Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// tenantColumn gives the column that names the tenant whose row it is, "" where rows are nobody's.
func (t Table) tenantColumn() string {
	switch {
	case t.Name == "tenants":
		return "id"
	case t.Column("tenant_id") >= 0:
		return "tenant_id"
	default:
		return ""
	}
}

// OfTenants tells whether the table's rows belong to single tenants.
func (t Table) OfTenants() bool { return t.tenantColumn() != "" }

// Tables gives the tables of a SQLite database that the product's migrations made, each after those that its rows point
// to. except names tables to leave out: those of the migrations themselves.
func Tables(ctx context.Context, db Queryer, except ...string) ([]Table, error) {
	names, err := texts(ctx, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "+
		"ESCAPE '\\' ORDER BY name")
	if err != nil {
		return nil, err
	}
	var tables []Table
	for _, name := range names {
		if slices.Contains(except, name) {
			continue
		}
		t := Table{Name: name}
		if err := t.describe(ctx, db); err != nil {
			return nil, fmt.Errorf("describe table %s: %w", name, err)
		}
		tables = append(tables, t)
	}
	return inOrder(tables)
}

func (t *Table) describe(ctx context.Context, db Queryer) error {
	rows, err := db.QueryContext(ctx, "SELECT name, type, pk FROM pragma_table_info(?)", t.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	type part struct {
		name  string
		place int
	}
	var key []part
	for rows.Next() {
		var name, declared string
		var pk int
		if err := rows.Scan(&name, &declared, &pk); err != nil {
			return err
		}
		kind, err := kindOf(name, declared)
		if err != nil {
			return err
		}
		t.Columns = append(t.Columns, Column{name, kind})
		if pk > 0 {
			key = append(key, part{name, pk})
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	slices.SortFunc(key, func(a, b part) int { return cmp.Compare(a.place, b.place) })
	for _, p := range key {
		t.Key = append(t.Key, p.name)
	}
	if len(t.Key) == 0 {
		return fmt.Errorf("it has no primary key")
	}
	return t.foreign(ctx, db)
}

func (t *Table) foreign(ctx context.Context, db Queryer) error {
	rows, err := db.QueryContext(ctx, `SELECT "table", "from" FROM pragma_foreign_key_list(?)`, t.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	t.Foreign = map[string]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return err
		}
		t.Foreign[column] = table
		if table != t.Name && !slices.Contains(t.Refs, table) {
			t.Refs = append(t.Refs, table)
		}
	}
	return rows.Err()
}

// kindOf tells a column's kind by its declared type in SQLite; JSON is text there, and known by the column's name.
func kindOf(name, declared string) (Kind, error) {
	switch declared, _, _ := strings.Cut(strings.ToUpper(declared), "("); strings.TrimSpace(declared) {
	case "TEXT":
		if strings.HasSuffix(name, "_json") {
			return JSON, nil
		}
		return Text, nil
	case "TIMESTAMP":
		return Time, nil
	case "INTEGER", "BIGINT":
		return Int, nil
	case "BLOB":
		return Bytes, nil
	case "BOOLEAN":
		return Bool, nil
	case "REAL":
		return Real, nil
	}
	return "", fmt.Errorf("column %s has the type %q, which has no kind here", name, declared)
}

// inOrder puts each table behind those that its rows point to; for the rest the names decide.
func inOrder(tables []Table) ([]Table, error) {
	placed := make(map[string]bool, len(tables))
	out := make([]Table, 0, len(tables))
	for len(out) < len(tables) {
		before := len(out)
		for _, t := range tables {
			if !placed[t.Name] && !slices.ContainsFunc(t.Refs, func(ref string) bool { return !placed[ref] }) {
				placed[t.Name] = true
				out = append(out, t)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("the tables' foreign keys go in a circle")
		}
	}
	return out, nil
}

// Queryer is a transaction, or a connection.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func texts(ctx context.Context, db Queryer, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

package dump

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Where gives the rows of a table that fulfil a condition, by the names of their columns, as people read them: times in
// RFC 3339, JSON as it is. All of them are held in memory.
func (r *Reader) Where(ctx context.Context, t Table, where string, args []any) ([]map[string]any, error) {
	wanted := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		wanted[i] = r.expression(c)
	}
	rows, err := r.DB.QueryContext(ctx, "SELECT "+strings.Join(wanted, ", ")+" FROM "+quoted(t.Name)+" WHERE "+where,
		args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Name, err)
	}
	defer rows.Close()
	cells := cellsOf(t.Columns)
	var out []map[string]any
	for rows.Next() {
		row, err := cells.scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", t.Name, err)
		}
		named := make(map[string]any, len(row))
		for i, c := range t.Columns {
			named[c.Name] = readable(c.Kind, row[i])
		}
		out = append(out, named)
	}
	return out, rows.Err()
}

func readable(kind Kind, v any) any {
	switch v := v.(type) {
	case int64:
		if kind == Time {
			return time.UnixMilli(v).UTC().Format("2006-01-02T15:04:05.000Z")
		}
	case string:
		if kind == JSON && json.Valid([]byte(v)) {
			return json.RawMessage(v)
		}
	}
	return v
}

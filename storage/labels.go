package storage

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"flowhq/storage/dump"
)

// AddLabels makes an enum column of PostgreSQL take more values, as a database of the predecessor's later form has
// them. It is done at once, outside of any transaction. On SQLite, which has no enums, nothing has to be done.
func (s *BackupStore) AddLabels(ctx context.Context, table, column string, labels []string) error {
	if s.engine.name() == SQLite || len(labels) == 0 {
		return nil
	}
	var name string
	err := s.writer.QueryRowContext(ctx, `SELECT format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_type t ON
	t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND t.typtype = 'e'`,
		pgx.Identifier{table}.Sanitize(), column).Scan(&name)
	if there, err := found(err); err != nil || !there {
		return s.fail("add labels", err)
	}
	for _, label := range slices.Sorted(slices.Values(labels)) {
		if _, err := s.writer.ExecContext(ctx, "ALTER TYPE "+name+" ADD VALUE IF NOT EXISTS "+
			literal(label)); err != nil {
			return s.fail("add labels", err)
		}
	}
	return nil
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// missingLabels gives, by enum, the values that this program writes and that an enum which is there already does not
// know: another program made it.
func missingLabels(ours ddl, there *catalog) map[string][]string {
	out := map[string][]string{}
	for enum, known := range there.enums {
		for _, value := range ours.enums[enum] {
			if !slices.Contains(known, value) {
				out[enum] = append(out[enum], value)
			}
		}
	}
	return out
}

// completeLabels lets PostgreSQL's enums take every value that this program writes, before its migrations are done: a
// value can't be used in the transaction that adds it.
func (s *SchemaStore) completeLabels(ctx context.Context) error {
	if s.engine.name() == SQLite {
		return nil
	}
	there, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	ours, err := stepsAfter(s.engine, 0)
	if err != nil {
		return err
	}
	for enum, values := range missingLabels(ours, there) {
		for _, value := range values {
			if _, err := s.writer.ExecContext(ctx,
				"ALTER TYPE "+pgx.Identifier{enum}.Sanitize()+" ADD VALUE IF NOT EXISTS "+literal(value)); err != nil {
				return err
			}
		}
	}
	return nil
}

// learned are the values of PostgreSQL's enum columns, by table and column, with those that were added for rows that
// came.
type learned map[string]map[string]map[string]bool

// learn lets the enums of a table take the values that rows have in them. A backup that was taken on SQLite does not
// say which those are, for its columns are texts. It is done on a connection of its own, since a value can't be used in
// the transaction that adds it.
func (s *BackupStore) learn(ctx context.Context, known learned, table string, columns []dump.Column,
	rows []dump.Row) error {
	if s.engine.name() == SQLite {
		return nil
	}
	if known[table] == nil {
		labels, err := (&dump.Reader{DB: s.writer, Dialect: dump.PostgreSQL}).Labels(ctx, table)
		if err != nil {
			return err
		}
		known[table] = map[string]map[string]bool{}
		for column, values := range labels {
			known[table][column] = map[string]bool{}
			for _, v := range values {
				known[table][column][v] = true
			}
		}
	}
	for i, c := range columns {
		labels := known[table][c.Name]
		if labels == nil {
			continue
		}
		for _, row := range rows {
			value, ok := row[i].(string)
			if !ok || labels[value] {
				continue
			}
			if err := s.AddLabels(ctx, table, c.Name, []string{value}); err != nil {
				return err
			}
			labels[value] = true
		}
	}
	return nil
}

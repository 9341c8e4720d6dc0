package storage

import (
	"context"
	"slices"
	"strings"

	"flowhq/storage/dump"
)

// AddLabels makes an enum column of PostgreSQL take more values, as a database of the predecessor's later form has them. It is
// done at once, outside of any transaction. On SQLite, which has no enums, it does nothing.
func (s *BackupStore) AddLabels(ctx context.Context, table, column string, labels []string) error {
	if len(labels) == 0 {
		return nil
	}
	return s.fail("add labels", s.engine.addLabels(ctx, s.database, table, column, labels))
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// missingLabels gives, by enum, the values that this program writes and that an enum which is there already does not know: another
// program made it.
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

// extendEnums lets enums take every value that this program writes, before its migrations are done: a value can't be used in
// the transaction that adds it.
func (s *SchemaStore) extendEnums(ctx context.Context) error {
	there, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	ours, err := stepsAfter(s.engine, 0)
	if err != nil {
		return err
	}
	return s.engine.extendEnums(ctx, s.database, missingLabels(ours, there))
}

// learned are the values of PostgreSQL's enum columns, by table and column, with those that were added for rows that came.
type learned map[string]map[string]map[string]bool

// learn lets the enums of a table take the values that rows have in them. A backup that was taken on SQLite does not say which those
// are, for its columns are texts. It is done on a connection of its own, since a value can't be used in the transaction that adds it.
func (s *BackupStore) learn(ctx context.Context, known learned, table string, columns []dump.Column, rows []dump.Row) error {
	if known[table] == nil {
		labels, err := (&dump.Reader{DB: s.writer, Dialect: s.engine.dialect()}).Labels(ctx, table)
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

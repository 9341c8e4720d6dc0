package storage

import (
	"fmt"
	"strings"
)

// insertion is a statement that inserts any number of rows. It is not among sqlc's queries, because each engine has its
// own way to take many rows at once.
type insertion struct {
	table    string
	columns  []column
	conflict string // what becomes of a row that is there already
}

// column is a column of an insertion and PostgreSQL's type for it, "" for TEXT.
type column struct{ name, kind string }

func insertMessages() insertion {
	return insertion{"message_logs", []column{
		{"id", ""}, {"tenant_id", ""}, {"direction", `"MessageDirection"`}, {"from_number", ""}, {"to_number", ""},
		{"message_text", ""},
		{"wa_message_id", ""}, {"created_at", "timestamp"}, {"chat", ""}, {"author", ""}, {"kind", ""}, {"target", ""},
		{"sent_at", "timestamp"},
	}, "ON CONFLICT DO NOTHING"}
}

func insertTraces() insertion {
	return insertion{"message_traces", []column{
		{"id", ""}, {"tenant_id", ""}, {"wa_message_id", ""}, {"chat", ""}, {"entries_json", "jsonb"},
		{"created_at", "timestamp"},
	}, "ON CONFLICT DO NOTHING"}
}

func insertNotes() insertion {
	return insertion{"tenant_events", []column{
		{"id", ""}, {"tenant_id", ""}, {"event_type", ""}, {"detail", ""}, {"payload_json", "jsonb"},
		{"created_at", "timestamp"},
	}, "ON CONFLICT DO NOTHING"}
}

// upsertCustomers keeps of two sightings of a customer the wider time and what is known.
func upsertCustomers() insertion {
	return insertion{"customers", []column{
		{"id", ""}, {"tenant_id", ""}, {"chat", ""}, {"number", ""}, {"name", ""}, {"first_seen_at", "timestamp"},
		{"last_seen_at", "timestamp"},
	}, `ON CONFLICT (tenant_id, chat) DO UPDATE SET
  number = CASE WHEN excluded.number <> '' THEN excluded.number ELSE customers.number END,
  name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE customers.name END,
  first_seen_at = CASE WHEN excluded.first_seen_at < customers.first_seen_at THEN excluded.first_seen_at ELSE
	customers.first_seen_at END,
  last_seen_at = CASE WHEN excluded.last_seen_at > customers.last_seen_at THEN excluded.last_seen_at ELSE
	customers.last_seen_at END`}
}

func (in insertion) names() string {
	names := make([]string, len(in.columns))
	for i, c := range in.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// insert inserts rows, whose values stand in the order of the columns.
func (t *tx) insert(in insertion, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if err := t.engine.insert(t.ctx, t.sql, in, rows); err != nil {
		return fmt.Errorf("insert into %s: %w", in.table, err)
	}
	return nil
}

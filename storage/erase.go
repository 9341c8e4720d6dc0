package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"flowhq"
	"flowhq/storage/dump"
	"flowhq/storage/internal/db"
)

// CustomerData gives everything that is kept of a customer, by table, each row by the names of its columns: times in
// RFC 3339, JSON as it is. An unknown chat is CodeNotFound.
func (s *ConversationStore) CustomerData(ctx context.Context, tenantID, chat string) (map[string][]map[string]any,
	error) {
	out := map[string][]map[string]any{}
	err := (&BackupStore{s.database}).Dump(ctx, func(r *dump.Reader) error {
		tx, ok := r.DB.(*sql.Tx)
		if !ok {
			return fmt.Errorf("a dump runs in a transaction, not in a %T", r.DB)
		}
		p, err := personOf(ctx, tx, tenantID, chat)
		if err != nil {
			return err
		}
		for _, table := range r.Tables {
			where, args := p.rowsIn(table)
			if where == "" {
				continue
			}
			rows, err := r.Where(ctx, table, where, args)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				out[table.Name] = rows
			}
		}
		return nil
	})
	return out, err
}

// EraseCustomer deletes everything that is kept of a customer and tells how many rows that were. An unknown chat is
// CodeNotFound. The time line says that it was done, not of whom.
func (s *ConversationStore) EraseCustomer(ctx context.Context, tenantID, chat, cause string) (rows int64, err error) {
	tables, err := Tables(ctx)
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, "erase customer", func(t *tx) error {
		rows = 0
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		p, err := personOf(ctx, t.sql, tenantID, chat)
		if err != nil {
			return err
		}
		for i := range tables { // those that point to others first
			table := tables[len(tables)-1-i]
			where, args := p.rowsIn(table)
			if where == "" {
				continue
			}
			done, err := t.sql.ExecContext(ctx, fmt.Sprintf(`DELETE FROM "%s" WHERE %s`, table.Name, where), args...)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			rows += n
		}
		return t.addEvent(tenantID, flowhq.TenantEventAdmin, cause, nil)
	})
	return rows, err
}

// person is a customer with all that he is known by.
type person struct {
	tenant string
	id     string
	chats  []string // keys of his chat, former ones too
	number []string // the ways in which his number is written, in rows of the predecessor too
}

func personOf(ctx context.Context, tx *sql.Tx, tenantID, chat string) (p person, err error) {
	p = person{tenant: tenantID, chats: []string{chat}}
	number := ""
	err = tx.QueryRowContext(ctx, "SELECT id, number FROM customers WHERE tenant_id = $1 AND chat = $2",
		db.Clean(tenantID), db.Clean(chat)).Scan(&p.id, &number)
	if err != nil {
		return p, orNotFound(err, "Customer")
	}
	rows, err := tx.QueryContext(ctx, "SELECT from_chat FROM customer_merges WHERE tenant_id = $1 AND into_chat = $2",
		tenantID, chat)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for rows.Next() {
		var from string
		if err := rows.Scan(&from); err != nil {
			return p, err
		}
		p.chats = append(p.chats, from)
	}
	if number != "" {
		digits := strings.TrimPrefix(number, "+")
		p.number = []string{number, digits, digits + "@c.us", digits + "@s.whatsapp.net"}
	}
	return p, rows.Err()
}

// rowsIn gives the condition for the customer's rows of a table, "" where it has none.
func (p person) rowsIn(t dump.Table) (where string, args []any) {
	if t.Column("tenant_id") < 0 {
		return "", nil
	}
	args = []any{p.tenant}
	list := func(values []string) string {
		marks := make([]string, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		return "(" + strings.Join(marks, ", ") + ")"
	}
	var or []string
	for _, column := range []string{"chat", "from_chat", "into_chat"} {
		if t.Column(column) >= 0 {
			or = append(or, column+" IN "+list(p.chats))
		}
	}
	if t.Column("customer_id") >= 0 {
		or = append(or, "customer_id IN "+list([]string{p.id}))
	}
	if t.Name == "message_logs" && len(p.number) > 0 { // rows of the predecessor have no chat
		or = append(or, "chat = '' AND from_number IN "+list(p.number), "chat = '' AND to_number IN "+list(p.number))
	}
	if len(or) == 0 {
		return "", nil
	}
	return "tenant_id = $1 AND (" + strings.Join(or, " OR ") + ")", args
}

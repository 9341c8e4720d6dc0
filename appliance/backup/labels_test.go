package backup_test

import (
	"database/sql"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/storage/pgtest"
)

// A SQLite database that came from the predecessor's later form holds values that no enum of a fresh PostgreSQL knows,
// and none of the predecessor's. Its backup does not name them, for SQLite has no enums. It comes back whole all the
// same, altogether and one business alone.
func TestStrangeValuesComeBack(t *testing.T) {
	t.Parallel()
	old := engines()["sqlite"](t)
	id := old.business(t, "Asha Salon", "+255700000001")
	u, err := old.CreateUser(t.Context(), flowhq.User{TenantID: id, Name: "Asha", Email: "asha@example.com"})
	must(t, err)
	_, err = old.SubmitSetupRequest(t.Context(), u.ID, flowhq.NewSetupRequest{
		BusinessName: "Asha", TemplateType: flowhq.TemplateBooking, WhatsAppNumber: "+255700000001",
		Language: flowhq.Swahili,
	})
	if flowhq.CodeOf(err) != flowhq.CodeConflict { // it is linked already
		t.Fatal(err)
	}
	old.run(t, "INSERT INTO setup_requests (id, tenant_id, user_id, template_type, whatsapp_number, status, "+
		"created_at, updated_at) SELECT 'r1', tenant_id, id, 'RESTAURANT', '+1', 'EXPIRED', 0, 0 FROM users")
	strange := map[string]string{
		"SELECT status FROM tenants": "SUSPENDED", "SELECT template_type FROM tenant_configs": "RESTAURANT",
		"SELECT language FROM tenant_configs": "FR",
		"SELECT role FROM users":              "AUDITOR", "SELECT status FROM setup_requests": "EXPIRED",
		"SELECT template_type FROM setup_requests":                                                     "RESTAURANT",
		"SELECT max(direction) FROM (SELECT CAST(direction AS TEXT) AS direction FROM message_logs) m": "it's",
	}
	old.run(t, "UPDATE tenants SET status = 'SUSPENDED'")
	old.run(t, "UPDATE tenant_configs SET template_type = 'RESTAURANT', language = 'FR'")
	old.run(t, "UPDATE users SET role = 'AUDITOR'")
	old.run(t, "UPDATE message_logs SET direction = 'it''s' WHERE id = (SELECT min(id) FROM message_logs)")
	file := take(t, old.source(), archive.Keys{})

	for name, fresh := range map[string]func(*testing.T) *box{
		"a fresh database":  engines()["postgres"],
		"the predecessor's": predecessors,
		"another SQLite's":  engines()["sqlite"],
	} {
		for what, want := range map[string]backup.Wanted{"all": {}, "one": {Tenant: id}} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				b := fresh(t)
				_, err := backup.Restore(t.Context(), b.target(), want, opener(file), archive.Keys{})
				must(t, err)
				for query, value := range strange {
					if got := b.text(t, query); got != value {
						t.Errorf("%s gives %s, want %s", query, got, value)
					}
				}
				if d, err := b.Tenant(t.Context(), id); err != nil || d.Status != "SUSPENDED" {
					t.Errorf("the tenant is %s, %v", d.Status, err)
				}
				if n := b.count(t, "SELECT count(*) FROM message_logs"); n != 4 {
					t.Errorf("%d messages, want 4", n)
				}
				// And from there once more, where the backup names its enums' values.
				other := engines()["postgres"](t)
				_, err = backup.Restore(t.Context(), other.target(), backup.Wanted{},
					opener(take(t, b.source(), archive.Keys{})), archive.Keys{})
				must(t, err)
				for query, value := range strange {
					if got := other.text(t, query); got != value {
						t.Errorf("the second time %s gives %s, want %s", query, got, value)
					}
				}
			})
		}
	}
}

// predecessors is a database that the predecessor's migrations made, without rows.
func predecessors(t *testing.T) *box {
	t.Helper()
	dsn := pgtest.DSN(t)
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	defer func() { _ = db.Close() }()
	text, err := os.ReadFile("../../storage/testdata/predecessor.sql")
	must(t, err)
	_, err = db.ExecContext(t.Context(), string(text))
	must(t, err)
	_, err = db.ExecContext(t.Context(), `TRUNCATE "tenants", "tenant_configs", "whatsapp_sessions", "message_logs",
	"worker_processes", "users", "setup_requests", "portal_event_logs"`)
	must(t, err)
	return newBox(t, dsn)
}

func (b *box) run(t *testing.T, query string) {
	t.Helper()
	db := b.raw(t)
	defer func() { _ = db.Close() }()
	_, err := db.ExecContext(t.Context(), query)
	must(t, err)
}

func (b *box) text(t *testing.T, query string) (out string) {
	t.Helper()
	db := b.raw(t)
	defer func() { _ = db.Close() }()
	must(t, db.QueryRowContext(t.Context(), query).Scan(&out))
	return out
}

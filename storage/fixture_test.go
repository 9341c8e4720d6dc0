package storage_test

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"flowhq"
	"flowhq/storage"
)

// writeFixture is given at a release: go test ./storage -run TestSchemaFixtures -fixture 00003 (the number of its last
// migration)
var writeFixture = flag.String("fixture", "", "write the present schema with rows as a fixture of this name")

// Every schema that was ever released, with rows in it, is brought up to date and can be worked with.
func TestSchemaFixtures(t *testing.T) {
	t.Parallel()
	for engine, fresh := range dsns() {
		if *writeFixture != "" {
			makeFixture(t, engine, fresh(t))
		}
		files := must(filepath.Glob("testdata/schemas/*." + engine + ".sql"))(t)
		if len(files) == 0 {
			t.Errorf("there is no fixture for %s", engine)
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				dsn := fresh(t)
				load(t, dsn, file)
				h := open(t, dsn)
				equal(t, "up to date", must(h.Migrated(h.ctx))(t), true)
				readFixture(t, h)
				h.apply(t, must(h.Tenants(h.ctx, flowhq.TenantFilter{}))(t)[0].ID, "new", text(1, "+255700", "Z"))
			})
		}
	}
}

// fillFixture makes a row of every kind; readFixture finds them again.
func fillFixture(t *testing.T, h *harness) {
	t.Helper()
	u, d, _, err := h.CreateOwner(h.ctx, "Asha@example.com", "Asha's \"Salon\" 😀")
	noError(t, err)
	must(h.SubmitSetupRequest(h.ctx, u.ID, flowhq.NewSetupRequest{BusinessName: "Asha",
		TemplateType: flowhq.TemplateEcommerce, WhatsAppNumber: "+255700000001"}))(t)
	noError(t, h.SaveSession(h.ctx, d.ID, flowhq.SessionReport{Phase: flowhq.PhaseConnected,
		LinkedJID: "255700000001:3@s.whatsapp.net"}, ""))
	h.apply(t, d.ID, "journal-1", text(1, "+255711", "A"), trace(2, "A", "received"), reply(3, "+255711", "B"),
		text(4, "lid:77", "C"), note(5, "note"),
		request(6, "11111111-1111-7111-8111-111111111111", "+255711"), merge(7, "lid:77", "+255777"))
	must(h.SaveDraft(h.ctx, d.ID, flowhq.Settings{Greeting: "Karibu\n\t'\"\\"}.Normalize(), "", "admin"))(t)
	noError(t, h.CreateAdminSession(h.ctx, flowhq.AdminSession{TokenHash: []byte{0, 1, 255}, CreatedAt: noon,
		LastSeenAt: noon, ExpiresAt: noon}))
}

func readFixture(t *testing.T, h *harness) {
	t.Helper()
	u := must(h.UserByEmail(h.ctx, "asha@example.com"))(t)
	d := must(h.Tenant(h.ctx, u.TenantID))(t)
	equal(t, "phase", d.Session.Phase, flowhq.PhaseConnected)
	equal(t, "linked", d.Session.Linked(), true)
	messages := must(h.Messages(h.ctx, d.ID, flowhq.MessageQuery{Trace: true}))(t)
	equal(t, "messages", len(messages), 3)
	equal(t, "acked", must(h.Acked(h.ctx, d.ID, "journal-1"))(t), 7)
	equal(t, "customers", len(must(h.Customers(h.ctx, d.ID, flowhq.CustomerQuery{}))(t)), 2)
	equal(t, "requests", len(must(h.Requests(h.ctx, d.ID, flowhq.RequestQuery{}))(t)), 1)
	equal(t, "setup requests", len(must(h.SetupRequests(h.ctx, flowhq.SetupQuery{}))(t)), 1)
	equal(t, "versions", len(must(h.SettingsVersions(h.ctx, d.ID, flowhq.VersionQuery{}))(t)), 2)
	equal(t, "greeting", must(h.SettingsVersions(h.ctx, d.ID, flowhq.VersionQuery{}))(t)[0].Settings.Greeting,
		"Karibu\n\t'\"\\")
	_, err := h.AdminSessionByHash(h.ctx, []byte{0, 1, 255})
	noError(t, err)
}

func makeFixture(t *testing.T, engine, dsn string) {
	t.Helper()
	h := open(t, dsn)
	fillFixture(t, h)
	noError(t, h.Close())
	text := dumpSQLite
	if engine == "postgres" {
		text = dumpPostgres
	}
	file := filepath.Join("testdata/schemas", *writeFixture+"."+engine+".sql")
	noError(t, os.WriteFile(file, []byte(text(t, dsn)), 0o644))
	// Closed once already; the harness closes it again at the end of the test, which must find it open.
	h.Store = must(storage.Open(h.ctx, dsn, storage.Options{}))(t)
}

func dumpPostgres(t *testing.T, dsn string) string {
	t.Helper()
	programs := must(filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"))(t)
	out, err := exec.Command(programs[len(programs)-1], "--inserts", "--no-owner", "--no-comments", "--dbname",
		dsn).Output()
	if err != nil {
		t.Fatal(err)
	}
	var keep strings.Builder
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "--") || strings.HasPrefix(line, `\`) || strings.HasPrefix(line, "SET ") ||
			strings.HasPrefix(line, "SELECT pg_catalog.set_config") || line == "\n" {
			continue
		}
		keep.WriteString(line)
	}
	return keep.String()
}

func dumpSQLite(t *testing.T, dsn string) string {
	t.Helper()
	db := raw(t, dsn)
	var out strings.Builder
	list := func(query string, each func(cells []sql.NullString)) {
		rows := must(db.QueryContext(t.Context(), query))(t)
		defer rows.Close()
		columns := must(rows.Columns())(t)
		for rows.Next() {
			cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			noError(t, rows.Scan(into...))
			each(cells)
		}
		noError(t, rows.Err())
	}
	list("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid",
		func(c []sql.NullString) {
			out.WriteString(c[0].String + ";\n")
		})
	var tables []string
	list("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid",
		func(c []sql.NullString) {
			tables = append(tables, c[0].String)
		})
	for _, table := range tables {
		var columns []string
		list(fmt.Sprintf("SELECT 'quote(' || name || ')' FROM pragma_table_info('%s') ORDER BY cid", table),
			func(c []sql.NullString) {
				columns = append(columns, c[0].String)
			})
		list(fmt.Sprintf("SELECT %s FROM %s", strings.Join(columns, " || ',' || "), table), func(c []sql.NullString) {
			fmt.Fprintf(&out, "INSERT INTO %s VALUES(%s);\n", table, c[0].String)
		})
	}
	return out.String()
}

// load runs a fixture's statements.
func load(t *testing.T, dsn, file string) {
	t.Helper()
	text := string(must(os.ReadFile(file))(t))
	if path, sqlite := strings.CutPrefix(dsn, "sqlite://"); sqlite {
		noError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		text = "PRAGMA foreign_keys = OFF;\n" + text
	} else {
		text = strings.ReplaceAll(text, "CREATE SCHEMA public;\n", "")
	}
	db := raw(t, dsn)
	db.SetMaxOpenConns(1)
	run(t, db, text)
}

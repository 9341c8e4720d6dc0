package e2e_test

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/storage/pgtest"
)

// A database that the predecessor made, in a later form than we know, is taken over: the dry run tells so, every page
// and call copes with values that nobody knows, the reason why a business must be linked again is on its page, and
// linking it again brings it back.
func TestAdoptedDatabase(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	theirs := fillAsPredecessor(t, dsn)
	w := newWorldAfter(t, dsn, nil, func(a *harness.Appliance, bin harness.Binaries) {
		out, err := exec.Command(bin.Flowhq, "migrate", "--dry-run", "--env-file", a.EnvFile()).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, want := range []string{"former program's", "table tenants with its 6 rows",
			"3 businesses: needs linking again", "invoices", "SUSPENDED", "Nothing was changed"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("the dry run lacks %q:\n%s", want, out)
			}
		}
	})

	ctx := limit(t, 2*time.Minute)
	readsAdopted(ctx, t, w)
	if err := w.Worker(ctx, "t1", "start"); err != nil {
		t.Fatal(err)
	}
	if err := w.Link(ctx, w.sim, "t1", "+255700000001", "Asha Salon"); err != nil {
		t.Fatal(err)
	}
	w.customer(t, asha, "Asha", "pn")
	w.ask(t, asha, "+255700000001", "Habari", "Asha Salon")
	w.waitLogged(t, "t1", 6)
	if tenant, err := w.Tenant(ctx, "t1"); err != nil || tenant.Worker.LastError != nil {
		t.Errorf("linked again, it is %+v (%v)", tenant.Worker, err)
	}
	writesBesideFormer(ctx, t, w, theirs)
}

// readsAdopted opens every page and call that shows the adopted rows.
func readsAdopted(ctx context.Context, t *testing.T, w *world) {
	t.Helper()
	for path, want := range map[string]string{
		"/admin/tenants": "Needs linking again", "/admin/tenants/t1": "Needs linking again",
		"/admin/tenants/t2": "SUSPENDED", "/admin/tenants/t3": "Duka",
		"/admin/tenants/t5": "Bare", "/admin/tenants/t6": "O&#39;Neill", "/admin/setup-requests": "EXPIRED",
		"/admin/setup-requests/r2": "RESTAURANT",
	} {
		if page := w.page(t, path); !strings.Contains(page, want) {
			t.Errorf("%s lacks %q", path, want)
		}
	}
	for _, path := range []string{
		"/admin/tenants", "/admin/tenants/t2", "/admin/tenants/t1/logs", "/admin/tenants/t2/events",
		"/admin/tenants/t2/qr", "/admin/tenants/t2/settings",
		"/admin/tenants/t2/process", "/admin/setup-requests", "/admin/setup-requests/r2", "/admin/users",
	} {
		var anything any
		if err := w.Admin(ctx, http.MethodGet, path, nil, &anything); err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{"/portal/me", "/portal/tenant/current/status", "/portal/tenant/current/qr",
		"/portal/tenant/current/logs"} {
		var anything any
		if err := w.Portal(ctx, "Asha@Example.com", http.MethodGet, path, nil, &anything); err != nil {
			t.Error(err)
		}
	}
}

// writesBesideFormer has the former web app read what we wrote and sign a user in, whom we then know.
func writesBesideFormer(ctx context.Context, t *testing.T, w *world, theirs *sql.DB) {
	t.Helper()
	var state string
	row := theirs.QueryRow(`SELECT "state"::text FROM "whatsapp_sessions" WHERE "tenant_id" = 't1'`)
	if err := row.Scan(&state); err != nil || state != string(flowhq.SessionConnected) {
		t.Errorf("the former web app reads %q (%v)", state, err)
	}
	for _, statement := range portalSignUp {
		if _, err := theirs.Exec(statement); err != nil {
			t.Errorf("%v\n%s", err, statement)
		}
	}
	var me struct {
		Tenant struct {
			ID string `json:"id"`
		} `json:"tenant"`
	}
	if err := w.Portal(ctx, "mpya@example.com", http.MethodGet, "/portal/me", nil, &me); err != nil ||
		me.Tenant.ID != "p1" {
		t.Errorf("a user whom the former web app made has the tenant %q (%v)", me.Tenant.ID, err)
	}
}

// portalSignUp is what the predecessor's web app writes when a user signs in for the first time.
var portalSignUp = []string{
	`INSERT INTO "tenants" ("id","name","phone_number","status","created_at","updated_at")
		VALUES ('p1','Mpya','',CAST('NEW'::text AS "TenantStatus"),
		'2026-01-01 10:00:00.001','2026-01-01 10:00:00.001')`,
	`INSERT INTO "whatsapp_sessions" ("id","tenant_id","state","created_at","updated_at")
		VALUES ('p2','p1',CAST('DISCONNECTED'::text AS "SessionState"),'2026-01-01 10:00:00','2026-01-01 10:00:00')`,
	`INSERT INTO "worker_processes" ("id","tenant_id","pm2_name","status","created_at","updated_at")
		VALUES ('p3','p1','worker-mpya',CAST('STOPPED'::text AS "WorkerStatus"),
		'2026-01-01 10:00:00','2026-01-01 10:00:00')`,
	`INSERT INTO "users" ("id","tenant_id","name","email","role","created_at","updated_at")
		VALUES ('p4','p1','Mpya','Mpya@example.com',CAST('OWNER'::text AS "UserRole"),
		'2026-01-01 10:00:00','2026-01-01 10:00:00')`,
}

// fillAsPredecessor makes the predecessor's tables and rows in their later form.
func fillAsPredecessor(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, file := range []string{"predecessor.sql", "predecessor_later.sql"} {
		text, err := os.ReadFile(filepath.Join("../../storage/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		statements := []string{string(text)}
		if file == "predecessor_later.sql" { // a new enum value can't be used in the transaction that adds it
			statements = strings.Split(string(text), "\n")
		}
		for _, s := range statements {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%v\n%.300s", err, s)
			}
		}
	}
	return db
}

// page gives a page as a browser gets it.
func (w *world) page(t *testing.T, path string, headers ...string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.SetBasicAuth("admin", harness.AdminPassword)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s answers %d (%v)\n%.2000s", path, res.StatusCode, err, body)
	}
	return string(body)
}

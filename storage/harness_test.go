package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"go.uber.org/goleak"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/pgtest"
	"flowhq/storage/storetest"
)

func TestMain(m *testing.M) {
	if dsns := os.Getenv(childMark); dsns != "" {
		os.Exit(child(dsns))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), ignoreWatchdog())
}

// ignoreWatchdog: the throw-away server outlives the tests and ends with the process.
func ignoreWatchdog() goleak.Option {
	return goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait")
}

// noon is when the tests' clock starts.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	meet *sync.WaitGroup // while set, whoever asks for the time waits for the others
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	now, meet := c.now, c.meet
	c.mu.Unlock()
	if meet != nil {
		meet.Done()
		meet.Wait()
	}
	return now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// harness is a fresh store of one engine with what tests need around it.
type harness struct {
	*storage.Store
	clock *clock
	ctx   context.Context
	dsn   string
}

// dsns are the addresses of a fresh database on each engine.
func dsns() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "flowhq.db") },
		"postgres": func(t *testing.T) string { return pgtest.DSN(t) },
	}
}

// migrated are the addresses of a fresh database on each engine that has the schema already.
func migrated() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return storetest.SQLite(t) },
		"postgres": func(t *testing.T) string { return storetest.Postgres(t) },
	}
}

// onBoth runs a test of the conformance suite on both engines, side by side.
func onBoth(t *testing.T, test func(*testing.T, *harness)) {
	t.Helper()
	t.Parallel()
	for engine, dsn := range migrated() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, dsn(t)))
		})
	}
}

func open(t *testing.T, dsn string) *harness {
	t.Helper()
	h := &harness{clock: &clock{now: noon}, ctx: t.Context(), dsn: dsn}
	var err error
	h.Store, err = storage.Open(h.ctx, dsn, storage.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: h.clock.Now, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { noError(t, h.Close()) })
	return h
}

// raw opens the database as another program would.
func raw(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver, name := "pgx", dsn
	if file, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		driver, name = "sqlite", "file:"+file+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { noError(t, db.Close()) })
	return db
}

// meetAtStart makes the next n transactions wait for each other once they have begun. SQLite has one at a time anyway.
func (h *harness) meetAtStart(n int) {
	if h.Engine() == storage.SQLite {
		return
	}
	h.clock.mu.Lock()
	defer h.clock.mu.Unlock()
	h.clock.meet = new(sync.WaitGroup)
	h.clock.meet.Add(n)
}

func (h *harness) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := raw(t, h.dsn).ExecContext(h.ctx, query, args...); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
}

func (h *harness) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := raw(t, h.dsn).QueryRowContext(h.ctx, query, args...).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n
}

// tenant makes a tenant with a number of its own, "" for none.
func (h *harness) tenant(t *testing.T, name, number string) flowhq.TenantDetail {
	t.Helper()
	d, err := h.CreateTenant(h.ctx, flowhq.NewTenant{
		Name: name, PhoneNumber: number, TemplateType: flowhq.TemplateEcommerce, BusinessName: name + " Ltd",
		Language: flowhq.English,
	}, flowhq.Settings{}.Normalize(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// apply applies events of one journal and wants all of them taken.
func (h *harness) apply(t *testing.T, tenantID, journal string, events ...flowhq.WorkerEvent) {
	t.Helper()
	acked, err := h.ApplyEvents(h.ctx, tenantID, journal, events)
	if err != nil {
		t.Fatal(err)
	}
	if want := events[len(events)-1].Seq; acked != want {
		t.Fatalf("acknowledged %d, want %d", acked, want)
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// must gives v, or ends the test.
func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refused wants an error with the code and, for CodeInvalid, with exactly the fields.
func refused(t *testing.T, err error, code flowhq.Code, fields ...string) {
	t.Helper()
	domain, ok := errors.AsType[*flowhq.Error](err)
	if !ok || domain.Code != code {
		t.Errorf("error is %v, want one with the code %s", err, code)
		return
	}
	var got []string
	for _, f := range domain.Fields {
		got = append(got, f.Field)
	}
	if !slices.Equal(got, fields) {
		t.Errorf("wrong fields are %q, want %q", got, fields)
	}
}

func equal[V comparable](t *testing.T, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// each maps a list.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

func sameList[V comparable](t *testing.T, what string, got []V, want ...V) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func ptr[V any](v V) *V { return &v }

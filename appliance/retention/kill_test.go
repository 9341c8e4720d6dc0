package retention_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"flowhq"
	"flowhq/appliance/retention"
	"flowhq/storage"
	"flowhq/storage/storetest"
)

// The test program is, with this variable set to a database's address, the process that sweeps it and is killed.
const victimEnv = "FLOWHQ_RETENTION_VICTIM"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(victimEnv); dsn != "" {
		if err := victim(context.Background(), dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// keptDays is how long the victim keeps rows of every kind.
const keptDays = 30

// victim sweeps once, whatever the hour.
func victim(ctx context.Context, dsn string) error {
	s, err := storage.Open(ctx, dsn, storage.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return retention.New(retention.Config{
		Store: s, Keep: flowhq.Retention{Messages: keptDays, Traces: keptDays, Events: keptDays, Requests: keptDays},
		Pause: time.Millisecond,
	}).Sweep(ctx)
}

// sweepKilled runs a victim and kills it after a while; it tells whether it had ended by itself.
func sweepKilled(t *testing.T, dsn string, after time.Duration) (ended bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+dsn)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !timer.Stop() {
		return false
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return true
}

// sweepKilledMidway runs a victim and kills it once it has removed something.
func (s *swept) sweepKilledMidway(t *testing.T) {
	t.Helper()
	count := func() (n int) {
		if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM message_logs").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+s.dsn)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); count() == before && time.Since(begun) < time.Minute; time.Sleep(time.Millisecond) {
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// swept is a database with rows that are too old, and others that are not.
type swept struct {
	dsn  string
	db   *sql.DB
	old  int // rows that are to go, of all tables
	stay map[string][]string
}

// sweptTables are the tables that retention is about, the kind of each first.
var sweptTables = []string{"message_logs", "message_traces", "tenant_events", "customer_requests", "customers",
	"journal_marks"}

func (s *swept) rows(t *testing.T, table string) []string {
	t.Helper()
	id := "id"
	if table == "journal_marks" {
		id = "tenant_id"
	}
	ids := s.query(t, "SELECT "+id+" FROM "+table)
	slices.Sort(ids)
	return ids
}

// query gives the texts that a query selects.
func (s *swept) query(t *testing.T, query string, args ...any) []string {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// newSwept fills a database: first what will be old, then what stays; the last tenant keeps everything for ever.
func newSwept(t *testing.T, dsn string) *swept {
	t.Helper()
	now := time.Now().AddDate(0, 0, -2*keptDays)
	s, err := storage.Open(t.Context(), dsn, storage.Options{Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time {
			return now
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	driver, name := "pgx", dsn
	if file, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		driver, name = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)"
	}
	out := &swept{dsn: dsn, stay: map[string][]string{}}
	if out.db, err = sql.Open(driver, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.db.Close() })

	var ids []string
	for i, days := range []int{keptDays, keptDays, 0} {
		id := sweptTenant(t, s, fmt.Sprint("Duka ", i), days)
		fill(t, s, id, "old", now, 1300)
		ids = append(ids, id)
	}
	all := map[string]map[string]bool{}
	for _, table := range sweptTables {
		all[table] = map[string]bool{}
		for _, id := range out.rows(t, table) {
			all[table][id] = true
		}
	}
	now = time.Now().Add(-time.Hour)
	for _, id := range ids {
		fill(t, s, id, "young", now, 300)
	}
	if err := s.Heartbeats(t.Context(), []flowhq.Heartbeat{{TenantID: ids[0], SeenAt: now}}); err != nil {
		t.Fatal(err)
	}
	for _, table := range sweptTables {
		stays := out.staysAnyway(t, table, ids[2])
		for _, id := range out.rows(t, table) {
			if !all[table][id] || stays[id] {
				out.stay[table] = append(out.stay[table], id)
			} else {
				out.old++
			}
		}
	}
	return out
}

// staysAnyway gives the rows of a tenant that keeps all, open requests, and all rows of a table that nothing is removed from.
func (s *swept) staysAnyway(t *testing.T, table, forEver string) map[string]bool {
	t.Helper()
	id, where, args := "id", "tenant_id = $1", []any{forEver}
	switch table {
	case "customers":
		where, args = "true", nil
	case "journal_marks":
		id, where, args = "tenant_id", "true", nil
	case "customer_requests":
		where += " OR status IN ('NEW', 'CONFIRMED')"
	}
	out := map[string]bool{}
	for _, one := range s.query(t, "SELECT "+id+" FROM "+table+" WHERE "+where, args...) {
		out[one] = true
	}
	return out
}

func sweptTenant(t *testing.T, s *storage.Store, name string, days int) string {
	t.Helper()
	own := &flowhq.RetentionOverride{Messages: &days, Traces: &days, Events: &days, Requests: &days}
	d, err := s.CreateTenant(t.Context(), flowhq.NewTenant{
		Name: name, TemplateType: flowhq.TemplateBooking, BusinessName: name, Language: flowhq.Swahili,
	}, flowhq.Settings{Retention: own}.Normalize(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	return d.ID
}

// fill adds messages with a trace each, time-line entries, and requests of which every second is done, all of one
// moment.
func fill(t *testing.T, s *storage.Store, id, what string, now time.Time, n int) {
	t.Helper()
	const chat = "+255711000000"
	var events []flowhq.WorkerEvent
	add := func(e flowhq.WorkerEvent) {
		e.Seq, e.At = int64(len(events)+1), now
		events = append(events, e)
	}
	request := func(i int) string {
		return fmt.Sprintf("%s%s%08d", id[:24], map[string]string{"old": "0000", "young": "1111"}[what], i)
	}
	for i := range n {
		wa := fmt.Sprint(what, i)
		add(flowhq.WorkerEvent{Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Chat: chat, From: chat, Text: "habari",
			WAMessageID: wa, Kind: flowhq.KindText, SentAt: now,
		}})
		add(flowhq.WorkerEvent{Kind: flowhq.EventTrace,
			Trace: &flowhq.TraceEvent{WAMessageID: wa, Chat: chat,
				Entry: flowhq.TraceEntry{At: now, Step: "received"}}})
		if i%4 == 0 {
			add(flowhq.WorkerEvent{Kind: flowhq.EventRequest,
				Request: &flowhq.RequestEvent{ID: request(i), Type: flowhq.RequestTicket, Chat: chat,
					Status: flowhq.RequestNew}})
		}
	}
	for part := range slices.Chunk(events, 500) {
		if _, err := s.ApplyEvents(t.Context(), id, "journal-"+what, part); err != nil {
			t.Fatal(err)
		}
	}
	done := flowhq.RequestDone
	for i := 0; i < n; i += 8 {
		if _, err := s.UpdateRequest(t.Context(), id, request(i), flowhq.RequestPatch{Status: &done}); err != nil {
			t.Fatal(err)
		}
	}
}

// left looks at what is there: what stays must, of the rest it gives how many rows there are.
func (s *swept) left(t *testing.T) (old int) {
	t.Helper()
	for _, table := range sweptTables {
		rows := s.rows(t, table)
		for _, id := range s.stay[table] {
			if _, there := slices.BinarySearch(rows, id); !there {
				t.Fatalf("%s lost the row %s", table, id)
			}
		}
		old += len(rows) - len(s.stay[table])
	}
	return old
}

// A sweep that is killed at any moment is run again and completes; what is to stay stays, and what went before the kill
// stays gone.
func TestKilledSweeps(t *testing.T) {
	t.Parallel()
	for engine, fresh := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return storetest.SQLite(t) },
		"postgres": func(t *testing.T) string { return storetest.Postgres(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			first := newSwept(t, fresh(t)).dsn
			began := time.Now()
			if !sweepKilled(t, first, time.Minute) {
				t.Fatal("a sweep that nobody kills does not end")
			}
			life := time.Since(began)
			t.Logf("a sweep takes %s", life)
			midway := 0 // sweeps that were killed with some of the rows gone
			for round := range 2 {
				s := newSwept(t, fresh(t))
				if s.old < 3000 {
					t.Fatalf("only %d rows are old", s.old)
				}
				s.sweepKilledMidway(t)
				before, kills := s.left(t), 0
				if 0 < before && before < s.old {
					midway++
				}
				for ; kills < 40; kills++ {
					if sweepKilled(t, s.dsn, rand.N(life)) {
						break
					}
					now := s.left(t)
					if now > before {
						t.Fatalf("%d old rows are there, %d were before the kill", now, before)
					}
					if 0 < now && now < before {
						midway++
					}
					before = now
				}
				if kills == 40 && !sweepKilled(t, s.dsn, time.Minute) {
					t.Fatal("the last sweep does not end")
				}
				if n := s.left(t); n != 0 {
					t.Errorf("round %d: %d old rows are left", round, n)
				}
				s.whole(t)
			}
			if midway == 0 {
				t.Error("no sweep was killed midway")
			}
			t.Logf("%d sweeps were killed midway", midway)
		})
	}
}

// whole has SQLite look its file over; a PostgreSQL server that was not killed needs none of it.
func (s *swept) whole(t *testing.T) {
	t.Helper()
	if !strings.HasPrefix(s.dsn, "sqlite:") {
		return
	}
	var verdict string
	if err := s.db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil ||
		verdict != "ok" {
		t.Errorf("the file is damaged: %s, %v", verdict, err)
	}
}

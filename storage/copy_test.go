package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/pgtest"
	"flowhq/storage/storetest"
)

func copyOptions() storage.Options { return storage.Options{Logger: slog.New(slog.DiscardHandler)} }

// Everything that is in one database is in the other then, and back again, whatever the engines.
func TestCopyThereAndBack(t *testing.T) {
	t.Parallel()
	for first, fresh := range dsns() {
		for second, other := range dsns() {
			t.Run(first+" to "+second, func(t *testing.T) {
				t.Parallel()
				from, to, back := fresh(t), other(t), fresh(t)
				h := open(t, from)
				fillFixture(t, h)
				noError(t, h.Close())
				var told []storage.CopyProgress
				there := must(storage.Copy(t.Context(), from, to, copyOptions(), func(p storage.CopyProgress) {
					told = append(told, p)
				}))(t)
				home := must(storage.Copy(t.Context(), to, back, copyOptions(), nil))(t)
				sameList(t, "tables, their rows and checksums", home.Tables, there.Tables...)
				last := told[len(told)-1]
				equal(t, "last word of the progress", last.Phase == storage.CopyChecking && last.Done == last.Total &&
					last.Total == 2*there.Rows, true)
				for _, dsn := range []string{to, back} {
					copied := open(t, dsn)
					readFixture(t, copied)
					copied.apply(t, must(copied.Tenants(copied.ctx, flowhq.TenantFilter{}))(t)[0].ID, "journal-1",
						text(1, "+255711", "A"), text(8, "+255711", "H"))
					equal(t, "messages after the journal went on", copied.count(t, "SELECT count(*) FROM message_logs"),
						4)
				}
				h.Store = must(storage.Open(t.Context(), from, copyOptions()))(t)
				readFixture(t, h) // the source is as it was
			})
		}
	}
}

func TestCopyRefusals(t *testing.T) {
	t.Parallel()
	for engine, fresh := range dsns() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from, to := fresh(t), fresh(t)
			_, err := storage.Copy(t.Context(), from, to, copyOptions(), nil)
			if err == nil {
				t.Error("a source that is not there, or is nobody's, is copied")
			}
			h := open(t, from)
			h.tenant(t, "Asha", "")
			release := must(h.LockShared(t.Context()))(t)
			_, err = storage.Copy(t.Context(), from, to, copyOptions(), nil)
			refused(t, err, flowhq.CodeConflict)
			if err != nil && !strings.Contains(err.Error(), "systemctl stop flowhq") {
				t.Errorf("it does not say what to do: %v", err)
			}
			release()
			_, err = storage.Copy(t.Context(), from, from, copyOptions(), nil)
			refused(t, err, flowhq.CodeConflict)
			must(storage.Copy(t.Context(), from, to, copyOptions(), nil))(t)
			again := must(storage.Copy(t.Context(), from, to, copyOptions(), nil))(t)
			equal(t, "already done", again.Already, true)
			open(t, to)
			_, err = storage.Copy(t.Context(), from, to, copyOptions(), nil)
			refused(t, err, flowhq.CodeConflict)
			if err != nil && !strings.Contains(err.Error(), "not empty") {
				t.Errorf("it does not say why: %v", err)
			}
			h.exec(t, "UPDATE flowhq_migrations SET version_id = -version_id WHERE version_id > 2")
			_, err = storage.Copy(t.Context(), from, fresh(t), copyOptions(), nil)
			refused(t, err, flowhq.CodeConflict)
			h.exec(t, "UPDATE flowhq_migrations SET version_id = -version_id WHERE version_id < 0")
		})
	}
}

// Nobody works on a database into which a copy is not through, and another copy does not mix with it.
func TestUnfinishedCopy(t *testing.T) {
	t.Parallel()
	for engine, fresh := range dsns() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from, to := big(t, 1, 6000), fresh(t)
			ctx, cancel := context.WithCancel(t.Context())
			_, err := storage.Copy(ctx, from, to, copyOptions(), func(p storage.CopyProgress) {
				if p.Phase == storage.CopyRows && p.Done > 5000 { // after the first part of the messages
					cancel()
				}
			})
			if err == nil {
				t.Fatal("it was not cut off")
			}
			_, err = storage.Open(t.Context(), to, copyOptions())
			refused(t, err, flowhq.CodeConflict)
			_, err = storage.Copy(t.Context(), big(t, 1, 1), to, copyOptions(), nil)
			refused(t, err, flowhq.CodeConflict)
			result := must(storage.Copy(t.Context(), from, to, copyOptions(), nil))(t)
			equal(t, "carried on", result.Resumed, true)
			equal(t, "messages", open(t, to).count(t, "SELECT count(*) FROM message_logs"), 6000)
		})
	}
}

// What was written to the source between two parts of a copy is found out.
func TestSourceThatChanges(t *testing.T) {
	t.Parallel()
	from, to := big(t, 1, 6000), pgtest.DSN(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, _ = storage.Copy(ctx, from, to, copyOptions(), func(p storage.CopyProgress) {
		if p.Phase == storage.CopyRows && p.Done > 5000 { // after the first part of the messages
			cancel()
		}
	})
	run(t, raw(t, from), "UPDATE message_logs SET message_text = 'other' WHERE id = (SELECT min(id) FROM message_logs)")
	_, err := storage.Copy(t.Context(), from, to, copyOptions(), nil)
	refused(t, err, flowhq.CodeConflict)
	if err != nil && !strings.Contains(err.Error(), "message_logs") {
		t.Errorf("it does not say where: %v", err)
	}
	_, err = storage.Open(t.Context(), to, copyOptions())
	refused(t, err, flowhq.CodeConflict)
}

// big makes a SQLite database with many messages.
func big(t *testing.T, tenants, each int) (dsn string) {
	t.Helper()
	dsn = storetest.SQLite(t)
	h := open(t, dsn)
	for n := range tenants {
		id := h.tenant(t, fmt.Sprint("Duka ", n), "").ID
		var events []flowhq.WorkerEvent
		for i := range each {
			events = append(events, text(int64(i)+1, fmt.Sprintf("+2557%08d", i%50), fmt.Sprint("M", i)))
		}
		h.apply(t, id, "j", events...)
	}
	return dsn
}

// childMark makes this test binary a child that opens the database it names, or copies the first of two to the second.
const childMark = "STORAGE_TEST_CHILD"

func child(dsns string) int {
	from, to, two := strings.Cut(dsns, "\n")
	var err error
	if two {
		_, err = storage.Copy(context.Background(), from, to, copyOptions(), nil)
	} else {
		var s *storage.Store
		if s, err = storage.Open(context.Background(), from, copyOptions()); err == nil {
			err = s.Close()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killed runs a child that is killed after a time; it tells whether it came to its end before.
func killed(t *testing.T, dsns string, after time.Duration) (ended bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMark+"="+dsns)
	var said bytes.Buffer
	cmd.Stderr = &said
	noError(t, cmd.Start())
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

// A copy that is killed again and again, each time a little later, comes to its end, and nothing is doubled.
func TestCopyKilled(t *testing.T) {
	t.Parallel()
	for engine, fresh := range dsns() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from, to := big(t, 2, 5500), fresh(t)
			kills := 0
			for wait := 20 * time.Millisecond; !killed(t, from+"\n"+to, wait); wait += wait/2 + 5*time.Millisecond {
				kills++
			}
			t.Logf("%d kills", kills)
			if kills == 0 {
				t.Error("it was never killed")
			}
			h := open(t, to)
			equal(t, "messages", h.count(t, "SELECT count(*) FROM message_logs"), 11000)
			equal(t, "messages, each once", h.count(t, "SELECT count(DISTINCT id) FROM message_logs"), 11000)
			equal(t, "tenants", h.count(t, "SELECT count(*) FROM tenants"), 2)
		})
	}
}

// The same for migrations, on empty databases, on a fixture of each engine and on the predecessor's.
func TestMigrationKilled(t *testing.T) {
	t.Parallel()
	starts := map[string]func(*testing.T) string{
		"predecessor": func(t *testing.T) string {
			dsn, db := predecessor(t, true)
			run(t, db, `INSERT INTO "message_logs" ("id","tenant_id","direction","from_number","to_number","message_text")
				SELECT 'x' || n, 't1', 'IN', 'a', 'b', repeat('c', 50) FROM generate_series(1, 5000) n`)
			return dsn
		},
	}
	for engine, fresh := range dsns() {
		starts["empty "+engine] = fresh
		starts["fixture "+engine] = func(t *testing.T) string {
			dsn := fresh(t)
			load(t, dsn, "testdata/schemas/00003."+engine+".sql")
			return dsn
		}
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := start(t)
			kills := 0
			for wait := 15 * time.Millisecond; !killed(t, dsn, wait); wait += wait / 2 {
				kills++
			}
			t.Logf("%d kills", kills)
			h := open(t, dsn)
			equal(t, "migrated", must(h.Migrated(h.ctx))(t), true)
			equal(t, "migrations done twice", h.count(t,
				"SELECT count(*) - count(DISTINCT version_id) FROM flowhq_migrations"), 0)
			switch {
			case name == "predecessor":
				equal(t, "messages", h.count(t, "SELECT count(*) FROM message_logs"), 5004)
				equal(t, "marked once", h.count(t, "SELECT count(*) FROM tenant_events WHERE event_type = 'ADOPTED'"),
					6)
			case strings.HasPrefix(name, "fixture"):
				readFixture(t, h)
			}
		})
	}
}

// A predecessor's database in its later form goes to SQLite and back to a fresh PostgreSQL: values that nobody knows
// stay.
func TestCopyOfAnAdoptedDatabase(t *testing.T) {
	t.Parallel()
	from, theirs := predecessor(t, true)
	h := open(t, from)
	there, back := "sqlite://"+filepath.Join(t.TempDir(), "x.db"), pgtest.DSN(t)
	first := must(storage.Copy(h.ctx, from, there, copyOptions(), nil))(t)
	sameList(t, "not copied", first.Others, "api_tokens", "invoices", "message_logs.media_url", "tenants.metadata",
		"tenants.plan")
	second := must(storage.Copy(h.ctx, there, back, copyOptions(), nil))(t)
	sameList(t, "tables, their rows and checksums", second.Tables, first.Tables...)
	for table, columns := range old() {
		if table != "_prisma_migrations" {
			sameList(t, table, dump(t, raw(t, back), table, columns), dump(t, theirs, table, columns)...)
		}
	}
	equal(t, "status that nobody knows", must(open(t, back).Tenant(h.ctx, "t2"))(t).Status, "SUSPENDED")
}

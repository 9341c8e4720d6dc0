package backup_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
)

// The test program is, with this variable set, the process that is killed.
const victimEnv = "FLOWHQ_BACKUP_VICTIM"

func TestMain(m *testing.M) {
	if job := os.Getenv(victimEnv); job != "" {
		if err := victim(job, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// victim takes a backup (dsn, sessions, folder, name) or brings one back (dsn, sessions, file).
func victim(job string, args []string) error {
	ctx := context.Background()
	s, err := storage.Open(ctx, args[0], storage.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	if job == "backup" {
		_, _, err = backup.Put(ctx, backup.Directory{Path: args[2]}, args[3],
			func(w io.Writer) (archive.Contents, error) {
				return backup.Take(ctx, backup.Source{Store: s, Sessions: args[1], Host: "bots", Now: time.Now}, w,
					archive.Keys{})
			})
		return err
	}
	_, err = backup.Restore(ctx, backup.Target{Store: s, Sessions: args[1], Now: time.Now}, backup.Wanted{},
		func(context.Context) (io.ReadCloser, error) { return os.Open(args[2]) }, archive.Keys{})
	return err
}

// killed runs a victim and kills it after a while; it tells whether it had ended by itself, well.
func killed(t *testing.T, after time.Duration, job string, args ...string) (done bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), victimEnv+"="+job)
	must(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait() == nil
}

// kills is how often a victim is killed, at moments spread over its life.
const kills = 6

// killedRows are messages enough for a restore to be killed among them, and while it makes indexes of them.
const killedRows = 6_000

// more puts so many messages without a chat into the log of one business, as the predecessor would have.
func (b *box) more(t *testing.T, n int) {
	t.Helper()
	numbers, id, now := "generate_series(1, %d) AS n(i)", "gen_random_uuid()::text", "now()"
	if b.Engine() == storage.SQLite {
		numbers = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) AS n"
		id, now = "hex(randomblob(16))", "1770000000000 + i"
	}
	b.run(t, fmt.Sprintf(`INSERT INTO message_logs (id, tenant_id, direction, from_number, to_number, message_text, created_at)
SELECT %s, t.id, 'IN', '+1', '+2', 'Habari ' || i, %s FROM `+numbers+`, (SELECT max(id) AS id FROM tenants) t`, id, now, n))
}

// shape tells which indexes and foreign keys a database has.
func (b *box) shape(t *testing.T) string {
	t.Helper()
	query := "SELECT string_agg(sql, char(10) ORDER BY name) FROM sqlite_master WHERE sql IS NOT NULL"
	if b.Engine() == storage.PostgreSQL {
		query = `SELECT string_agg(def, E'\n' ORDER BY def) FROM (
SELECT pg_get_indexdef(indexrelid) AS def FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace) d`
	}
	return b.text(t, query)
}

// A restore that is killed, wherever that is, is run again and completes: everything is there, once.
func TestKilledRestores(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := make(t)
			var ids []string
			for i := range 5 {
				ids = append(ids, old.business(t, fmt.Sprintf("Duka %d", i), fmt.Sprintf("+25570000000%d", i)))
			}
			old.more(t, killedRows)
			shape := make(t).shape(t)
			file := filepath.Join(t.TempDir(), "backup")
			must(t, os.WriteFile(file, take(t, old.source(), archive.Keys{}), 0o600))
			began := time.Now()
			if fresh := make(t); !killed(t, time.Minute, "restore", fresh.dsn, fresh.sessions, file) {
				t.Fatal("a restore that nobody kills fails")
			}
			life := time.Since(began)
			for i := range kills {
				fresh := make(t)
				after := life * time.Duration(i+1) / kills
				done := killed(t, after, "restore", fresh.dsn, fresh.sessions, file)
				if got := fresh.shape(t); got != shape { // while they load, restores do without
					t.Errorf("killed after %s: it left the indexes and keys\n%s\nof\n%s", after, got, shape)
				}
				// what was committed says so; its folders are put into place by Settle
				for tries := 0; !done && tries < 2; tries++ {
					if n := fresh.count(t, "SELECT count(*) FROM tenants"); n > 0 {
						must(t, backup.Settle(t.Context(), fresh.Store, fresh.sessions))
						break
					}
					killed(t, time.Duration(rand.Int64N(int64(life))), "restore", fresh.dsn, fresh.sessions, file)
				}
				if n := fresh.count(t, "SELECT count(*) FROM tenants"); n == 0 {
					if !killed(t, time.Minute, "restore", fresh.dsn, fresh.sessions, file) {
						t.Fatalf("killed after %s: it does not complete", after)
					}
				}
				must(t, backup.Settle(t.Context(), fresh.Store, fresh.sessions))
				for _, id := range ids {
					fresh.held(t, id)
				}
				if n := fresh.count(t, "SELECT count(*) FROM message_logs"); n != 20+killedRows {
					t.Errorf("killed after %s: %d messages, want %d", after, n, 20+killedRows)
				}
				if got := fresh.shape(t); got != shape {
					t.Errorf("killed after %s: indexes and keys are\n%s\nwant\n%s", after, got, shape)
				}
				fresh.fedAgain(t, ids[0])
			}
		})
	}
}

// A backup that is killed leaves nothing that could be taken for one, and the next one clears up.
func TestKilledBackups(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := make(t)
			id := b.business(t, "Asha Salon", "+255700000001")
			place := backup.Directory{Path: t.TempDir()}
			began := time.Now()
			if !killed(t, time.Minute, "backup", b.dsn, b.sessions, t.TempDir(), backup.NameOf(began, "", false)) {
				t.Fatal("a backup that nobody kills fails")
			}
			life := time.Since(began)
			for i := range kills {
				killed(t, life*time.Duration(i+1)/kills, "backup", b.dsn, b.sessions, place.Path,
					backup.NameOf(began.Add(time.Duration(i)*time.Hour), "", false))
			}
			if !killed(t, time.Minute, "backup", b.dsn, b.sessions, place.Path,
				backup.NameOf(began.Add(kills*time.Hour), "", false)) {
				t.Fatal("it does not complete")
			}
			list, err := place.List(t.Context())
			must(t, err)
			for _, one := range list {
				whole(t, place, one)
			}
			entries, err := os.ReadDir(place.Path)
			must(t, err)
			if len(entries) != len(list) {
				t.Errorf("left are %v", entries)
			}
			if _, err := os.Stat(filepath.Join(b.sessions, id, "backup.tmp")); err == nil {
				t.Error("copies are left in the tenant's folder")
			}
		})
	}
}

func whole(t *testing.T, place backup.Place, one flowhq.Backup) {
	t.Helper()
	f, err := place.Open(t.Context(), one.Name)
	must(t, err)
	defer f.Close()
	if _, err := archive.Read(f, archive.Keys{}, archive.Visitor{}); err != nil {
		t.Errorf("%s: %v", one.Name, err)
	}
}

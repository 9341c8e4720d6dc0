package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"flowhq"
	"flowhq/internal/harness"
)

// The schedule takes a backup by itself, which is whole, and removes what is outdated by then.
func TestBackupBySchedule(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, database string) {
		folder := filepath.Join(t.TempDir(), "backups")
		w := newWorld(t, database, map[string]string{"BACKUP_TO": folder, "BACKUP_KEEP_DAYS": "3",
			"BACKUP_KEEP_WEEKS": "2"})
		w.newTenant(t)
		stays, goes := oldBackups(t, folder, time.Now())
		at := w.scheduleSoon(t)

		name := w.awaitBackup(t, at.Add(3*time.Minute), func(s backupsView) bool {
			return s.State.LastAt != nil && !s.State.LastAt.Before(at)
		})
		if said := w.flowhq(t, "backup", "verify", filepath.Join(folder, name)); !strings.Contains(said,
			"The backup is good") || !strings.Contains(said, "1 business") {
			t.Errorf("verified: %s", said)
		}
		w.awaitFolder(t, folder, append(stays, name))
		for _, gone := range goes {
			if _, err := os.Stat(filepath.Join(folder, gone)); err == nil {
				t.Errorf("%s is still there", gone)
			}
		}
		view := w.backups(t)
		next := at.AddDate(0, 0, 1)
		if view.State.NextAt == nil || !view.State.NextAt.Equal(next) {
			t.Errorf("the next one is at %v, want %v", view.State.NextAt, next)
		}
		if raised := w.backupAlarm(t); raised {
			t.Error("there is an alarm")
		}
	})
}

// A place that cannot be written raises the alarm, which goes with the next backup that is good.
func TestBackupThatFails(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, database string) {
		folder := filepath.Join(t.TempDir(), "backups")
		if err := os.WriteFile(folder, []byte("a file where a folder should be"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, database, map[string]string{"BACKUP_TO": folder, "BACKUP_AT": "off"})
		w.newTenant(t)
		if w.backupAlarm(t) {
			t.Fatal("there is an alarm before anything failed")
		}
		w.startBackup(t)
		w.awaitState(t, time.Now().Add(time.Minute), func(s backupsView) bool {
			return s.State.Failure != "" && !s.State.Running
		})
		if !w.backupAlarm(t) {
			t.Error("there is no alarm")
		}
		if page := w.page(t, "/admin/overview"); !strings.Contains(page, "backup") {
			t.Error("the overview says nothing of it")
		}
		// Once more in vain: one alarm stays.
		w.startBackup(t)
		w.awaitState(t, time.Now().Add(time.Minute), func(s backupsView) bool {
			return s.State.Failure != "" && !s.State.Running
		})
		if !w.backupAlarm(t) {
			t.Error("the alarm is gone though nothing was taken")
		}

		if err := os.Remove(folder); err != nil {
			t.Fatal(err)
		}
		w.startBackup(t)
		name := w.awaitBackup(t, time.Now().Add(time.Minute), func(s backupsView) bool {
			return s.State.Failure == "" && s.State.LastAt != nil
		})
		if w.backupAlarm(t) {
			t.Error("the alarm stands though a backup is good")
		}
		if said := w.flowhq(t, "backup", "verify", filepath.Join(folder, name)); !strings.Contains(said,
			"The backup is good") {
			t.Errorf("verified: %s", said)
		}
	})
}

// An appliance that is killed, or stopped, while it takes a backup leaves nothing that counts as one; the next backup
// is good and clears up.
func TestRestartDuringABackup(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, database string) {
		folder := filepath.Join(t.TempDir(), "backups")
		w := newWorld(t, database, map[string]string{"BACKUP_TO": folder, "BACKUP_AT": "off"})
		w.messages(t, database, w.newTenant(t), 150_000)
		part := filepath.Join(folder, "flowhq-*.part")

		w.startBackup(t)
		awaitPart(t, part)
		w.Kill()
		if left, _ := filepath.Glob(part); len(left) != 1 {
			t.Errorf("%q is left of a backup that was killed: it was not in the middle of it", left)
		}
		w.noBackups(t, folder)

		w.startBackup(t)
		awaitPart(t, part)
		if err := w.Stop(40 * time.Second); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 0 {
			t.Errorf("%q is left of a backup that was broken off", left)
		}
		w.noBackups(t, folder)

		w.startBackup(t)
		name := w.awaitBackup(t, time.Now().Add(2*time.Minute), func(s backupsView) bool {
			return s.State.LastAt != nil && !s.State.Running
		})
		w.awaitFolder(t, folder, []string{name})
		if said := w.flowhq(t, "backup", "verify", filepath.Join(folder, name)); !strings.Contains(said,
			"The backup is good") {
			t.Errorf("verified: %s", said)
		}
	})
}

// noBackups starts the appliance again and wants it to know of no backup, and of no failure.
func (w *world) noBackups(t *testing.T, folder string) {
	t.Helper()
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	view := w.backups(t)
	if len(view.Backups) != 0 || view.State.LastAt != nil {
		t.Errorf("half a backup counts as one: %+v", view)
	}
	if said := w.flowhq(t, "backup", "list", "--from", folder); strings.Contains(said, ".tar.zst") {
		t.Errorf("listed as %s", said)
	}
	if w.backupAlarm(t) {
		t.Error("there is an alarm though nothing but a restart happened")
	}
}

// scheduleSoon sets BACKUP_AT to a minute that comes next and is still to come when the appliance has taken it in; it
// gives that time.
func (w *world) scheduleSoon(t *testing.T) (at time.Time) {
	t.Helper()
	for {
		at = localTime(time.Now()).Add(10*time.Second + time.Minute).Truncate(time.Minute)
		appendTo(t, w.EnvFile(), "BACKUP_AT="+at.Format("15:04")+"\n")
		if out, err := w.reload(t, "--all"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if time.Now().Before(at) {
			return at
		}
	}
}

// localTime gives a time as a program whose environment names no zone shows it.
func localTime(now time.Time) time.Time {
	if data, err := os.ReadFile("/etc/localtime"); err == nil {
		if local, err := time.LoadLocationFromTZData("Local", data); err == nil {
			return now.In(local)
		}
	}
	return now.UTC()
}

// oldBackups puts files with the names of backups of the last weeks into the folder, and tells which of them stay when
// one of now joins them: of three days and two weeks the newest, and what is no backup of the whole box.
func oldBackups(t *testing.T, folder string, now time.Time) (stay, go_ []string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name string) string {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	name := func(days int, what string) string {
		noon := time.Date(now.Year(), now.Month(), now.Day()-days, 12, 0, 0, 0, now.Location())
		return put("flowhq-" + noon.UTC().Format("20060102T150405Z") + what)
	}
	week := func(days int) string { y, n := now.AddDate(0, 0, -days).ISOWeek(); return fmt.Sprint(y, n) }
	stay = []string{name(1, ".tar.zst"), name(2, ".tar.zst.age"), name(40, "-tenant-0190a0a0-0000.tar.zst"),
		put("notes.txt")}
	weeks := []string{week(0)}
	for days := 1; days <= 30; days++ {
		first := !slices.Contains(weeks, week(days)) && len(weeks) < 2
		if first {
			weeks = append(weeks, week(days))
		}
		switch {
		case days <= 2: // there already, for its day
		case first:
			stay = append(stay, name(days, ".tar.zst"))
		default:
			go_ = append(go_, name(days, ".tar.zst"))
		}
	}
	return stay, go_
}

type backupsView struct {
	State   flowhq.BackupState `json:"state"`
	Backups []flowhq.Backup    `json:"backups"`
	Failure *string            `json:"failure"`
}

func (w *world) backups(t *testing.T) (v backupsView) {
	t.Helper()
	if err := w.Admin(limit(t, 20*time.Second), http.MethodGet, "/admin/backups", nil, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) startBackup(t *testing.T) {
	t.Helper()
	if err := w.Admin(limit(t, 20*time.Second), http.MethodPost, "/admin/backups", nil, nil); err != nil {
		t.Fatal(err)
	}
}

// awaitState waits until the backups are as they are wanted.
func (w *world) awaitState(t *testing.T, until time.Time, is func(backupsView) bool) (v backupsView) {
	t.Helper()
	err := harness.Until(limit(t, time.Until(until)), 100*time.Millisecond, func() error {
		v = backupsView{} // what is empty is left out of the answer
		if err := w.Admin(t.Context(), http.MethodGet, "/admin/backups", nil, &v); err != nil {
			return err
		}
		if !is(v) {
			return fmt.Errorf("the backups are %+v", v)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, w.Output())
	}
	return v
}

// awaitBackup is awaitState that gives the name of the newest backup.
func (w *world) awaitBackup(t *testing.T, until time.Time, is func(backupsView) bool) (name string) {
	t.Helper()
	v := w.awaitState(t, until, func(v backupsView) bool { return is(v) && len(v.Backups) > 0 })
	if !v.Backups[0].TakenAt.Equal(*v.State.LastAt) || v.Backups[0].Size != v.State.LastSize {
		t.Errorf("the newest is %+v, and the last good one of %s with %d bytes", v.Backups[0], v.State.LastAt,
			v.State.LastSize)
	}
	return v.Backups[0].Name
}

// awaitFolder waits until a folder holds exactly these: outdated ones go after the new one is there.
func (w *world) awaitFolder(t *testing.T, folder string, want []string) {
	t.Helper()
	slices.Sort(want)
	err := harness.Until(limit(t, 10*time.Second), 50*time.Millisecond, func() error {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("in the folder are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func awaitPart(t *testing.T, pattern string) {
	t.Helper()
	err := harness.Until(limit(t, 20*time.Second), time.Millisecond, func() error {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return fmt.Errorf("no backup is being written: %v", err)
		}
		var s syscall.Stat_t
		if err := syscall.Stat(files[0], &s); err != nil || s.Size == 0 {
			return fmt.Errorf("nothing is written yet: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// backupAlarm tells whether the host has an alarm because a backup failed.
func (w *world) backupAlarm(t *testing.T) bool {
	t.Helper()
	var alarms []struct {
		Kind flowhq.AlarmKind `json:"kind"`
	}
	if err := w.Admin(limit(t, 20*time.Second), http.MethodGet, "/admin/alarms", nil, &alarms); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range alarms {
		if a.Kind == flowhq.AlarmBackupFailed {
			n++
		}
	}
	if n > 1 {
		t.Errorf("the alarm is there %d times", n)
	}
	return n > 0
}

// newTenant makes a business that nobody links.
func (w *world) newTenant(t *testing.T) (id string) {
	t.Helper()
	tenant, err := w.Create(limit(t, 20*time.Second), harness.NewTenant{
		Name: "Neema Salon", PhoneNumber: salonNumber, TemplateType: flowhq.TemplateBooking,
		BusinessName: "Neema Salon", Language: flowhq.Swahili,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tenant.ID
}

// messagesAtOnce is how many messages one statement writes. Meanwhile nobody else can write to a SQLite file.
const messagesAtOnce = 5_000

// messages puts n messages into a tenant's log, each with a text that does not compress well.
// n is a multiple of messagesAtOnce.
func (w *world) messages(t *testing.T, database, tenant string, n int) {
	t.Helper()
	driver, dsn := "pgx", database
	query := `INSERT INTO message_logs (id, tenant_id, direction, from_number, to_number, message_text, created_at)
SELECT gen_random_uuid()::text, $1, 'IN', '+1', '+2', md5(random()::text) || md5(random()::text), now()
FROM generate_series(1, $2::int)`
	if database == "" {
		driver, dsn = "sqlite", "file:"+filepath.Join(filepath.Dir(w.EnvFile()),
			"flowhq.db")+"?_pragma=busy_timeout(20000)"
		query = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
INSERT INTO message_logs (id, tenant_id, direction, from_number, to_number, message_text, created_at)
SELECT hex(randomblob(16)), $1, 'IN', '+1', '+2', hex(randomblob(32)), 1770000000000 + i FROM n`
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx := limit(t, 10*time.Minute) // a machine with much other work takes more than one
	for range n / messagesAtOnce {
		if _, err := db.ExecContext(ctx, query, tenant, messagesAtOnce); err != nil {
			t.Fatal(err)
		}
	}
}

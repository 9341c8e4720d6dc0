package backup_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	_ "modernc.org/sqlite"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
	"flowhq/storage/storetest"
	"flowhq/worker/journal"
)

// box is a store with its folders, as an appliance has them.
type box struct {
	*storage.Store
	dsn, sessions string
}

func openStore(ctx context.Context, dsn string) (*storage.Store, error) {
	return storage.Open(ctx, dsn, storage.Options{Logger: slog.New(slog.DiscardHandler)})
}

// engines make an empty box on each engine.
func engines() map[string]func(*testing.T) *box {
	return map[string]func(*testing.T) *box{
		"sqlite":   func(t *testing.T) *box { return newBox(t, storetest.SQLite(t)) },
		"postgres": func(t *testing.T) *box { return newBox(t, storetest.Postgres(t)) },
	}
}

func newBox(t *testing.T, dsn string) *box {
	t.Helper()
	s, err := openStore(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { noError(t, s.Close()) })
	return &box{Store: s, dsn: dsn, sessions: filepath.Join(t.TempDir(), "sessions")}
}

func (b *box) source() backup.Source {
	return backup.Source{Store: b.Store, Sessions: b.sessions, Version: "test", Host: "bots", Now: time.Now}
}

func (b *box) target() backup.Target {
	return backup.Target{Store: b.Store, Sessions: b.sessions, Now: time.Now}
}

// business makes a tenant with rows, a journal and a linked device.
func (b *box) business(t *testing.T, name, number string) string {
	t.Helper()
	ctx := t.Context()
	d, err := b.CreateTenant(ctx, flowhq.NewTenant{
		Name: name, PhoneNumber: number, TemplateType: flowhq.TemplateBooking, BusinessName: name,
		Language: flowhq.Swahili,
	}, flowhq.Settings{}.Normalize(), "admin")
	must(t, err)
	must(t, b.SetDesired(ctx, d.ID, flowhq.DesiredRunning))
	dir := filepath.Join(b.sessions, d.ID)
	must(t, os.MkdirAll(dir, 0o700))
	j, _, err := journal.Open(ctx, dir, time.Now)
	must(t, err)
	var events []flowhq.WorkerEvent
	for i := range 5 {
		events = append(events, flowhq.WorkerEvent{Kind: flowhq.EventMessage, At: time.Now(),
			Message: &flowhq.MessageEvent{
				Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Chat: "+255711000000",
				From: "+255711000000", To: number,
				Text: fmt.Sprintf("ujumbe %d", i), WAMessageID: fmt.Sprintf("%s-%d", name, i), Kind: flowhq.KindText,
			}})
	}
	events = append(events, flowhq.WorkerEvent{Kind: flowhq.EventRequest, At: time.Now(), Request: &flowhq.RequestEvent{
		ID: d.ID[:24] + "0123456789ab", Type: flowhq.RequestBooking, Chat: "+255711000000",
		Fields: flowhq.RequestFields{Service: "nywele"},
	}})
	must(t, j.Write(func(tx *journal.Tx) error {
		for _, e := range events {
			if err := tx.Event(e); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range events {
		events[i].Seq = int64(i + 1)
	}
	if _, err := b.ApplyEvents(ctx, d.ID, j.ID(), events[:4]); err != nil { // the rest is in the journal alone
		t.Fatal(err)
	}
	must(t, j.Close())
	device(t, dir, number)
	must(t, b.SaveSession(ctx, d.ID, flowhq.SessionReport{Phase: flowhq.PhaseConnected,
		LinkedJID: strings.TrimPrefix(number, "+") + ":1@s.whatsapp.net"}, ""))
	return d.ID
}

// device makes a file that looks like whatsmeow's to whoever asks which device is in it.
func device(t *testing.T, dir, number string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "device.db")+"?_pragma=journal_mode(WAL)")
	must(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY, keys BLOB); INSERT "+
		"INTO whatsmeow_device VALUES (?, randomblob(4000))", strings.TrimPrefix(number, "+")+":1@s.whatsapp.net")
	must(t, err)
	must(t, db.Close())
}

func take(t *testing.T, s backup.Source, keys archive.Keys) []byte {
	t.Helper()
	var file bytes.Buffer
	c, err := backup.Take(t.Context(), s, &file, keys)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Problems) > 0 {
		t.Fatalf("problems: %q", c.Problems)
	}
	return file.Bytes()
}

func opener(file []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func (b *box) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	db := b.raw(t)
	defer func() { _ = db.Close() }()
	var n int
	must(t, db.QueryRowContext(t.Context(), query, args...).Scan(&n))
	return n
}

// raw opens the database as another program would.
func (b *box) raw(t *testing.T) *sql.DB {
	t.Helper()
	driver, name := "pgx", b.dsn
	if file, ok := strings.CutPrefix(b.dsn, "sqlite://"); ok {
		driver, name = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	must(t, err)
	return db
}

// A backup of either engine comes back whole on either engine; nothing starts by itself, and the journals' numbers are
// new.
func TestWholeBackupOnAnyEngine(t *testing.T) {
	t.Parallel()
	for from, make := range engines() {
		for to, empty := range engines() {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				old := make(t)
				a := old.business(t, "Asha Salon", "+255700000001")
				old.business(t, "Baraka Duka", "+255700000002")
				file := take(t, old.source(), archive.Keys{})

				fresh := empty(t)
				got, err := backup.Restore(t.Context(), fresh.target(), backup.Wanted{}, opener(file), archive.Keys{})
				must(t, err)
				if len(got.Tenants) != 2 || !got.Tenants[0].Device {
					t.Errorf("restored %+v", got.Tenants)
				}
				for table, want := range map[string]int{"tenants": 2, "message_logs": 8, "customers": 2,
					"tenant_settings": 2, "tenant_fences": 2} {
					if n := fresh.count(t, "SELECT count(*) FROM "+table); n != want {
						t.Errorf("%s has %d rows, want %d", table, n, want)
					}
				}
				fresh.held(t, a)
				fresh.fedAgain(t, a)
			})
		}
	}
}

// held looks at a tenant that came back with its device.
func (b *box) held(t *testing.T, id string) {
	t.Helper()
	f, err := b.RestoreHold(t.Context(), id)
	must(t, err)
	if f == nil || f.Staged != "" || f.DesiredState != flowhq.DesiredRunning || f.LinkedJID == "" ||
		f.Origin.Host != "bots" {
		t.Fatalf("the restore hold is %+v", f)
	}
	d, err := b.Tenant(t.Context(), id)
	must(t, err)
	if d.Worker.DesiredState != flowhq.DesiredStopped || d.Session.Phase != flowhq.PhaseOff || !d.Session.Linked() {
		t.Errorf("desired state %s, phase %s, linked %v", d.Worker.DesiredState, d.Session.Phase, d.Session.Linked())
	}
}

// fedAgain plays the worker: the restored journal tells what the store does not know, once.
func (b *box) fedAgain(t *testing.T, id string) {
	t.Helper()
	ctx := t.Context()
	j, _, err := journal.Open(ctx, filepath.Join(b.sessions, id), time.Now)
	must(t, err)
	defer func() { noError(t, j.Close()) }()
	acked, err := b.Acked(ctx, id, j.ID())
	must(t, err)
	if acked != 4 || j.LastSeq() != 6 {
		t.Errorf("the store knows %d of %d events", acked, j.LastSeq())
	}
	var events []flowhq.WorkerEvent
	must(t, j.Write(func(tx *journal.Tx) (err error) {
		events, err = tx.EventsAfter(acked, 100, 1<<20)
		return err
	}))
	_, err = b.ApplyEvents(ctx, id, j.ID(), events)
	must(t, err)
	if n := b.count(t, "SELECT count(*) FROM message_logs WHERE tenant_id = $1", id); n != 5 {
		t.Errorf("%d messages, want 5", n)
	}
	if n := b.count(t, "SELECT count(*) FROM customer_requests WHERE tenant_id = $1", id); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestRelease_ofARestoreHold(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, ctx := make(t), t.Context()
			id := old.business(t, "Asha Salon", "+255700000001")
			file := take(t, old.source(), archive.Keys{})
			fresh := make(t)
			_, err := backup.Restore(ctx, fresh.target(), backup.Wanted{}, opener(file), archive.Keys{})
			must(t, err)
			if _, err := fresh.ReleaseRestoreHold(ctx, id, "the other is gone", false); err != nil {
				t.Fatal(err)
			}
			d, err := fresh.Tenant(ctx, id)
			must(t, err)
			if d.Worker.DesiredState != flowhq.DesiredRunning {
				t.Errorf("the desired state is %s", d.Worker.DesiredState)
			}
			if _, err := fresh.ReleaseRestoreHold(ctx, id, "again", false); flowhq.CodeOf(err) != flowhq.CodeConflict {
				t.Errorf("released twice: %v", err)
			}
		})
	}
}

func TestOneTenantOfAWholeBackup(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ctx := make(t), t.Context()
			a := b.business(t, "Asha Salon", "+255700000001")
			other := b.business(t, "Baraka Duka", "+255700000002")
			user, err := b.CreateUser(ctx, flowhq.User{Name: "Asha", Email: "asha@example.com", TenantID: a,
				Role: flowhq.RoleOwner})
			must(t, err)
			file := take(t, b.source(), archive.Keys{})
			want := backup.Wanted{Tenant: a}

			_, err = backup.Restore(ctx, b.target(), want, opener(file), archive.Keys{})
			conflict(t, "it is here", err)
			must(t, b.DeleteTenant(ctx, a))
			_, err = backup.Restore(ctx, b.target(), want, opener(file), archive.Keys{})
			conflict(t, "its folder is here", err)
			if n := b.count(t, "SELECT count(*) FROM tenants"); n != 1 {
				t.Errorf("a refused restore left %d tenants", n)
			}
			must(t, os.RemoveAll(filepath.Join(b.sessions, a)))
			_, err = backup.Restore(ctx, b.target(), want, opener(file), archive.Keys{})
			must(t, err)
			b.held(t, a)
			b.fedAgain(t, a)
			if f, err := b.RestoreHold(ctx, other); err != nil || f != nil {
				t.Errorf("the other one is held: %+v, %v", f, err)
			}
			again, err := b.UserByEmail(ctx, "asha@example.com")
			must(t, err)
			if again.ID != user.ID || again.TenantID != a {
				t.Errorf("the user came back as %+v", again)
			}

			want.Replace = true
			_, err = backup.Restore(ctx, b.target(), want, opener(file), archive.Keys{})
			must(t, err)
			b.held(t, a)
			if _, err := os.Stat(filepath.Join(backup.ReplacedFolder(b.sessions, a), "device.db")); err != nil {
				t.Errorf("what was replaced is gone: %v", err)
			}
		})
	}
}

func TestATenantBesideItsOriginal(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ctx := make(t), t.Context()
			a := b.business(t, "Asha Salon", "+255700000001")
			user, err := b.CreateUser(ctx, flowhq.User{Name: "Asha", Email: "asha@example.com", Role: flowhq.RoleOwner,
				TenantID: a})
			must(t, err)
			file := take(t, backup.Source{Store: b.Store, Sessions: b.sessions, Tenant: a, Now: time.Now, Host: "bots"},
				archive.Keys{})
			_, err = backup.Restore(ctx, b.target(), backup.Wanted{AsNew: true},
				opener(take(t, b.source(), archive.Keys{})), archive.Keys{})
			conflict(t, "no tenant named", err)
			got, err := backup.Restore(ctx, b.target(), backup.Wanted{Tenant: a, AsNew: true}, opener(file),
				archive.Keys{})
			must(t, err)
			twin := got.Tenants[0].ID
			if twin == a {
				t.Fatal("it has the id of its original")
			}
			for _, id := range []string{a, twin} {
				if n := b.count(t, "SELECT count(*) FROM message_logs WHERE tenant_id = $1", id); n != 4 {
					t.Errorf("%s has %d messages", id, n)
				}
			}
			b.held(t, twin)
			b.fedAgain(t, twin)
			b.fedAgain(t, a) // the original's request is another one than the twin's, whoever tells of it first
			d, err := b.Tenant(ctx, twin)
			must(t, err)
			if d.PhoneNumber != "" || d.Worker.ProcessName != flowhq.ProcessName(twin) {
				t.Errorf("number %q, process %q", d.PhoneNumber, d.Worker.ProcessName)
			}
			owner, err := b.UserByEmail(ctx, user.Email)
			must(t, err)
			if owner.TenantID != a {
				t.Errorf("the user went to %s", owner.TenantID)
			}
			_, err = b.ReleaseRestoreHold(ctx, twin, "gone", false)
			conflict(t, "the original is at work", err)
			must(t, b.SetDesired(ctx, a, flowhq.DesiredStopped))
			_, err = b.ReleaseRestoreHold(ctx, twin, "gone", false)
			must(t, err)
		})
	}
}

// A business beside its original has requests of its own: with a history, and told again by its own journal alone.
func TestRequestsOfATwin(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ctx := make(t), t.Context()
			a := b.business(t, "Asha Salon", "+255700000001")
			b.fedAgain(t, a)
			request := a[:24] + "0123456789ab"
			done, confirmed := flowhq.RequestDone, flowhq.RequestConfirmed
			_, err := b.UpdateRequest(ctx, a, request, flowhq.RequestPatch{Status: &confirmed, By: "admin"})
			must(t, err)
			got, err := backup.Restore(ctx, b.target(), backup.Wanted{Tenant: a, AsNew: true},
				opener(take(t, b.source(), archive.Keys{})), archive.Keys{})
			must(t, err)
			twin := got.Tenants[0].ID
			_, err = b.UpdateRequest(ctx, a, request, flowhq.RequestPatch{Status: &done, By: "admin"})
			must(t, err)

			rows, err := b.Requests(ctx, twin, flowhq.RequestQuery{})
			must(t, err)
			if len(rows) != 1 || rows[0].ID == request || rows[0].Status != confirmed {
				t.Fatalf("the twin's requests are %+v", rows)
			}
			for tenant, want := range map[string]struct {
				id string
				n  int
			}{a: {request, 3}, twin: {rows[0].ID, 2}} {
				history, err := b.RequestHistory(ctx, tenant, want.id)
				must(t, err)
				if len(history) != want.n {
					t.Errorf("the history of %s has %d entries, want %d", want.id, len(history), want.n)
				}
			}
			// A restored journal tells everything again: it is the twin's own request that is told of.
			j, _, err := journal.Open(ctx, filepath.Join(b.sessions, twin), time.Now)
			must(t, err)
			defer func() { _ = j.Close() }()
			var events []flowhq.WorkerEvent
			must(t, j.Write(func(tx *journal.Tx) (err error) {
				events, err = tx.EventsAfter(0, 100, 1<<20)
				return err
			}))
			last := events[len(events)-1]
			if last.Request == nil || last.Request.ID != rows[0].ID || last.Request.Fields.Service != "nywele" {
				t.Errorf("the journal tells of %+v", last.Request)
			}
		})
	}
}

func conflict(t *testing.T, what string, err error) {
	t.Helper()
	if code := flowhq.CodeOf(err); code != flowhq.CodeConflict && code != flowhq.CodeInvalid {
		t.Errorf("%s: %v", what, err)
	}
}

// The database is lost, the folders are not: they are newer than the backup, stay, and tell the database the rest.
func TestDatabaseAlone(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, ctx := make(t), t.Context()
			id := old.business(t, "Asha Salon", "+255700000001")
			file := take(t, old.source(), archive.Keys{})
			fresh := make(t)
			fresh.sessions = old.sessions
			_, err := backup.Restore(ctx, fresh.target(), backup.Wanted{}, opener(file), archive.Keys{})
			conflict(t, "folders are here", err)
			_, err = backup.Restore(ctx, fresh.target(), backup.Wanted{DatabaseOnly: true}, opener(file),
				archive.Keys{})
			must(t, err)
			if f, err := fresh.RestoreHold(ctx, id); err != nil || f != nil {
				t.Errorf("held: %+v, %v", f, err)
			}
			d, err := fresh.Tenant(ctx, id)
			must(t, err)
			if d.Worker.DesiredState != flowhq.DesiredRunning {
				t.Errorf("the desired state is %s", d.Worker.DesiredState)
			}
			fresh.fedAgain(t, id)
		})
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := make(t)
			b.business(t, "Asha Salon", "+255700000001")
			scratch := t.TempDir()
			_, err := backup.Verify(t.Context(), scratch, opener(take(t, b.source(), archive.Keys{})), archive.Keys{},
				nil)
			noError(t, err)
			if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// A backup that was cut off or changed anywhere is not taken. (A compressed file has a few bits that mean the same
// either way: with one of them changed, a plain backup still is the same backup, byte by byte.)
func TestDamagedBackups(t *testing.T) {
	t.Parallel()
	b := newBox(t, storetest.SQLite(t))
	b.business(t, "Asha Salon", "+255700000001")
	for what, keys := range map[string]archive.Keys{"plain": {}, "encrypted": aKey()} {
		file := take(t, b.source(), keys)
		whole, err := everything(file, keys)
		noError(t, err)
		size := len(file)
		bad := func(name string, file []byte) {
			t.Helper()
			got, err := everything(file, keys)
			same := err == nil && what == "plain" && len(file) == size && bytes.Equal(got, whole)
			if flowhq.CodeOf(err) != flowhq.CodeInvalid && flowhq.CodeOf(err) != flowhq.CodeUnauthorized && !same {
				t.Errorf("%s, %s: %v", what, name, err)
			}
		}
		const tries = 40
		for i := range tries {
			bad(fmt.Sprintf("cut off at %d of %d", len(file)*i/tries, len(file)), file[:len(file)*i/tries])
			changed := bytes.Clone(file)
			changed[(len(file)-1)*(i+1)/tries] ^= 0x10
			bad(fmt.Sprintf("changed at %d of %d", (len(file)-1)*(i+1)/tries, len(file)), changed)
		}
		bad("the last byte is missing", file[:len(file)-1])
		bad("something follows", append(bytes.Clone(file), 'x'))
	}
	_, err := archive.Read(strings.NewReader("PK\x03\x04 something else"), archive.Keys{}, archive.Visitor{})
	if flowhq.CodeOf(err) != flowhq.CodeInvalid {
		t.Errorf("not a backup: %v", err)
	}
}

// everything reads all that a backup holds.
func everything(file []byte, keys archive.Keys) ([]byte, error) {
	var all bytes.Buffer
	contents, err := archive.Read(bytes.NewReader(file), keys, archive.Visitor{
		Manifest: func(m archive.Manifest) error { fmt.Fprintf(&all, "%+v", m); return nil },
		File: func(tenant, name string, size int64, content io.Reader) error {
			fmt.Fprint(&all, tenant, name, size)
			_, err := io.Copy(&all, content)
			return err
		},
		Rows: func(table string, lines [][]byte) error {
			fmt.Fprintf(&all, "%s %s", table, lines)
			return nil
		},
	})
	fmt.Fprintf(&all, "%+v", contents)
	return all.Bytes(), err
}

// aKey is a pair of keys of age's own kind, which unlike a passphrase cost no second each time.
func aKey() archive.Keys {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		panic(err)
	}
	return archive.Keys{Recipient: id.Recipient().String(), Identities: []string{id.String()}}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	b := newBox(t, storetest.SQLite(t))
	b.business(t, "Asha Salon", "+255700000001")
	file := take(t, b.source(), archive.Keys{Passphrase: "siri kubwa"})
	if bytes.Contains(file, []byte("Asha")) || bytes.Contains(file, []byte("manifest")) {
		t.Error("the encrypted file can be read")
	}
	for name, keys := range map[string]archive.Keys{"none": {}, "a wrong one": {Passphrase: "siri ndogo"}} {
		if _, err := archive.Read(bytes.NewReader(file), keys,
			archive.Visitor{}); flowhq.CodeOf(err) != flowhq.CodeUnauthorized {
			t.Errorf("passphrase, %s: %v", name, err)
		}
	}
	if err := (archive.Keys{Recipient: aKey().Recipient,
		Passphrase: "x"}).Check(); flowhq.CodeOf(err) != flowhq.CodeInvalid {
		t.Errorf("both: %v", err)
	}
	if err := (archive.Keys{Recipient: "age1nonsense"}).Check(); flowhq.CodeOf(err) != flowhq.CodeInvalid {
		t.Errorf("no recipient: %v", err)
	}
}

// A disk that is full ends a backup with a sentence and leaves nothing behind.
func TestWriterThatFails(t *testing.T) {
	t.Parallel()
	b := newBox(t, storetest.SQLite(t))
	id := b.business(t, "Asha Salon", "+255700000001")
	full := errors.New("full")
	for _, after := range []int{0, 10, 1000, 6000} {
		if _, err := backup.Take(t.Context(), b.source(), &limited{left: after, err: full},
			archive.Keys{}); !errors.Is(err, full) {
			t.Errorf("after %d bytes: %v", after, err)
		}
		if _, err := os.Stat(filepath.Join(b.sessions, id, "backup.tmp")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("after %d bytes: copies are left: %v", after, err)
		}
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

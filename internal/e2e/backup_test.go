package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/storage/pgtest"
)

// The whole circle of a backup: taken while customers write, the box is lost, everything comes back on another box with
// the other kind of database, nothing starts before somebody says so, and then customers are answered. What the backup
// held is there once.
func TestBackupCircle(t *testing.T) {
	t.Parallel()
	other := map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return pgtest.DSN(t) },
		"postgres": func(*testing.T) string { return "" },
	}
	stores(t, func(t *testing.T, database string) {
		w := newWorld(t, database, nil)
		salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
		w.business(t, "Duka la Asha", shopNumber, flowhq.TemplateEcommerce, flowhq.Swahili)
		w.customer(t, asha, "Asha", "pn")
		w.customer(t, juma, "Juma", "pn")
		w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
		w.ask(t, juma, shopNumber, "Habari", "Duka la Asha")
		w.waitLogged(t, salon.ID, 2)
		before := w.ids(t, salon.ID)

		file := w.backUp(t)
		w.ask(t, asha, salonNumber, "Mambo baada ya akiba", "")
		if err := w.Stop(40 * time.Second); err != nil {
			t.Fatal(err)
		}

		kind := "postgres"
		if database == "" {
			kind = "sqlite"
		}
		fresh := w.restoreInto(t, file, other[kind](t))
		fresh.heldBack(t, salon.ID)
		fresh.release(t, salon.ID)
		w.ask(t, asha, salonNumber, "Habari tena", "Neema Salon")
		fresh.complete(t, salon.ID, before)
		fresh.oneReplaced(t, salon)
		fresh.erased(t, salon)
	})
}

// ids counts how often each message of WhatsApp is in the log.
func (w *world) ids(t *testing.T, tenant string) map[string]int {
	t.Helper()
	messages, err := w.Messages(limit(t, 20*time.Second), tenant)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, m := range messages {
		if m.WAID != nil {
			seen[*m.WAID]++
		}
	}
	return seen
}

// flowhq runs a command of the product for an appliance, and wants it to succeed.
func (w *world) flowhq(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.command(t, args...)
	if err != nil {
		t.Fatalf("flowhq %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (w *world) command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(limit(t, 2*time.Minute), w.bin.Flowhq, append(args, "--env-file", w.EnvFile())...)
	cmd.Dir = filepath.Dir(w.EnvFile())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// backUp takes an encrypted backup while customers write, and has it verified.
func (w *world) backUp(t *testing.T) (file string) {
	t.Helper()
	dir := t.TempDir()
	key := w.passphrase(t)
	ctx, stop := context.WithCancel(limit(t, 2*time.Minute))
	writing := make(chan error, 1)
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			if _, err := w.sim.SendText(ctx, juma, shopNumber, fmt.Sprintf("Bei ya bidhaa %d", n)); err != nil &&
				ctx.Err() == nil {
				writing <- err
				return
			}
		}
		writing <- nil
	}()
	said := w.flowhq(t, "backup", "--to", dir, "--passphrase-file", key)
	stop()
	if err := <-writing; err != nil {
		t.Error(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 || !strings.HasSuffix(files[0], ".tar.zst.age") {
		t.Fatalf("%q in the folder after: %s", files, said)
	}
	if list := w.flowhq(t, "backup", "list", "--from", dir); !strings.Contains(list, filepath.Base(files[0])) ||
		!strings.Contains(list, "everything") {
		t.Errorf("listed as %s", list)
	}
	if said := w.flowhq(t, "backup", "verify", files[0], "--passphrase-file", key); !strings.Contains(said,
		"2 businesses") || !strings.Contains(said, "The backup is good") {
		t.Errorf("verified: %s", said)
	}
	if said, err := w.command(t, "backup", "verify", files[0]); err == nil || !strings.Contains(said, "encrypted") {
		t.Errorf("without a key: %v, %s", err, said)
	}
	return files[0]
}

func (w *world) passphrase(t *testing.T) string {
	t.Helper()
	key := filepath.Join(filepath.Dir(w.EnvFile()), "key.txt")
	if err := os.WriteFile(key, []byte("siri kubwa sana\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return key
}

// restoreInto makes another box with an empty database, brings the backup back there and starts its appliance.
func (w *world) restoreInto(t *testing.T, file, database string) *world {
	t.Helper()
	dir := t.TempDir()
	a, err := harness.StartAppliance(context.Background(), harness.Options{
		Bin: w.bin.Flowhq, Dir: dir, DatabaseURL: database, Simulator: w.sim,
		Env: map[string]string{"HEARTBEAT_INTERVAL_MS": "1000", "RATE_LIMIT_MAX_PER_MINUTE": "600",
			"CONTACT_REPLY_MAX": "0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	fresh := &world{Appliance: a, sim: w.sim, bin: w.bin}
	key := w.passphrase(t)
	if said, err := fresh.command(t, "restore", file, "--passphrase-file", key); err == nil ||
		!strings.Contains(said, "Flow HQ is running") {
		t.Errorf("over a running appliance: %v, %s", err, said)
	}
	if err := a.Stop(40 * time.Second); err != nil {
		t.Fatal(err)
	}
	said := fresh.flowhq(t, "restore", file, "--passphrase-file", key)
	if !strings.Contains(said, "flowhq restore confirm --all") {
		t.Errorf("restored: %s", said)
	}
	if said, err := fresh.command(t, "restore", file, "--passphrase-file", key); err == nil ||
		!strings.Contains(said, "already") {
		t.Errorf("a second time: %v, %s", err, said)
	}
	if err := a.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(40 * time.Second); err != nil {
			t.Errorf("the second appliance did not end well: %v", err)
		}
		if t.Failed() {
			t.Logf("the second appliance said:\n%s", a.Output())
			logWorkers(t, dir)
		}
	})
	return fresh
}

// heldBack wants the tenant's worker to stay stopped, whoever asks.
func (w *world) heldBack(t *testing.T, id string) {
	t.Helper()
	ctx := limit(t, 20*time.Second)
	if err := w.Worker(ctx, id, "start"); harness.Status(err) != http.StatusConflict {
		t.Errorf("starting it: %v", err)
	}
	var answer struct {
		RestoreHold *struct {
			Host string `json:"host"`
			Wish string `json:"wish"`
		} `json:"fence"`
	}
	if err := w.Admin(ctx, http.MethodGet, "/admin/tenants/"+id+"/fence", nil, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.RestoreHold == nil || answer.RestoreHold.Host == "" || answer.RestoreHold.Wish != "running" {
		t.Errorf("the fence is %+v", answer.RestoreHold)
	}
	if p, err := w.WorkerProcess(ctx, id); err != nil || p.PID != 0 {
		t.Errorf("its process is %+v, %v", p, err)
	}
	if list := w.flowhq(t, "restore", "confirm"); !strings.Contains(list, id) {
		t.Errorf("held back are: %s", list)
	}
}

func (w *world) release(t *testing.T, id string) {
	t.Helper()
	if said := w.flowhq(t, "restore", "confirm", id); !strings.Contains(said, "is released") {
		t.Errorf("released: %s", said)
	}
	if err := w.WaitConnected(limit(t, time.Minute), id); err != nil {
		t.Fatal(err)
	}
}

// complete wants every message of before in the log, and none twice.
func (w *world) complete(t *testing.T, id string, before map[string]int) {
	t.Helper()
	now := w.ids(t, id)
	for message := range before {
		if now[message] == 0 {
			t.Errorf("message %s is lost", message)
		}
	}
	for message, n := range now {
		if n > 1 {
			t.Errorf("message %s is there %d times", message, n)
		}
	}
}

// oneReplaced puts one business back in place of the one that runs, while the appliance goes on.
func (w *world) oneReplaced(t *testing.T, salon harness.Tenant) {
	t.Helper()
	dir := t.TempDir()
	w.flowhq(t, "backup", "--tenant", salon.Name, "--to", dir)
	files, err := filepath.Glob(filepath.Join(dir, "flowhq-*-tenant-*.tar.zst"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	before := w.ids(t, salon.ID)
	if said, err := w.command(t, "restore", files[0]); err == nil || !strings.Contains(said, "--replace") {
		t.Errorf("without saying so: %v, %s", err, said)
	}
	w.flowhq(t, "restore", files[0], "--tenant", salon.Name, "--replace")
	w.heldBack(t, salon.ID)
	w.release(t, salon.ID)
	w.ask(t, asha, salonNumber, "Habari za jioni", "")
	w.complete(t, salon.ID, before)
}

// erased has a customer's data handed out and erased; the bot goes on answering her.
func (w *world) erased(t *testing.T, salon harness.Tenant) {
	t.Helper()
	w.waitLogged(t, salon.ID, 2)
	if said := w.flowhq(t, "customer", "export", salon.Name, asha); !strings.Contains(said, "Habari") {
		t.Errorf("handed out: %s", said)
	}
	if said, err := w.command(t, "customer", "erase", salon.Name, asha); err == nil ||
		!strings.Contains(said, "--yes") {
		t.Errorf("without saying so: %v, %s", err, said)
	}
	// her number, words and name, with where they must not be
	traces := map[string]string{asha[1:]: "journal.db*", "Habari za jioni": "*.db*", "Asha": "*.db*"}
	for word, files := range traces {
		if w.found(t, salon.ID, files, word) == 0 {
			t.Errorf("%q is in no file before it is erased", word)
		}
	}
	w.flowhq(t, "customer", "erase", salon.Name, asha, "--yes")
	for word, files := range traces {
		if n := w.found(t, salon.ID, files, word); n > 0 {
			t.Errorf("%q is still there %d times", word, n)
		}
	}
	if n := len(w.ids(t, salon.ID)); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	if err := w.WaitConnected(limit(t, time.Minute), salon.ID); err != nil {
		t.Fatal(err)
	}
	w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
}

// found counts how often a word is in the files of a tenant's folder, and of the one that a restore put aside; pattern
// names the files.
func (w *world) found(t *testing.T, id, pattern, word string) (n int) {
	t.Helper()
	for _, dir := range []string{w.SessionDir(id), filepath.Join(w.SessionDir(".replaced"), id)} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("no %s in %s: %v", pattern, dir, err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Error(err)
			}
			n += strings.Count(string(data), word)
		}
	}
	return n
}

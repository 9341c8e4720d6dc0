package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage/pgtest"
)

// A box moves from SQLite to PostgreSQL and back, as docs/migrating.md says: devices stay linked, customers are
// answered, the log is whole, and what would make two truths is refused.
func TestMoveToPostgresAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
	w.waitLogged(t, salon.ID, 2)

	file := "sqlite://" + filepath.Join(filepath.Dir(w.EnvFile()), "flowhq.db")
	postgres := pgtest.DSN(t)
	if out, err := w.storageCopy("", "env:TO", "TO="+postgres); err == nil ||
		!strings.Contains(out, "in use by a running Flow HQ") {
		t.Fatalf("a database in use is copied (%v):\n%s", err, out)
	}

	rows := 2
	for _, move := range []struct{ from, to string }{{file, postgres}, {postgres, file + ".new"}} {
		if err := w.Stop(40 * time.Second); err != nil {
			t.Fatal(err)
		}
		out, err := w.storageCopy("env:FROM", "env:TO", "FROM="+move.from, "TO="+move.to)
		if err != nil || !strings.Contains(out, "both sides are the same") || !strings.Contains(out, "To switch over") {
			t.Fatalf("%v\n%s", err, out)
		}
		w.UseDatabase(move.to)
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.sim.WaitOnline(limit(t, time.Minute), salonNumber); err != nil {
			t.Fatal(err)
		}
		w.ask(t, asha, salonNumber, "Habari tena", "")
		rows += 2
		if got := w.waitLogged(t, salon.ID, rows); len(got) != rows {
			t.Errorf("%d rows are logged, want %d", len(got), rows)
		}
	}
}

func (w *world) storageCopy(from, to string, env ...string) (string, error) {
	args := []string{"storage", "copy", "--env-file", w.EnvFile(), "--to", to}
	if from != "" {
		args = append(args, "--from", from)
	}
	cmd := exec.Command(w.bin.Flowhq, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

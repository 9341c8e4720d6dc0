package worker

import (
	"errors"
	"flowhq/wire"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// envTorture makes the torture longer than the default: a duration.
const envTorture = "FLOWHQ_TORTURE"

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// patience is how long a test waits for what must come; only a test that fails waits so long.
const patience = 3 * time.Minute

func eventually(t *testing.T, ok func() bool) bool {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			return false
		}
	}
	return true
}

// TestTorture kills the worker again and again at random moments, drops its connection, holds and loses
// acknowledgements, delivers twice and takes the appliance away; in the end every customer has every answer once, in
// order.
func TestTorture(t *testing.T) {
	length := 4 * time.Second
	if s := os.Getenv(envTorture); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	const seed = 20260105
	w := newWorld(t, seed)
	w.faults = true
	stopAppliance := w.appliance()
	w.start()
	kills := 0
	for end := time.Now().Add(length); time.Now().Before(end); {
		w.mu.Lock()
		pause := time.Duration(w.rnd.IntN(20)) * time.Millisecond
		what, who := w.rnd.IntN(200), w.rnd.IntN(20)
		w.mu.Unlock()
		<-time.After(pause)
		switch {
		case what < 6:
			w.kill()
			w.start()
			kills++
		case what < 9:
			w.drop()
		case what == 9:
			stopAppliance()
			stopAppliance = w.appliance()
		default:
			w.writes(who)
		}
	}
	w.mu.Lock()
	w.faults = false
	w.mu.Unlock()
	if !eventually(t, w.settled) {
		t.Error("not everything was answered in time")
	}
	w.check()
	must(t, w.child.Process.Signal(syscall.SIGTERM))
	if err := w.child.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	stopAppliance()
	t.Logf("%d kills, %d messages shown, %d events", kills, len(w.ids), w.seq)
	if t.Failed() {
		t.Logf("worker's output:\n%s", tail(w.output.String(), 60))
	}
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func TestSecondProcessOnAFolderIsRefused(t *testing.T) {
	w := newWorld(t, 1)
	stop := w.appliance()
	defer stop()
	w.start()
	w.writes(1)
	if !eventually(t, w.settled) {
		t.Fatalf("the first does not work:\n%s", w.output)
	}
	first := w.child
	w.output.Reset()
	w.start()
	err := w.child.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != wire.ExitLocked {
		t.Errorf("the second ended with %v", err)
	}
	if !strings.Contains(w.output.String(), "another process already works") {
		t.Errorf("the second said %s", w.output)
	}
	must(t, first.Process.Signal(syscall.SIGTERM))
	if err := first.Wait(); err != nil {
		t.Error(err)
	}
}

package workers

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/procman"
)

// A worker that the next appliance found running, and that died before that appliance had said how it is to be run, is
// started again like any other.
func TestProcesses_Adopt(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	settings := &config.Config{SessionsPath: dir, LogsPath: filepath.Join(dir, "logs"),
		RuntimeDir: filepath.Join(dir, "run")}
	open := func() *Processes {
		m, err := procman.New(procman.Config{StateDir: state})
		if err != nil {
			t.Fatal(err)
		}
		p, err := New(m, EngineOf(exe), filepath.Join(dir, "tokens"), settings)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := open()
	if err := first.Start(t.Context(), "t1"); err != nil {
		t.Fatal(err)
	}
	was, _ := first.Process("t1")
	first.manager.Detach()

	next := open()
	defer func() {
		if err := next.manager.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if s, err := next.manager.Status(flowhq.ProcessName("t1")); err != nil || s.Pid != was.PID {
		t.Fatalf("not taken over: %+v, %v", s, err)
	}
	if err := syscall.Kill(was.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	pid := func() int { p, _ := next.Process("t1"); return p.PID }
	await(t, "its end", func() bool { return pid() == 0 })
	if err := next.Adopt(func(string, flowhq.ProcessChange) {}); err != nil {
		t.Fatal(err)
	}
	await(t, "a successor", func() bool { return pid() != 0 && pid() != was.PID })
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

package procman_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"flowhq/procman"
)

func TestFirstRestartIsAtOnce(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		spec := childSpec(t, "a", "idle")
		spec.Restart.Base, spec.Restart.Ceiling = time.Hour, time.Hour
		a := start(t, m, spec)
		killed(a.Pid)
		eventually(t, "the successor", func() bool { s := status(t, m, "a"); return s.Pid != 0 && s.Pid != a.Pid })
		if s := status(t, m, "a"); s.LastExit.Signal != int(syscall.SIGKILL) || s.Cause != procman.CauseCrash ||
			s.ShortRuns != 1 {
			t.Errorf("%+v, last exit %v", s, s.LastExit)
		}
	})
}

func TestCrashLoopIsVisibleAndGoesOn(t *testing.T) {
	m := open(t, config(t, ""))
	sub := m.Subscribe(1000)
	defer sub.Close()
	spec := childSpec(t, "a", "exit", "1")
	spec.Restart = procman.RestartPolicy{Base: time.Millisecond, Ceiling: 20 * time.Millisecond, CrashLoop: 4,
		Jitter: -1}
	start(t, m, spec)
	runs := 0
	for e := range sub.C {
		if e.To == procman.StateRunning {
			runs++
		}
		if e.To == procman.StateCrashLoop {
			break
		}
	}
	if runs != 4 {
		t.Errorf("%d runs before the crash loop, want 4", runs)
	}
	eventually(t, "further attempts", func() bool { return status(t, m, "a").Restarts > 6 })
}

func TestPolicyHasEnough(t *testing.T) {
	m := open(t, config(t, ""))
	for _, c := range []struct {
		mode  procman.RestartMode
		codes []int
		code  string
		again bool
	}{
		{procman.RestartNever, nil, "1", false},
		{procman.RestartOnFailure, nil, "0", false},
		{procman.RestartOnFailure, []int{0, 4}, "4", false},
		{procman.RestartOnFailure, nil, "4", true},
		{procman.RestartAlways, nil, "0", true},
	} {
		name := fmt.Sprintf("%s-%s-%d", c.mode, c.code, len(c.codes))
		t.Run(name, func(t *testing.T) {
			spec := childSpec(t, name, "exit", c.code)
			spec.Restart.Mode, spec.Restart.SuccessCodes = c.mode, c.codes
			start(t, m, spec)
			eventually(t, "what follows", func() bool {
				s := status(t, m, name)
				return c.again && s.Restarts > 0 || !c.again && s.State == procman.StateExited
			})
			if !c.again {
				if err := m.Start(patience(t), name); !errors.Is(err, procman.ErrWaiting) {
					t.Errorf("start of an exited process whose wish stands: %v", err)
				}
				if err := m.Restart(patience(t), name); err != nil {
					t.Errorf("restart of an exited process: %v", err)
				}
			}
			if err := m.Stop(patience(t), name); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStaleProcessIsRestarted(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "idle")
	spec.Liveness.Deadline = 150 * time.Millisecond
	a := start(t, m, spec)
	// Fed, it lives on past its deadline.
	for end := time.Now().Add(400 * time.Millisecond); time.Now().Before(end); {
		if err := m.Alive("a"); err != nil {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
	if s := status(t, m, "a"); s.Pid != a.Pid {
		t.Fatalf("restarted although it was fed: %+v", s)
	}
	eventually(t, "the restart", func() bool { s := status(t, m, "a"); return s.Pid != 0 && s.Pid != a.Pid })
	if s := status(t, m, "a"); s.Cause != procman.CauseStale || s.ShortRuns == 0 {
		t.Errorf("%+v", s)
	}
}

func TestSetSaysWhatAChangeNeeds(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "idle")
	want := func(kind procman.ChangeKind, fields ...string) {
		t.Helper()
		if c := set(t, m, spec); c.Kind != kind || strings.Join(c.Fields, " ") != strings.Join(fields, " ") {
			t.Errorf("set: %+v, want %s %v", c, kind, fields)
		}
	}
	want(procman.ChangeAdded)
	want(procman.ChangeNone)
	start2 := func() {
		if err := m.Start(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
	}
	start2()
	spec.Stop.Grace = time.Minute
	want(procman.ChangeApplied, "Stop")
	spec.Argv = append(spec.Argv, "more")
	want(procman.ChangeRestart, "Argv")
	want(procman.ChangeRestart) // it still runs under the old one
	if !status(t, m, "a").SpecPending {
		t.Error("the pending spec is not told")
	}
	if err := m.RestartFor(patience(t), "a", procman.CauseSpec); err != nil {
		t.Fatal(err)
	}
	want(procman.ChangeNone)
	if s := status(t, m, "a"); s.SpecPending || s.Cause != procman.CauseSpec {
		t.Errorf("%+v", s)
	}
	spec.Name = "a/b"
	if _, err := m.Set(spec); err == nil {
		t.Error("a name that leaves its folder is accepted")
	}
}

// Starts follow priority, and no more than allowed happen at a time.
func TestStartOrder(t *testing.T) {
	cfg := config(t, "")
	cfg.MaxStarts = 1
	m := open(t, cfg)
	var mu sync.Mutex
	var order []int
	first := make(chan struct{})
	begun := make(chan struct{})
	for i := range 9 {
		spec := childSpec(t, fmt.Sprint("p", i), "idle")
		spec.Priority = i
		spec.Env = func(context.Context, procman.StartInfo) ([]string, error) {
			mu.Lock()
			order = append(order, i)
			n := len(order)
			mu.Unlock()
			if n == 1 {
				close(begun)
				<-first
			}
			return nil, nil
		}
		set(t, m, spec)
	}
	if err := m.Want("p0", true); err != nil {
		t.Fatal(err)
	}
	<-begun
	for i := 1; i < 9; i++ {
		if err := m.Want(fmt.Sprint("p", i), true); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all to queue", func() bool {
		for _, s := range m.List() {
			if s.State != procman.StateStarting {
				return false
			}
		}
		return true
	})
	// The state is starting just before a place in the queue is taken.
	<-time.After(20 * time.Millisecond)
	close(first)
	eventually(t, "all to run", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(order) == 9
	})
	if got := fmt.Sprint(order); got != "[0 8 7 6 5 4 3 2 1]" {
		t.Errorf("started in the order %s", got)
	}
}

// A slot held until the first sign of life keeps the next start back.
func TestStartHold(t *testing.T) {
	cfg := config(t, "")
	cfg.MaxStarts = 1
	m := open(t, cfg)
	for _, name := range []string{"a", "b"} {
		spec := childSpec(t, name, "idle")
		spec.StartHold = time.Hour
		set(t, m, spec)
	}
	if err := m.Start(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if err := m.Want("b", true); err != nil {
		t.Fatal(err)
	}
	<-time.After(50 * time.Millisecond)
	if s := status(t, m, "b"); s.State != procman.StateStarting {
		t.Errorf("b is %s although a was not seen alive", s.State)
	}
	if err := m.Alive("a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "b", func() bool { return status(t, m, "b").State == procman.StateRunning })
}

func TestSampledMemoryLimit(t *testing.T) {
	m := open(t, config(t, ""))
	sub := m.Subscribe(100)
	defer sub.Close()
	spec := childSpec(t, "a", "hog", "80")
	spec.Memory = procman.MemoryPolicy{Max: 50 << 20, SoftRatio: -1}
	spec.Restart.Mode = procman.RestartNever
	start(t, m, spec)
	for e := range sub.C {
		if e.Type == procman.EventMemory && !strings.Contains(e.Detail, "sampling") {
			t.Errorf("the event does not say how it was seen: %+v", e)
		}
		if e.Type == procman.EventExit {
			if e.Cause != procman.CauseOOM {
				t.Errorf("exit: %+v", e)
			}
			return
		}
	}
}

func TestSoftMemoryLimitRestartsGracefully(t *testing.T) {
	m := open(t, config(t, ""))
	sub := m.Subscribe(100)
	defer sub.Close()
	spec := childSpec(t, "a", "hog", "60")
	spec.Memory = procman.MemoryPolicy{Max: 500 << 20, SoftRatio: 0.1}
	start(t, m, spec)
	for e := range sub.C {
		if e.Type == procman.EventExit {
			if e.Cause != procman.CauseSoftLimit || e.Exit.Signal != int(syscall.SIGTERM) {
				t.Errorf("exit: %+v %v", e, e.Exit)
			}
			return
		}
	}
}

// One that needs too much right away does not go round and round.
func TestSoftMemoryLimitIsNoLoop(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "hog", "60")
	spec.Memory = procman.MemoryPolicy{Max: 500 << 20, SoftRatio: 0.1}
	spec.Restart = procman.RestartPolicy{Base: time.Hour, Ceiling: time.Hour}
	start(t, m, spec)
	eventually(t, "a pause", func() bool { return status(t, m, "a").State == procman.StateBackoff })
	if s := status(t, m, "a"); s.Restarts != 1 || s.ShortRuns != 2 || s.Cause != procman.CauseSoftLimit {
		t.Errorf("%+v", s)
	}
}

// What is never restarted runs on to its hard limit.
func TestSoftMemoryLimitOfOneThatIsNeverRestarted(t *testing.T) {
	m := open(t, config(t, ""))
	sub := m.Subscribe(100)
	defer sub.Close()
	spec := childSpec(t, "a", "leak", "60")
	spec.Memory = procman.MemoryPolicy{Max: 100 << 20, SoftRatio: 0.2}
	spec.Restart.Mode = procman.RestartNever
	start(t, m, spec)
	for e := range sub.C {
		if e.Type == procman.EventExit {
			if e.Cause != procman.CauseOOM {
				t.Errorf("exit: %+v %v", e, e.Exit)
			}
			return
		}
	}
}

func TestManager_Subscribe_slow(t *testing.T) {
	m := open(t, config(t, ""))
	sub := m.Subscribe(1)
	start(t, m, childSpec(t, "a", "idle"))
	for range 3 {
		if err := m.Restart(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if e := <-sub.C; e.Seq != 1 {
		t.Errorf("the first event has number %d", e.Seq)
	}
	sub.Close()
	if e, ok := <-sub.C; ok {
		t.Errorf("a subscriber that did not read has %+v too", e)
	}
	if all := m.Events(0); len(all) < 10 || all[0].Seq != 1 {
		t.Errorf("%d events kept", len(all))
	}
}

func TestHistoryIsBounded(t *testing.T) {
	cfg := config(t, "")
	cfg.HistoryKept = 5
	m := open(t, cfg)
	start(t, m, childSpec(t, "a", "idle"))
	for range 6 {
		if err := m.ForceRestart(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
	}
	h, err := m.History("a")
	if err != nil || len(h) != 5 || h[4].To != procman.StateRunning {
		t.Errorf("history %+v, %v", h, err)
	}
}

func TestStats(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		start(t, m, childSpec(t, "a", "hog", "20"))
		output(t, m, "a", "ready")
		s, err := m.Stats("a", true)
		if err != nil {
			t.Fatal(err)
		}
		if s.Memory < 20<<20 || s.MemoryPeak < s.Memory || s.PSS < 20<<20 {
			t.Errorf("memory: %+v", s)
		}
		if s.Threads < 1 || s.FDs < 3 || s.Uptime <= 0 || s.CPU <= 0 && cfg.CgroupRoot != "" {
			t.Errorf("%+v", s)
		}
		checkDescription(t, m, s.Pid)
	})
}

func checkDescription(t *testing.T, m *procman.Manager, pid int) {
	t.Helper()
	d, err := m.Describe("a")
	if err != nil || d.Stats == nil || d.Spec.Name != "a" || len(d.Recent) == 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if all, err := m.AllStats(patience(t), false); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if name, ok := m.Owner(pid); !ok || name != "a" {
		t.Errorf("owner %q", name)
	}
}

func TestShutdownKillsWhatDoesNotListen(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "ignore")
	spec.Stop.Grace = time.Hour
	s := start(t, m, spec)
	output(t, m, "a", "ready")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := m.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if alive(s.Pid) {
		t.Error("alive after shutdown")
	}
	if err := m.Start(patience(t), "a"); !errors.Is(err, procman.ErrClosed) {
		t.Errorf("start on a closed manager: %v", err)
	}
}

// The successor of a crashed server can have its port.
func TestPortIsFreeForTheSuccessor(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		dir := t.TempDir()
		// The grandchild inherits descriptor 9, which holds the lock as it would a port.
		script := "exec 9>" + filepath.Join(dir, "port") +
			"; flock -n 9 || { echo taken; exit 9; }; setsid sleep 1000 & echo mine; sleep 0.05; exit 1"
		spec := procman.Spec{
			Name: "a", Argv: []string{"/bin/sh", "-c", script},
			Restart: procman.RestartPolicy{Base: time.Millisecond, Ceiling: 5 * time.Millisecond},
		}
		start(t, m, spec)
		eventually(t, "five lives", func() bool { return status(t, m, "a").Restarts >= 5 })
		if err := m.Stop(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(status(t, m, "a").LogPath); strings.Contains(string(b), "taken") {
			t.Errorf("a predecessor's child still held the port:\n%s", b)
		}
	})
}

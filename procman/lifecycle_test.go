package procman_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"flowhq/procman"
)

func TestStartAndStop(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		s := start(t, m, childSpec(t, "a", "idle"))
		if s.State != procman.StateRunning || !alive(s.Pid) || !s.Wanted {
			t.Fatalf("after start: %+v", s)
		}
		output(t, m, "a", "ready\n")
		if err := m.Stop(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
		if alive(s.Pid) {
			t.Error("alive after stop")
		}
		s = status(t, m, "a")
		if s.State != procman.StateStopped || s.Pid != 0 || s.LastExit == nil ||
			s.LastExit.Signal != int(syscall.SIGTERM) {
			t.Errorf("after stop: %+v %v", s, s.LastExit)
		}
	})
}

// A stop reports success only when the tree is gone, however far it fled.
func TestStopEndsTheTree(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		for _, how := range []string{"group", "setsid", "bare"} {
			t.Run(how, func(t *testing.T) {
				c := cfg
				c.StateDir = t.TempDir()
				m := open(t, c)
				start(t, m, childSpec(t, "a", "fork", how))
				g := grandchild(t, m, "a")
				if err := m.Stop(patience(t), "a"); err != nil {
					t.Fatal(err)
				}
				if alive(g) {
					killed(g)
					t.Error("the grandchild is alive after a stop")
				}
			})
		}
	})
}

// After a crash the grandchild is gone before the successor starts.
func TestCrashEndsTheTree(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		for _, how := range []string{"group", "setsid"} {
			t.Run(how, func(t *testing.T) {
				c := cfg
				c.StateDir = t.TempDir()
				m := open(t, c)
				start(t, m, childSpec(t, "a", "fork", how, "exit"))
				first := grandchild(t, m, "a")
				eventually(t, "a restart", func() bool { return status(t, m, "a").Restarts > 0 })
				if alive(first) {
					killed(first)
					t.Error("the grandchild outlived the crash")
				}
			})
		}
	})
}

func TestDeafProcessIsKilledAfterGrace(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		spec := childSpec(t, "a", "ignore")
		spec.Stop.Grace = 150 * time.Millisecond
		start(t, m, spec)
		output(t, m, "a", "ready")
		begun := time.Now()
		if err := m.Stop(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < 150*time.Millisecond {
			t.Errorf("killed after %v, before its grace period was over", took)
		}
		if e := status(t, m, "a").LastExit; e.Signal != int(syscall.SIGKILL) {
			t.Errorf("ended by %v", e)
		}
	})
}

func TestStopSignalIsConfigurable(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "graceful", "10")
	spec.Stop.Signal = syscall.SIGUSR1
	start(t, m, spec)
	output(t, m, "a", "ready")
	if err := m.Stop(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if e := status(t, m, "a").LastExit; e.Kind != procman.ExitCode || e.Code != 0 {
		t.Errorf("ended by %v", e)
	}
	output(t, m, "a", "bye\n")
}

// Kill does not wait for the grace period, and ends one that is running out.
func TestKillCutsAStopShort(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "ignore")
	spec.Stop.Grace = time.Hour
	start(t, m, spec)
	output(t, m, "a", "ready")
	stopped := make(chan error, 1)
	go func() { stopped <- m.Stop(patience(t), "a") }()
	eventually(t, "stopping", func() bool { return status(t, m, "a").State == procman.StateStopping })
	if err := m.Kill(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the stop that was cut short: %v", err)
	}
}

func TestRestart(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		a := start(t, m, childSpec(t, "a", "idle"))
		if err := m.Restart(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
		b := status(t, m, "a")
		if b.Pid == a.Pid || alive(a.Pid) || !alive(b.Pid) || b.Restarts != 1 {
			t.Errorf("before %+v, after %+v", a, b)
		}
	})
}

func TestForceRestartDoesNotAsk(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "ignore")
	spec.Stop.Grace = time.Hour
	a := start(t, m, spec)
	output(t, m, "a", "ready")
	if err := m.ForceRestart(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if alive(a.Pid) {
		t.Error("the old process is alive")
	}
	if err := m.Kill(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
}

func TestStartOfAMissingProgram(t *testing.T) {
	m := open(t, config(t, ""))
	set(t, m, procman.Spec{Name: "a", Argv: []string{"no-such-program-at-all"}})
	if err := m.Start(patience(t), "a"); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("start: %v", err)
	}
	eventually(t, "backoff", func() bool { return status(t, m, "a").State == procman.StateBackoff })
	if e := status(t, m, "a").LastExit; e == nil || e.Kind != procman.ExitFailed {
		t.Errorf("last exit %v", e)
	}
	if err := m.Start(patience(t), "a"); !errors.Is(err, procman.ErrWaiting) {
		t.Errorf("start of a waiting process: %v", err)
	}
	if err := m.Stop(patience(t), "a"); err != nil {
		t.Error(err)
	}
}

func TestMissingFolderIsNamed(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "idle")
	spec.Dir = "/no/such/folder"
	set(t, m, spec)
	if err := m.Start(patience(t), "a"); err == nil || !strings.Contains(err.Error(), "working folder") {
		t.Errorf("start: %v", err)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	m := open(t, config(t, ""))
	start(t, m, childSpec(t, "a", "idle"))
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var err error
			switch i % 4 {
			case 0:
				err = m.Start(patience(t), "a")
			case 1:
				err = m.Stop(patience(t), "a")
			case 2:
				err = m.Restart(patience(t), "a")
			case 3:
				err = m.Kill(patience(t), "a")
			}
			if err != nil && !errors.Is(err, procman.ErrSuperseded) {
				t.Errorf("call %d: %v", i, err)
			}
		}()
	}
	wg.Wait()
	if err := m.Stop(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if s := status(t, m, "a"); s.State != procman.StateStopped || s.Pid != 0 {
		t.Errorf("in the end: %+v", s)
	}
}

// The start comes after the stop is complete: never two at a time.
func TestStartDuringStop(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "ignore")
	spec.Stop.Grace = 200 * time.Millisecond
	a := start(t, m, spec)
	output(t, m, "a", "ready")
	stopped := make(chan error, 1)
	go func() { stopped <- m.Stop(patience(t), "a") }()
	eventually(t, "stopping", func() bool { return status(t, m, "a").State == procman.StateStopping })
	if err := m.Start(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	b := status(t, m, "a")
	if b.Pid == a.Pid || alive(a.Pid) || !alive(b.Pid) {
		t.Errorf("old %d, new %d", a.Pid, b.Pid)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestStopDuringStart(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "idle")
	asked, answer := make(chan struct{}), make(chan struct{})
	spec.Env = func(ctx context.Context, _ procman.StartInfo) ([]string, error) {
		close(asked)
		<-answer
		return nil, nil
	}
	set(t, m, spec)
	started := make(chan error, 1)
	go func() { started <- m.Start(patience(t), "a") }()
	<-asked
	stopped := make(chan error, 1)
	go func() { stopped <- m.Stop(patience(t), "a") }()
	eventually(t, "the wish", func() bool { return !status(t, m, "a").Wanted })
	close(answer)
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := <-started; err != nil && !errors.Is(err, procman.ErrSuperseded) {
		t.Errorf("start: %v", err)
	}
	if s := status(t, m, "a"); s.State != procman.StateStopped {
		t.Errorf("in the end: %+v", s)
	}
}

func TestEnvironmentIsReadAfresh(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "env", "WHO")
	n := 0
	spec.Env = func(_ context.Context, s procman.StartInfo) ([]string, error) {
		n++
		return []string{"WHO=start number " + string(rune('0'+n))}, nil
	}
	start(t, m, spec)
	output(t, m, "a", "start number 1\n")
	if err := m.Restart(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	output(t, m, "a", "start number 2\n")
}

func TestPrivateVariablesAreNotPassedOn(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/run/secret")
	t.Setenv("PLAIN", "yes")
	m := open(t, config(t, ""))
	start(t, m, procman.Spec{Name: "a", Argv: []string{"sh", "-c", "echo [$NOTIFY_SOCKET] [$PLAIN]; exec sleep 100"}})
	output(t, m, "a", "[] [yes]\n")
}

func TestRemove(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		s := start(t, m, childSpec(t, "a", "idle"))
		if err := m.Remove(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
		if alive(s.Pid) {
			t.Error("alive after remove")
		}
		if _, err := m.Status("a"); !errors.Is(err, procman.ErrUnknown) {
			t.Errorf("status: %v", err)
		}
		// The name can be used again.
		start(t, m, childSpec(t, "a", "idle"))
	})
}

func TestSecondManagerIsRefused(t *testing.T) {
	cfg := config(t, "")
	open(t, cfg)
	if m, err := procman.New(cfg); !errors.Is(err, procman.ErrInUse) {
		t.Errorf("second manager: %v, %v", m, err)
	}
}

func TestSignal(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "graceful", "12")
	spec.Restart.Mode = procman.RestartNever
	start(t, m, spec)
	output(t, m, "a", "ready")
	if err := m.Signal("a", syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "exit", func() bool { return status(t, m, "a").State == procman.StateExited })
	if err := m.Signal("a", syscall.SIGUSR2); !errors.Is(err, procman.ErrNotRunning) {
		t.Errorf("signal to nobody: %v", err)
	}
}

// A ctx that ends bounds the waiting, not the stop.
func TestStopOutlivesItsCaller(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "ignore")
	spec.Stop.Grace = 200 * time.Millisecond
	s := start(t, m, spec)
	output(t, m, "a", "ready")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := m.Stop(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop: %v", err)
	}
	eventually(t, "the end", func() bool { return !alive(s.Pid) })
}

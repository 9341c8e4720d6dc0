package procman_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq/procman"
)

// managerProcess is a manager in a process of its own.
type managerProcess struct {
	t   testing.TB
	cmd *exec.Cmd
	out *bufio.Reader
}

func startManager(t testing.TB, cfg procman.Config, specs ...procman.Spec) (*managerProcess, hello) {
	t.Helper()
	text, err := json.Marshal(specs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self(t), "manager", cfg.StateDir, cfg.CgroupRoot, string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &managerProcess{t: t, cmd: cmd, out: bufio.NewReader(out)}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return p, p.hello()
}

func (p *managerProcess) hello() hello {
	p.t.Helper()
	line, err := p.out.ReadBytes('\n')
	var h hello
	if err == nil {
		err = json.Unmarshal(line, &h)
	}
	if err != nil {
		p.t.Fatalf("manager process said %q: %v", line, err)
	}
	return h
}

func (p *managerProcess) kill9() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *managerProcess) terminate() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("manager process: %v", err)
	}
}

func TestAdoptionAfterKill(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		first, h := startManager(t, cfg, childSpec(t, "a", "tick", "1"), childSpec(t, "b", "fork", "setsid"))
		a, b := h.Processes[0], h.Processes[1]
		first.kill9()
		if !alive(a.Pid) || !alive(b.Pid) {
			t.Fatal("the children died with the manager")
		}
		m := open(t, cfg)
		g := grandchild(t, m, "b")
		checkAdopted(t, m, h.Processes)
		// Set finds them running already.
		if c := set(t, m, childSpec(t, "a", "tick", "1")); c.Kind != procman.ChangeNone {
			t.Errorf("set after adoption: %+v", c)
		}
		if err := m.Start(patience(t), "a"); err != nil {
			t.Error(err)
		}
		if s := status(t, m, "a"); s.Pid != a.Pid {
			t.Error("start doubled an adopted process")
		}
		if err := m.Remove(patience(t), "b"); err != nil {
			t.Error(err)
		}
		if alive(b.Pid) || alive(g) {
			t.Error("an adopted tree outlived its removal")
		}
		if err := m.Stop(patience(t), "a"); err != nil {
			t.Error(err)
		}
		checkTicks(t, status(t, m, "a").LogPath)
	})
}

// checkAdopted wants the processes to run on as they were.
func checkAdopted(t *testing.T, m *procman.Manager, before []procman.Status) {
	t.Helper()
	for _, old := range before {
		s := status(t, m, old.Name)
		if s.Pid != old.Pid || s.State != procman.StateRunning || !s.Adopted {
			t.Errorf("%s was not adopted: %+v", old.Name, s)
		}
	}
}

// checkTicks wants every number from 0 on, in order but for repetitions.
func checkTicks(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for line := range strings.Lines(string(b)) {
		var n int
		if _, err := fmt.Sscanf(line, "%d\n", &n); err != nil || len(line) != 13 {
			t.Errorf("broken line %q", line)
		}
		if n > next {
			t.Fatalf("lines %d to %d are missing", next, n-1)
		}
		next = max(next, n+1)
	}
	if next < 10 {
		t.Errorf("only %d lines", next)
	}
}

// An adopted process is not a child of the new manager, but its exit is known.
func TestExitStatusOfAnAdoptedProcess(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		spec := childSpec(t, "a", "graceful")
		spec.Restart.Mode = procman.RestartNever
		first, h := startManager(t, cfg, spec)
		first.kill9()
		m := open(t, cfg)
		set(t, m, spec)
		if err := syscall.Kill(h.Processes[0].Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its end", func() bool { return status(t, m, "a").State == procman.StateExited })
		if e := status(t, m, "a").LastExit; e.Kind != procman.ExitSignal || e.Signal != 9 {
			t.Errorf("its end is told as %v", e)
		}
	})
}

// One that ended while no manager was alive is reported as lost, its grandchild is
// killed, and it starts only when a call asks for it.
func TestLostProcess(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		spec := childSpec(t, "a", "fork", "setsid")
		first, h := startManager(t, cfg, spec)
		path := h.Processes[0].LogPath
		var g int
		eventually(t, "the grandchild", func() bool {
			b, _ := os.ReadFile(path)
			_, err := fmt.Sscanf(string(b), "grandchild %d\n", &g)
			return err == nil
		})
		first.kill9()
		pid := h.Processes[0].Pid
		killed(pid)
		eventually(t, "its end", func() bool { return !alive(pid) })
		m := open(t, cfg)
		eventually(t, "the grandchild's end", func() bool { return !alive(g) })
		s := status(t, m, "a")
		// The status is known only where orphans come to this process.
		if s.Pid != 0 || s.LastExit == nil || s.LastExit.Kind == procman.ExitCode {
			t.Errorf("%+v, last exit %v", s, s.LastExit)
		}
		set(t, m, spec)
		if err := m.Start(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
	})
}

// Whoever is alive without a record is found by group or marker, not doubled.
func TestAdoptionWithoutRecord(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		spec := childSpec(t, "a", "idle")
		first, h := startManager(t, cfg, spec)
		first.kill9()
		if err := os.Remove(filepath.Join(cfg.StateDir, "processes", "a.json")); err != nil {
			t.Fatal(err)
		}
		m := open(t, cfg)
		set(t, m, spec)
		if err := m.Start(patience(t), "a"); err != nil {
			t.Fatal(err)
		}
		if s := status(t, m, "a"); s.Pid != h.Processes[0].Pid {
			t.Errorf("doubled: %d beside %d", s.Pid, h.Processes[0].Pid)
		}
	})
}

// Records of an earlier boot mean nothing.
func TestRecordOfAnotherBoot(t *testing.T) {
	cfg := config(t, "")
	m := open(t, cfg)
	s := start(t, m, childSpec(t, "a", "idle"))
	m.Detach()
	path := filepath.Join(cfg.StateDir, "processes", "a.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	r["boot"] = "another"
	b, _ = json.Marshal(r)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	killed(s.Pid)
	var ws syscall.WaitStatus
	_, _ = syscall.Wait4(s.Pid, &ws, 0, nil)
	m2 := open(t, cfg)
	if list := m2.List(); len(list) != 0 {
		t.Errorf("restored from another boot: %+v", list)
	}
}

// A record whose pid now belongs to another process must not be believed.
func TestPidOfSomebodyElse(t *testing.T) {
	cfg := config(t, "")
	m := open(t, cfg)
	s := start(t, m, childSpec(t, "a", "idle"))
	m.Detach()
	killed(s.Pid)
	var ws syscall.WaitStatus
	_, _ = syscall.Wait4(s.Pid, &ws, 0, nil)
	<-time.After(30 * time.Millisecond) // start times are known in hundredths of a second
	stranger := exec.Command("/bin/sleep", "1000")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	path := filepath.Join(cfg.StateDir, "processes", "a.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), fmt.Sprintf(`"pid":%d,"start`, s.Pid),
		fmt.Sprintf(`"pid":%d,"start`, stranger.Process.Pid), 1)
	if text == string(b) {
		t.Fatal("the record's form changed")
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m2 := open(t, cfg)
	if s := status(t, m2, "a"); s.Pid != 0 {
		t.Errorf("a stranger was adopted: %+v", s)
	}
	if !alive(stranger.Process.Pid) {
		t.Error("a stranger was killed")
	}
}

// The manager is replaced in place: same pid, children stay children, the
// listening socket stays open, nothing of the output is lost or repeated.
func TestHandover(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		proc, h := startManager(t, cfg, childSpec(t, "a", "tick", "1"), childSpec(t, "b", "idle"))
		for range 3 {
			if err := proc.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			checkSuccessor(t, h, proc.hello())
		}
		<-time.After(20 * time.Millisecond)
		proc.terminate()
		for _, p := range h.Processes {
			if alive(p.Pid) {
				t.Errorf("%s is alive after the manager's stop", p.Name)
			}
		}
		checkTicks(t, h.Processes[0].LogPath)
	})
}

// checkSuccessor compares what a manager said of itself before and after a hand-over.
func checkSuccessor(t *testing.T, before, after hello) {
	t.Helper()
	if after.Pid != before.Pid || !after.HandedOver || after.Address != before.Address {
		t.Fatalf("before %+v, after %+v", before, after)
	}
	for i, p := range after.Processes {
		if p.Pid != before.Processes[i].Pid {
			t.Errorf("%s: pid %d became %d", p.Name, before.Processes[i].Pid, p.Pid)
		}
	}
	conn, err := net.Dial("tcp", before.Address)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	_ = conn.Close()
	if want := fmt.Sprint("hello ", before.Pid); string(answer) != want {
		t.Errorf("answer %q, want %q", answer, want)
	}
}

// A hand-over that fails changes nothing.
func TestFailedHandover(t *testing.T) {
	m := open(t, config(t, ""))
	s := start(t, m, childSpec(t, "a", "tick", "1"))
	if err := m.Handover("/no/such/binary", []string{"x"}, nil, nil); err == nil {
		t.Fatal("no error")
	}
	output(t, m, "a", "000000000099\n")
	if err := m.Restart(patience(t), "a"); err != nil {
		t.Error(err)
	}
	if alive(s.Pid) {
		t.Error("the old process lives")
	}
}

// stored is a PipeStore as systemd is one: it outlives the manager.
type stored map[string]*os.File

func (s stored) Keep(name string, pipe *os.File) error {
	fd, err := syscall.Dup(int(pipe.Fd()))
	if err != nil {
		return err
	}
	if old := s[name]; old != nil {
		_ = old.Close()
	}
	s[name] = os.NewFile(uintptr(fd), name)
	return nil
}

func (s stored) Forget(name string) error {
	if f := s[name]; f != nil {
		_ = f.Close()
		delete(s, name)
	}
	return nil
}

// With a PipeStore even the last words of a process that ends while no manager
// is alive are kept.
func TestPipeStoreKeepsLastWords(t *testing.T) {
	cfg := config(t, "")
	store := make(stored)
	cfg.PipeStore = store
	m := open(t, cfg)
	spec := childSpec(t, "a", "graceful")
	spec.Restart.Mode = procman.RestartNever
	s := start(t, m, spec)
	output(t, m, "a", "ready")
	m.Detach()
	if err := syscall.Kill(s.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(s.Pid, &ws, 0, nil); err != nil {
		t.Fatal(err)
	}
	m2 := open(t, cfg)
	output(t, m2, "a", "bye\n")
	set(t, m2, spec)
	if err := m2.Remove(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if len(store) != 0 {
		t.Error("the pipe of a removed process is still stored")
	}
}

// A manager that has lost its groups still ends what it adopted with its group.
func TestAdoptionWhenGroupsAreGone(t *testing.T) {
	cfg := config(t, groupRoot(t))
	first := open(t, cfg)
	a := start(t, first, childSpec(t, "a", "fork", "setsid"))
	g := grandchild(t, first, "a")
	first.Detach()
	without := cfg
	without.CgroupRoot = ""
	m := open(t, without)
	spec := childSpec(t, "a", "fork", "setsid")
	spec.Memory.Max = 1 << 30
	set(t, m, spec)
	if err := m.Stop(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if alive(a.Pid) || alive(g) {
		t.Error("somebody of the tree is alive")
	}
}

// What was stopped in good order is not remembered; what waited for its next
// start is, with its short runs.
func TestWhatTheNextManagerRemembers(t *testing.T) {
	cfg := config(t, "")
	m := open(t, cfg)
	start(t, m, childSpec(t, "stopped", "idle"))
	if err := m.Stop(patience(t), "stopped"); err != nil {
		t.Fatal(err)
	}
	spec := childSpec(t, "looping", "exit", "1")
	spec.Restart = procman.RestartPolicy{Base: time.Hour, Ceiling: time.Hour}
	start(t, m, spec)
	eventually(t, "backoff", func() bool { return status(t, m, "looping").State == procman.StateBackoff })
	m.Detach()
	m2 := open(t, cfg)
	list := m2.List()
	if len(list) != 1 || list[0].Name != "looping" || list[0].ShortRuns != 2 {
		t.Fatalf("%+v", list)
	}
	set(t, m2, spec)
	if err := m2.Start(patience(t), "looping"); !errors.Is(err, procman.ErrWaiting) {
		t.Errorf("a new manager forgets the backoff: %v", err)
	}
	if s := status(t, m2, "looping"); s.NextStart.IsZero() || !s.Wanted {
		t.Errorf("%+v", s)
	}
}

// A clock that was set back must not keep a process waiting for hours.
func TestNextStartWithAnotherClock(t *testing.T) {
	cfg := config(t, "")
	cfg.Now = func() time.Time { return time.Now().Add(24 * time.Hour) }
	m := open(t, cfg)
	spec := childSpec(t, "a", "exit", "1")
	spec.Restart = procman.RestartPolicy{Base: time.Minute, Ceiling: time.Minute}
	start(t, m, spec)
	eventually(t, "backoff", func() bool { return status(t, m, "a").State == procman.StateBackoff })
	m.Detach()
	cfg.Now = nil
	m2 := open(t, cfg)
	if wait := time.Until(status(t, m2, "a").NextStart); wait > time.Minute {
		t.Errorf("it waits for %s, the ceiling is a minute", wait)
	}
}

// A stop that the manager's death interrupts is carried on by the next one.
func TestStopIsCarriedOn(t *testing.T) {
	cfg := config(t, "")
	m := open(t, cfg)
	spec := childSpec(t, "a", "ignore")
	spec.Stop.Grace = 400 * time.Millisecond
	a := start(t, m, spec)
	output(t, m, "a", "ready")
	stopped := make(chan error, 1)
	go func() { stopped <- m.Stop(patience(t), "a") }()
	eventually(t, "stopping", func() bool { return status(t, m, "a").State == procman.StateStopping })
	// The desired state is saved once the signal is sent.
	eventually(t, "the saved wish", func() bool {
		b, _ := os.ReadFile(filepath.Join(cfg.StateDir, "processes", "a.json"))
		return strings.Contains(string(b), `"wanted":false`)
	})
	m.Detach()
	if err := <-stopped; !errors.Is(err, procman.ErrClosed) {
		t.Errorf("stop on a manager that goes away: %v", err)
	}
	m2 := open(t, cfg)
	eventually(t, "its end", func() bool { return !alive(a.Pid) })
	eventually(t, "rest", func() bool { return status(t, m2, "a").State == procman.StateStopped })
}

//go:build memcg

package umltest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq/procman"
	"flowhq/procman/internal/child"
)

const mount = "/sys/fs/cgroup"

// TestMain is the children's body too.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		child.Main(os.Args[2:])
	}
	if len(os.Args) == 4 && os.Args[1] == "manager" {
		managerMain(os.Args[2], os.Args[3])
	}
	os.Exit(m.Run())
}

// open makes a manager in a group that has every controller, or fails.
func open(t *testing.T) *procman.Manager {
	t.Helper()
	if err := os.WriteFile(mount+"/cgroup.subtree_control", []byte("+memory +pids +cpu"), 0); err != nil {
		t.Fatalf("the controllers are missing: %v", err)
	}
	root := filepath.Join(mount, "test-"+t.Name())
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	m, err := procman.New(procman.Config{StateDir: t.TempDir(), CgroupRoot: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := m.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := os.Remove(root); err != nil {
			t.Errorf("groups are left: %v", err)
		}
	})
	if c := m.Capabilities(); !c.Groups || c.Memory != "cgroup" || !c.Pids || !c.CPU {
		t.Fatalf("capabilities %+v", c)
	}
	return m
}

func start(t *testing.T, m *procman.Manager, s procman.Spec, part ...string) *procman.Subscription {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.Name = "a"
	if s.Argv == nil {
		s.Argv = append([]string{exe, "child"}, part...)
	}
	sub := m.Subscribe(1000)
	t.Cleanup(sub.Close)
	if _, err := m.Set(s); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(context.Background(), "a"); err != nil {
		t.Fatal(err)
	}
	return sub
}

// next waits for an event.
func next(t *testing.T, sub *procman.Subscription, what string, ok func(procman.Event) bool) procman.Event {
	t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case e := <-sub.C:
			t.Logf("%s %s %s %v %s", e.Type, e.To, e.Cause, e.Exit, e.Detail)
			if ok(e) {
				return e
			}
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// grown waits until the process uses so many bytes.
func grown(t *testing.T, m *procman.Manager, bytes int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if s, err := m.Stats("a", false); err == nil && s.Memory >= bytes {
			return
		}
	}
	t.Fatalf("it does not use %d bytes", bytes)
}

func isExit(e procman.Event) bool { return e.Type == procman.EventExit }

// A leak is killed exactly at its limit, reported as out of memory, and restarted.
func TestLimit(t *testing.T) {
	m := open(t)
	const limit = 48 << 20
	sub := start(t, m, procman.Spec{Memory: procman.MemoryPolicy{Max: limit, SoftRatio: -1}}, "leak", "30")
	peak := int64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			s, err := m.Stats("a", false)
			if err != nil || s.Restarts > 0 {
				return
			}
			peak = max(peak, s.MemoryPeak)
			<-time.After(time.Millisecond)
		}
	}()
	e := next(t, sub, "the kill", isExit)
	if e.Cause != procman.CauseOOM || !e.Exit.OOM || e.Exit.Signal != int(syscall.SIGKILL) {
		t.Errorf("told as %+v %v", e, e.Exit)
	}
	next(t, sub, "the successor", func(e procman.Event) bool { return e.To == procman.StateRunning })
	<-done
	t.Logf("peak %d of %d", peak, limit)
	if peak > limit || peak < limit/2 {
		t.Errorf("the peak was %d with a limit of %d", peak, limit)
	}
}

// What a descendant takes counts, and ends the whole tree.
func TestLimitOfATree(t *testing.T) {
	m := open(t)
	exe, _ := os.Executable()
	sub := start(t, m, procman.Spec{
		Argv:    []string{"/bin/sh", "-c", "setsid " + exe + " child leak 200 & wait; sleep 1000"},
		Memory:  procman.MemoryPolicy{Max: 48 << 20, SoftRatio: -1},
		Restart: procman.RestartPolicy{Mode: procman.RestartNever},
	})
	if e := next(t, sub, "the kill", isExit); e.Cause != procman.CauseOOM {
		t.Errorf("told as %+v", e)
	}
}

// memory.events reports that the limit is reached while the process lives.
func TestTouchingTheLimitIsTold(t *testing.T) {
	m := open(t)
	file := filepath.Join(t.TempDir(), "big")
	sub := start(t, m, procman.Spec{
		// Files on hostfs are page cache, which the kernel takes back at the limit.
		Argv:   []string{"/bin/sh", "-c", "while :; do cat /usr/bin/* > /dev/null 2>&1; done; : " + file},
		Memory: procman.MemoryPolicy{Max: 16 << 20, SoftRatio: 0.9},
	})
	next(t, sub, "the limit's touch", func(e procman.Event) bool {
		if e.Type == procman.EventExit {
			t.Fatalf("page cache counted as use: %+v", e)
		}
		return e.Type == procman.EventMemory && strings.Contains(e.Detail, "memory.events")
	})
}

// Near the limit a process is asked to restart, not killed.
func TestSoftLimit(t *testing.T) {
	m := open(t)
	sub := start(t, m, procman.Spec{Memory: procman.MemoryPolicy{Max: 100 << 20, SoftRatio: 0.5}}, "hog", "60")
	e := next(t, sub, "the restart", isExit)
	if e.Cause != procman.CauseSoftLimit || e.Exit.OOM || e.Exit.Signal != int(syscall.SIGTERM) {
		t.Errorf("told as %+v %v", e, e.Exit)
	}
}

// A limit can be changed under a running process.
func TestLimitIsChangedLive(t *testing.T) {
	m := open(t)
	sub := start(t, m, procman.Spec{Memory: procman.MemoryPolicy{Max: 200 << 20, SoftRatio: -1}}, "hog", "60")
	grown(t, m, 60<<20)
	d, err := m.Describe("a")
	if err != nil {
		t.Fatal(err)
	}
	spec := d.Spec
	spec.Memory.Max = 32 << 20
	c, err := m.Set(spec)
	if err != nil || c.Kind != procman.ChangeApplied {
		t.Fatalf("%+v, %v", c, err)
	}
	if e := next(t, sub, "the kill", isExit); e.Cause != procman.CauseOOM {
		t.Errorf("told as %+v", e)
	}
}

// A bomb of forks is held at its number of tasks, and ended with all of it.
func TestPids(t *testing.T) {
	m := open(t)
	start(t, m, procman.Spec{
		Argv: []string{"/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do setsid " +
			"sleep 1000 & done; wait; sleep 1000"},
		PidsMax: 10,
		Restart: procman.RestartPolicy{Mode: procman.RestartNever},
	})
	deadline := time.Now().Add(20 * time.Second)
	most := 0
	for time.Now().Before(deadline) && most < 10 {
		if s, err := m.Stats("a", false); err == nil {
			most = max(most, s.Tasks)
		}
		<-time.After(10 * time.Millisecond)
	}
	if most != 10 {
		t.Errorf("%d tasks, the limit is 10", most)
	}
	if err := m.Kill(context.Background(), "a"); err != nil {
		t.Fatal(err)
	}
}

// A ceiling of 20 percent holds a busy loop down.
func TestCPU(t *testing.T) {
	m := open(t)
	start(t, m, procman.Spec{Argv: []string{"/bin/sh", "-c", "while :; do :; done"},
		CPU: procman.CPUPolicy{MaxPercent: 20, Weight: 50}})
	if _, err := m.Stats("a", false); err != nil {
		t.Fatal(err)
	}
	<-time.After(4 * time.Second) // the span that is measured
	s, err := m.Stats("a", false)
	if err != nil || s.CPUPercent > 30 || s.CPUPercent <= 0 {
		t.Errorf("%.0f percent, %v", s.CPUPercent, err)
	}
	if b, _ := os.ReadFile(filepath.Join(mount, "test-"+t.Name(), "w-a",
		"cpu.weight")); strings.TrimSpace(string(b)) != "50" {
		t.Errorf("weight %q", b)
	}
	t.Logf("%.1f percent", s.CPUPercent)
	d, err := m.Describe("a")
	if err != nil {
		t.Fatal(err)
	}
	d.Spec.CPU = procman.CPUPolicy{}
	if c, err := m.Set(d.Spec); err != nil || c.Kind != procman.ChangeApplied {
		t.Fatalf("%+v, %v", c, err)
	}
	for file, want := range map[string]string{"cpu.weight": "100", "cpu.max": "max 100000"} {
		if b, _ := os.ReadFile(filepath.Join(mount, "test-"+t.Name(), "w-a",
			file)); strings.TrimSpace(string(b)) != want {
			t.Errorf("without a limit %s is %q, not %q", file, b, want)
		}
	}
}

// What was charged stays charged through an adoption, and the limit holds.
func TestLimitHoldsAfterAdoption(t *testing.T) {
	if err := os.WriteFile(mount+"/cgroup.subtree_control", []byte("+memory +pids +cpu"), 0); err != nil {
		t.Fatalf("the controllers are missing: %v", err)
	}
	root := filepath.Join(mount, "test-"+t.Name())
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	cfg := procman.Config{StateDir: t.TempDir(), CgroupRoot: root}
	first, err := procman.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	start(t, first, procman.Spec{Memory: procman.MemoryPolicy{Max: 64 << 20, SoftRatio: -1}}, "leak", "4")
	grown(t, first, 8<<20)
	first.Detach()
	m, err := procman.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(root) }()
	defer func() { _ = m.Shutdown(context.Background()) }()
	sub := m.Subscribe(100)
	defer sub.Close()
	// The kernel's counter comes and goes by a few hundred KiB.
	if s, err := m.Stats("a", false); err != nil || s.Memory < 6<<20 {
		t.Errorf("%+v, %v", s, err)
	}
	if e := next(t, sub, "the kill", isExit); e.Cause != procman.CauseOOM {
		t.Errorf("told as %+v", e)
	}
}

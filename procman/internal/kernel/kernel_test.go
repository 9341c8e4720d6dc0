package kernel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop"))
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// A watch fires once, and again after Rearm when there is something left.
func TestPoller(t *testing.T) {
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.Close(fds[0]), unix.Close(fds[1]) }()
	var calls atomic.Int32
	w, err := p.Add(fds[0], unix.EPOLLIN, func() { calls.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	_, _ = unix.Write(fds[1], []byte("xy"))
	eventually(t, "the first call", func() bool { return calls.Load() == 1 })
	_, _ = unix.Write(fds[1], []byte("z"))
	if <-time.After(20 * time.Millisecond); calls.Load() != 1 {
		t.Error("called again without Rearm")
	}
	if err := w.Rearm(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second call", func() bool { return calls.Load() == 2 })
	w.Remove()
	if err := w.Rearm(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("rearm of a removed watch: %v", err)
	}
}

// Many descriptors at once, each reported exactly once.
func TestPollerWithMany(t *testing.T) {
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const n = 200
	var calls [n]atomic.Int32
	for i := range n {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Close(fd) }()
		if _, err := p.Add(fd, unix.EPOLLIN, func() { calls[i].Add(1) }); err != nil {
			t.Fatal(err)
		}
		_, _ = unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
	eventually(t, "all", func() bool {
		for i := range n {
			if calls[i].Load() != 1 {
				return false
			}
		}
		return true
	})
}

func TestParseStat(t *testing.T) {
	line := "4711 (evil) name 1 (x) S 12 34 56 0 -1 4194304 1 2 3 4 50 25 7 8 20 0 9 0 123456 1000000 77 " +
		"18446744073709551615 1 1\n"
	st, err := parseStat([]byte(line))
	want := Stat{Pid: 4711, State: 'S', Parent: 12, Group: 34, Session: 56, CPUTicks: 75, Threads: 9, Start: 123456,
		Size: 1000000, RSS: 77 * int64(os.Getpagesize())}
	if err != nil || st != want {
		t.Errorf("%+v, %v", st, err)
	}
	for _, bad := range []string{"", "12", "12 (x", "12 (x) S 1 2", "x (y) S " + strings.Repeat("1 ", 30)} {
		if st, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, st)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"))
	f.Add([]byte("(("))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = parseStat(b) })
}

func TestOpenProcessRefusesAnother(t *testing.T) {
	st, err := ReadStat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	fd, err := OpenProcess(os.Getpid(), st.Start)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fd)
	if _, err := OpenProcess(os.Getpid(), st.Start+1); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("a process that started at another time: %v", err)
	}
	if _, err := ReadStat(1 << 30); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("nobody: %v", err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second lock: %v", err)
	}
	_ = f.Close()
	g, err := Lock(path)
	if err != nil {
		t.Fatalf("after the first was given back: %v", err)
	}
	_ = g.Close()
}

// Who carries the marker, or descends from a main process, is found.
func TestScanner(t *testing.T) {
	marked := exec.Command("/bin/sleep", "1000")
	marked.Env = []string{"PROCMAN_PROCESS=scan-test/alpha/n1"}
	root := exec.Command("/bin/sh", "-c", "env -i setsid sleep 1000 & echo $!; wait")
	root.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := root.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*exec.Cmd{marked, root} {
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	}
	var bare int
	if _, err := fmt.Fscan(out, &bare); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(bare, syscall.SIGKILL) }()
	st, err := ReadStat(root.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	roots := map[int]Main{root.Process.Pid: {Name: "beta", Start: st.Start}}
	s := NewScanner("PROCMAN_PROCESS=scan-test/", func() map[int]Main { return roots })
	pidsOf := func(name string) (pids []int) {
		for _, m := range s.Members()[name] {
			if !m.Dead() {
				pids = append(pids, m.Pid)
			}
		}
		return pids
	}
	eventually(t, "the marked one", func() bool {
		p := pidsOf("alpha")
		return len(p) == 1 && p[0] == marked.Process.Pid
	})
	eventually(t, "the descendants", func() bool { return len(pidsOf("beta")) == 2 })
	// The parent goes, and its child is an orphan without a marker: known already.
	roots = map[int]Main{}
	_ = root.Process.Kill()
	_ = root.Wait()
	if p := pidsOf("beta"); len(p) != 1 || p[0] != bare {
		t.Errorf("of the orphan %d is known: %v", bare, p)
	}
	// A pid that belongs to another process now is not a main process.
	roots = map[int]Main{marked.Process.Pid: {Name: "gamma", Start: 1}}
	if p := pidsOf("gamma"); len(p) != 0 {
		t.Errorf("taken for a descendant: %v", p)
	}
}

func TestInotifyTellsOfChanges(t *testing.T) {
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	w, err := NewFileWatcher(p)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	wd, err := w.Add(path, func() { calls.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		before := calls.Load()
		if err := os.WriteFile(path, []byte{byte(i)}, 0o600); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a change", func() bool { return calls.Load() > before })
	}
	w.Drop(wd)
	<-time.After(200 * time.Millisecond) // what was read before Drop may still be reported
	before := calls.Load()
	_ = os.WriteFile(path, []byte("x"), 0o600)
	if <-time.After(20 * time.Millisecond); calls.Load() != before {
		t.Error("told after Drop")
	}
}

// The reaper reaps orphans after two sweeps, and no other children.
func TestReaper(t *testing.T) {
	mine := exec.Command("/bin/true") // in our session: os/exec waits for it
	other := exec.Command("/bin/true")
	other.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	named := exec.Command("/bin/true")
	named.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var spared atomic.Int32
	r := NewReaper(20*time.Millisecond, func(pid int) bool { return pid == int(spared.Load()) })
	defer r.Close()
	if err := named.Start(); err != nil {
		t.Fatal(err)
	}
	spared.Store(int32(named.Process.Pid))
	for _, c := range []*exec.Cmd{mine, other} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the orphan to be reaped", func() bool {
		_, err := ReadStat(other.Process.Pid)
		return errors.Is(err, syscall.ESRCH)
	})
	_ = other.Wait()
	if err := mine.Wait(); err != nil {
		t.Errorf("a child of os/exec was reaped: %v", err)
	}
	if err := named.Wait(); err != nil {
		t.Errorf("a managed child was reaped: %v", err)
	}
}

//go:build memcg

package umltest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

// managerMain is a manager in a process of its own, with one child that never ends by itself.
func managerMain(state, root string) {
	m, err := procman.New(procman.Config{StateDir: state, CgroupRoot: root})
	if err == nil {
		_, err = m.Set(procman.Spec{Name: "a", Argv: []string{"/bin/sleep", "1000"},
			Restart: procman.RestartPolicy{Mode: procman.RestartOnFailure, SuccessCodes: []int{0}}})
	}
	if err == nil {
		err = m.Start(context.Background(), "a")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s, _ := m.Status("a")
	fmt.Println(s.Pid)
	select {}
}

// Before Linux 6.15 the exit status of a process that is not a child cannot be known: the exit is reported as unknown
// and counts as a failure.
func TestUnknowableExitIsToldAsUnknown(t *testing.T) {
	open(t) // wants every controller
	root := filepath.Join(mount, "adopted")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(root) }()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	first := exec.Command(exe, "manager", state, root)
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid := 0
	if _, serr := fmt.Sscan(line, &pid); err != nil || serr != nil {
		t.Fatalf("the manager said %q, %v", line, err)
	}
	_ = first.Process.Kill()
	_ = first.Wait()

	m, err := procman.New(procman.Config{StateDir: state, CgroupRoot: root})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Shutdown(context.Background()) }()
	s, err := m.Status("a")
	if err != nil || s.Pid != pid || !s.Adopted {
		t.Fatalf("%+v, %v", s, err)
	}
	d, err := m.Describe("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Set(d.Spec); err != nil {
		t.Fatal(err)
	}
	sub := m.Subscribe(100)
	defer sub.Close()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	e := next(t, sub, "its end", isExit)
	if knows(t) {
		if e.Exit.Kind != procman.ExitSignal || e.Exit.Signal != int(syscall.SIGTERM) {
			t.Errorf("told as %+v", e.Exit)
		}
	} else if e.Exit.Kind != procman.ExitUnknown || e.Cause != procman.CauseCrash {
		t.Errorf("told as %+v, cause %s", e.Exit, e.Cause)
	}
	next(t, sub, "the successor", func(e procman.Event) bool { return e.To == procman.StateRunning })
}

// knows tells whether this kernel remembers how a stranger ended.
func knows(t *testing.T) bool {
	t.Helper()
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(uts.Release[:]), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	t.Logf("Linux %d.%d", major, minor)
	return major > 6 || major == 6 && minor >= 15
}

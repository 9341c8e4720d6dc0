package procman_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"flowhq/procman"
	"flowhq/procman/internal/child"
)

// TestMain is also the body of the child processes: "binary child PART ...", and
// of the managers that tests kill: "binary manager DIR ...".
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "child":
			child.Main(os.Args[2:])
		case "manager":
			managerMain(os.Args[2:])
		}
	}
	goleak.VerifyTestMain(m,
		// lumberjack never ends the goroutine of a logger; there is one a name.
		goleak.IgnoreAnyFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
		goleak.IgnoreTopFunction("os/signal.loop"),
	)
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// childSpec runs a part of package child.
func childSpec(t testing.TB, name string, part ...string) procman.Spec {
	return procman.Spec{
		Name: name, Argv: append([]string{self(t), "child"}, part...),
		Restart: procman.RestartPolicy{Base: 10 * time.Millisecond, Ceiling: 100 * time.Millisecond, Jitter: -1},
		Stop:    procman.StopPolicy{Grace: 5 * time.Second},
	}
}

// modes runs a test with cgroup v2 groups and without.
func modes(t *testing.T, f func(t *testing.T, cfg procman.Config)) {
	t.Run("groups", func(t *testing.T) { f(t, config(t, groupRoot(t))) })
	t.Run("fallback", func(t *testing.T) { f(t, config(t, "")) })
}

func config(t testing.TB, root string) procman.Config {
	cfg := procman.Config{StateDir: t.TempDir(), CgroupRoot: root}
	if os.Getenv("PROCMAN_TEST_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return cfg
}

// groupRoot makes a cgroup of the test's own.
func groupRoot(t testing.TB) string {
	t.Helper()
	parent := os.Getenv("PROCMAN_TEST_CGROUP")
	if parent == "" {
		parent = cgroup2Mount(t)
	}
	root := filepath.Join(parent, "procman-test-"+strconv.Itoa(os.Getpid())+"-"+strings.Map(plain, t.Name()))
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatalf("a test of groups needs a writable cgroup v2 folder (PROCMAN_TEST_CGROUP): %v", err)
	}
	t.Cleanup(func() {
		if err := os.Remove(root); err != nil {
			t.Errorf("groups are left behind: %v", err)
		}
	})
	return root
}

func plain(r rune) rune {
	if r == '/' {
		return '-'
	}
	return r
}

func cgroup2Mount(t testing.TB) string {
	b, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			return f[1]
		}
	}
	t.Fatal("a test of groups needs a cgroup v2 mount")
	return ""
}

// open makes a manager that is shut down at the test's end.
func open(t testing.TB, cfg procman.Config) *procman.Manager {
	t.Helper()
	m, err := procman.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := m.Shutdown(ctx); err != nil && err != procman.ErrClosed {
			t.Errorf("shutdown: %v", err)
		}
	})
	return m
}

func set(t testing.TB, m *procman.Manager, s procman.Spec) procman.Change {
	t.Helper()
	c, err := m.Set(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t testing.TB, m *procman.Manager, s procman.Spec) procman.Status {
	t.Helper()
	set(t, m, s)
	if err := m.Start(patience(t), s.Name); err != nil {
		t.Fatalf("start: %v", err)
	}
	return status(t, m, s.Name)
}

func status(t testing.TB, m *procman.Manager, name string) procman.Status {
	t.Helper()
	s, err := m.Status(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// patience bounds every wait of a test.
func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	rest := b[bytes.LastIndexByte(b, ')')+2:]
	return rest[0] != 'Z' && rest[0] != 'X'
}

// output waits until the process's file holds a text, and returns it all.
func output(t testing.TB, m *procman.Manager, name, text string) string {
	t.Helper()
	path := status(t, m, name).LogPath
	var b []byte
	eventually(t, "output "+text, func() bool {
		b, _ = os.ReadFile(path)
		return strings.Contains(string(b), text)
	})
	return string(b)
}

// grandchild reads the pid that child's part "fork" prints last.
func grandchild(t testing.TB, m *procman.Manager, name string) int {
	t.Helper()
	out := output(t, m, name, "grandchild ")
	eventually(t, "whole line", func() bool {
		out = output(t, m, name, "grandchild ")
		return strings.HasSuffix(out, "\n")
	})
	f := strings.Fields(out)
	pid, err := strconv.Atoi(f[len(f)-1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// syncBuffer is a writer that a test may read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*syncBuffer)(nil)

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func killed(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }

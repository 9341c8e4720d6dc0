package localtrust

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq/procman"
)

// TestMain lets the test program be the process that dials.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "dial" {
		dialMain(os.Args[2], os.Args[3])
		return
	}
	os.Exit(m.Run())
}

// dialMain is a process that asks the control socket and prints the answer's status: "dial SOCKET HOW". It asks by
// itself, by a child, by one that nobody would take for its child any more (in a session of its own, without an
// environment, its parent dead), or over a connection that a child made and left to it.
func dialMain(socket, how string) {
	exe, err := os.Executable()
	if err != nil {
		fmt.Println(err)
		return
	}
	again := func(how string) *exec.Cmd {
		cmd := exec.Command(exe, "dial", socket, how)
		cmd.Stdout = os.Stdout
		return cmd
	}
	how, middle, _ := strings.Cut(how, ":")
	switch how {
	case "self":
		fmt.Println("status", statusAt(dialer(socket)))
	case "child":
		_ = again("self").Run()
	case "orphan":
		_ = again("middle").Run()
	case "middle":
		cmd := again(fmt.Sprintf("leaf:%d", os.Getpid()))
		cmd.Env, cmd.SysProcAttr = []string{}, &syscall.SysProcAttr{Setsid: true}
		_ = cmd.Start()
		return // and leaves the leaf behind
	case "leaf":
		for strconv.Itoa(os.Getppid()) == middle {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("status", statusAt(dialer(socket)))
		return
	case "handed":
		fmt.Println("status", statusAt(func(context.Context, string, string) (net.Conn, error) {
			return handed(again("hand"))
		}))
	case "hand":
		hand(socket)
		return
	}
	time.Sleep(time.Minute) // the tree is there until it is ended
}

func dialer(socket string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
}

func statusAt(dial func(context.Context, string, string) (net.Conn, error)) string {
	client := http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	res, err := client.Get("http://appliance/")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	return fmt.Sprint(res.StatusCode)
}

// handed takes a connection from a child, and waits for that one's end.
func handed(child *exec.Cmd) (net.Conn, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	child.ExtraFiles = []*os.File{os.NewFile(uintptr(pair[1]), "pair")}
	if err := child.Run(); err != nil {
		return nil, err
	}
	text, rights := make([]byte, 1), make([]byte, 1000)
	_, n, _, _, err := syscall.Recvmsg(pair[0], text, rights, 0)
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("%d messages, %w", len(messages), err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return net.FileConn(os.NewFile(uintptr(fds[0]), "connection"))
}

func hand(socket string) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return
	}
	f, err := conn.File()
	if err != nil {
		return
	}
	_ = syscall.Sendmsg(3, []byte("x"), syscall.UnixRights(int(f.Fd())), nil, 0)
}

// TestTrust_Guard: workers and whatever comes of them are refused at a real socket, with control groups and without.
func TestTrust_Guard(t *testing.T) {
	for _, groups := range []bool{true, false} {
		t.Run(fmt.Sprintf("groups=%t", groups), func(t *testing.T) {
			cfg := procman.Config{StateDir: filepath.Join(t.TempDir(), "state")}
			if groups {
				cfg.CgroupRoot = groupFolder(t)
			}
			m, err := procman.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := m.Shutdown(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			}()
			socket := guarded(t, m)
			for _, how := range []string{"self", "child", "orphan", "handed"} {
				if got := answerTo(t, m, socket, how); got != "status 403\n" {
					t.Errorf("%s: %q", how, got)
				}
			}
			if got := statusAt(dialer(socket)); got != "200" {
				t.Errorf("the appliance's own process gets %s", got)
			}
			if !mayControl(m, os.Getppid()) {
				t.Error("an admin's process would be refused")
			}
			gone := exec.Command("/bin/true")
			if err := gone.Run(); err != nil || mayControl(m, gone.Process.Pid) {
				t.Errorf("a process that is gone would not be refused (%v)", err)
			}
		})
	}
}

// guarded serves nothing but the guard.
func guarded(t *testing.T, m *procman.Manager) (socket string) {
	t.Helper()
	trust := New(m, slog.New(slog.DiscardHandler))
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	server := http.Server{
		ConnContext: trust.ConnContext,
		Handler:     trust.Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), refuse),
	}
	socket = filepath.Join(t.TempDir(), "control")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return socket
}

// answerTo runs the dialling process as a worker and gives what it prints.
func answerTo(t *testing.T, m *procman.Manager, socket, how string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := "worker-" + how
	if _, err := m.Set(procman.Spec{Name: name, Argv: []string{exe, "dial", socket, how},
		Stop: procman.StopPolicy{Grace: -1}}); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	s, err := m.Status(name)
	if err != nil {
		t.Fatal(err)
	}
	var said []byte
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
		if said, _ = os.ReadFile(s.LogPath); strings.HasSuffix(string(said), "\n") {
			break
		}
	}
	return string(said)
}

// groupFolder makes a control group of the test's own.
func groupFolder(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if len(f) < 3 || f[2] != "cgroup2" {
			continue
		}
		dir := filepath.Join(f[1], fmt.Sprintf("flowhq-test-%d", os.Getpid()))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Errorf("groups are left: %v", err)
			}
		})
		return dir
	}
	t.Fatal("this test needs a writable cgroup v2 hierarchy")
	return ""
}

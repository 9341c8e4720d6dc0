package host

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

// TestMain lets the test program stand in for an appliance that systemd started.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "passed" {
		passedMain(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

// passedMain stands in for an appliance that systemd started with descriptors: it says what it makes of them.
func passedMain(pipe string) {
	f, err := os.OpenFile(pipe, os.O_RDWR, 0)
	fmt.Println(err)
	_ = os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	s := TakePipeStore(os.Getenv, os.Unsetenv)
	fmt.Println(len(s.passed), os.Getenv("LISTEN_FDS")+os.Getenv("LISTEN_FDNAMES")+os.Getenv("LISTEN_PID"))
	flags, err := unix.FcntlInt(uintptr(s.passed["procman-worker-a"]), unix.F_GETFD, 0)
	fmt.Println(flags == unix.FD_CLOEXEC, err)
	fmt.Println(s.Keep("worker-a", f))   // the same pipe: nothing is sent
	fmt.Println(s.Keep("worker-new", f)) // unknown: stored
	s.ForgetUnknown([]procman.Status{{Name: "worker-a"}})
	s.Done()
	for fd := firstPassed; fd < firstPassed+4; fd++ {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		fmt.Print(err == nil, " ")
	}
	fmt.Println()
}

// TestPipesThatSystemdKept: what it passes is taken for what it is, not stored again, let go of when nobody knows it,
// and closed.
func TestPipesThatSystemdKept(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pipe.Close() }()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	notify := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "passed", fifo)
	cmd.ExtraFiles = []*os.File{pipe, null, null, pipe}
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+notify, "LISTEN_FDS=4",
		"LISTEN_FDNAMES=procman-worker-a:web:procman-worker-gone:procman-worker-a")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if want := "<nil>\n2 \ntrue <nil>\n<nil>\n<nil>\nfalse false false false \n"; err != nil || string(out) != want {
		t.Errorf("%v:\n%swant:\n%s", err, out, want)
	}
	var said []string
	for _, want := range []string{"FDSTOREREMOVE=1\nFDNAME=procman-worker-new",
		"FDSTORE=1\nFDPOLL=0\nFDNAME=procman-worker-new", "FDSTOREREMOVE=1\nFDNAME=procman-worker-gone"} {
		buf, rights := make([]byte, 1000), make([]byte, 1000)
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _, _, _, err := conn.ReadMsgUnix(buf, rights)
		if said = append(said, string(buf[:n])); err != nil || string(buf[:n]) != want {
			t.Fatalf("systemd was told %q (%v), want %q", said, err, want)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1000)); err == nil {
		t.Errorf("systemd was told more, %d bytes", n)
	}
}

func TestWithoutSystemdThereIsNoPipeStore(t *testing.T) {
	forgotten := []string{}
	s := TakePipeStore(func(string) string {
		return ""
	}, func(name string) error { forgotten = append(forgotten, name); return nil })
	if s != nil || !strings.Contains(strings.Join(forgotten, " "), "LISTEN_FDS") {
		t.Errorf("%v, %v", s, forgotten)
	}
}

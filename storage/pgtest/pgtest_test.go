package pgtest

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childMark makes this test binary a child that starts a server, tells its folder and waits to be killed.
const childMark = "PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childMark) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

func child() int {
	s, err := start()
	if err != nil {
		println(err.Error())
		return 1
	}
	println(s.dir)
	select {}
}

func TestDatabasesAreFresh(t *testing.T) {
	var seen []string
	for range 2 {
		dsn := DSN(t)
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE here (n INTEGER)"); err != nil {
			t.Error(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
		seen = append(seen, dsn)
	}
	if seen[0] == seen[1] {
		t.Errorf("both are %s", seen[0])
	}
}

// A test binary that is killed leaves neither its server nor its folder.
func TestNothingIsLeftBehind(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMark+"=1")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	dir = strings.TrimSpace(dir)
	if err != nil || !filepath.IsAbs(dir) {
		t.Fatalf("the child says %q (%v)", dir, err)
	}
	pid, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as it should be
	deadline := time.Now().Add(20 * time.Second)
	gone := func() bool {
		_, noDir := os.Stat(dir)
		stat, noProcess := os.ReadFile(filepath.Join("/proc", first, "stat"))
		// a zombie waits for init, which is not ours to blame
		dead := noProcess != nil || strings.Contains(string(stat), ") Z ")
		return errors.Is(noDir, fs.ErrNotExist) && dead
	}
	for !gone() {
		if time.Now().After(deadline) {
			t.Fatalf("%s or process %s is still there", dir, first)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestStopAndStart(t *testing.T) {
	s := Private(t)
	dsn := s.DSN(t)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if conn, err := pgx.Connect(t.Context(), dsn); err == nil {
		t.Error("a stopped server answers", conn.Close(t.Context()))
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMissingProgramsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := programs(filepath.Join(t.TempDir(), "*/bin/initdb")); err == nil ||
		!strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("error is %v", err)
	}
	versions := t.TempDir()
	for _, v := range []string{"9", "15", "17"} {
		bin := filepath.Join(versions, v, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, "initdb"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, err := programs(filepath.Join(versions, "*/bin/initdb"))
	if err != nil || got != filepath.Join(versions, "17", "bin") {
		t.Errorf("programs are those in %s (%v)", got, err)
	}
}

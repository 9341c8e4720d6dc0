package worker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"flowhq/worker/whatsapp"
)

// playPrisoner confines itself as a worker does and tries what a worker must not be able to do; it prints what it
// could.
func playPrisoner() int {
	dir, base := os.Getenv("DIR"), os.Getenv("BASE")
	harden(quietLog())
	note, err := confine(
		Config{
			Dir: dir, Socket: filepath.Join(base, "run", "workers.sock"),
			Simulator: &whatsapp.Simulator{Addr: os.Getenv("SIMULATOR")},
		},
	)
	if err != nil {
		fmt.Println("confine:", err)
		return 1
	}
	fmt.Println("note:", note)
	try := func(what string, err error) {
		if err == nil {
			fmt.Println("could", what)
		} else if !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.EPERM) &&
			!errors.Is(err, syscall.EACCES) {
			fmt.Println("odd", what, err)
		}
	}
	try("write its own file", os.WriteFile(filepath.Join(dir, "own"), []byte("x"), 0o600))
	_, err = os.ReadFile(filepath.Join(base, "other", "secret"))
	try("read another tenant's file", err)
	try("write into another tenant's folder", os.WriteFile(filepath.Join(base, "other", "new"), []byte("x"), 0o600))
	_, err = os.ReadDir(filepath.Join(base, "other"))
	try("list another tenant's folder", err)
	_, err = os.ReadFile(filepath.Join(base, "flowhq.db"))
	try("read the database", err)
	_, err = os.ReadFile(filepath.Join(base, "flowhq.env"))
	try("read the environment file", err)
	_, err = os.ReadFile("/proc/" + os.Getenv("VICTIM") + "/environ")
	try("read another process's environment", err)
	try("dial the worker socket", dial("unix", filepath.Join(base, "run", "workers.sock")))
	try("dial the simulator", dial("tcp", os.Getenv("SIMULATOR")))
	try("dial a database's port", dial("tcp", os.Getenv("DATABASE")))
	victim, _ := strconv.Atoi(os.Getenv("VICTIM"))
	try("signal another process", syscall.Kill(victim, 0))
	try("start a program", exec.Command("/bin/true").Run())
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	privs, _ := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	fmt.Println("dumpable", dumpable, "no new privileges", privs)
	return 0
}

func dial(network, addr string) error {
	conn, err := net.Dial(network, addr)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

func TestSandbox(t *testing.T) {
	base := t.TempDir()
	for _, d := range []string{"own", "other", "run"} {
		must(t, os.Mkdir(filepath.Join(base, d), 0o700))
	}
	for _, f := range []string{"other/secret", "flowhq.db", "flowhq.env"} {
		must(t, os.WriteFile(filepath.Join(base, f), []byte("x"), 0o600))
	}
	listening := func(network, addr string) string {
		l, err := net.Listen(network, addr)
		must(t, err)
		t.Cleanup(func() { _ = l.Close() })
		return l.Addr().String()
	}
	listening("unix", filepath.Join(base, "run", "workers.sock"))
	victim := exec.Command("sleep", "60")
	must(t, victim.Start())
	defer func() {
		_ = victim.Process.Kill()
		_ = victim.Wait()
	}()
	exe, err := os.Executable()
	must(t, err)
	child := exec.Command(exe)
	child.Env = []string{
		envRole + "=prisoner", "DIR=" + filepath.Join(base, "own"), "BASE=" + base,
		"VICTIM=" + strconv.Itoa(victim.Process.Pid), "SIMULATOR=" + listening("tcp", "127.0.0.1:0"),
		"DATABASE=" + listening("tcp", "127.0.0.1:0"),
	}
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	could := []string{"could write its own file", "could dial the worker socket", "could dial the simulator"}
	abi, err := llsys.LandlockGetABIVersion()
	note := ""
	if err != nil || abi < 6 {
		note = "Landlock" // the kernel cannot do it all, and the note must say so
	} else {
		want := append(could, "dumpable 0 no new privileges 1")
		got := strings.Split(strings.TrimSpace(string(out)), "\n")
		if strings.Join(got[1:], "\n") != strings.Join(want, "\n") {
			t.Errorf("the prisoner says:\n%s", out)
		}
	}
	if !strings.Contains(string(out), note) {
		t.Errorf("no word about what this kernel cannot forbid:\n%s", out)
	}
}

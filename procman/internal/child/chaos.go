package child

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// chaos is one child of the fault run: "chaos DIR NAME NUMBER". It holds DIR/NAME.lock
// for life and notes it in DIR/duplicates when somebody else does; prints lines
// numbered through all its lives, the counter being DIR/NAME.count; and ends, leaks,
// forks, ignores signals as chance has it.
func chaos(a []string) {
	dir, name := a[0], a[1]
	lock := mustOpen(filepath.Join(dir, name+".lock"), os.O_RDWR|os.O_CREATE)
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		d := mustOpen(filepath.Join(dir, "duplicates"), os.O_WRONLY|os.O_CREATE|os.O_APPEND)
		_, _ = fmt.Fprintln(d, name, os.Getpid(), err)
		os.Exit(66)
	}
	openCounter(filepath.Join(dir, name+".starts")).add()
	c := openCounter(filepath.Join(dir, name+".count"))
	kind := rand.IntN(6)
	if kind == 0 {
		signal.Ignore(syscall.SIGTERM)
	}
	if kind == 1 {
		straggler(lock, a[2], rand.IntN(2) == 0)
	}
	until := time.Now().Add(time.Duration(500+rand.IntN(8000)) * time.Millisecond)
	var kept [][]byte
	for time.Now().Before(until) {
		for range 1 + rand.IntN(40) {
			c.line()
		}
		if kind == 2 {
			kept = append(kept, hold(2))
		}
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
	}
	switch kind {
	case 3:
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
	case 4:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	_ = len(kept)
	os.Exit(rand.IntN(3))
}

// straggler leaves a grandchild behind that holds the lock too, as one that
// holds a port would.
func straggler(lock *os.File, number string, setsid bool) {
	cmd := exec.Command("/bin/sleep", number)
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: setsid}
	_ = cmd.Start()
}

func mustOpen(path string, flags int) *os.File {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(65)
	}
	return f
}

// counter is kept in a mapped file, so that it survives any end. It is raised
// after write(2) has returned: a line that was counted has left the process.
type counter struct{ b []byte }

func openCounter(path string) *counter {
	f := mustOpen(path, os.O_RDWR|os.O_CREATE)
	_ = f.Truncate(8)
	b, err := unix.Mmap(int(f.Fd()), 0, 8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(65)
	}
	return &counter{b}
}

func (c *counter) line() {
	n := c.value()
	if _, err := fmt.Fprintf(os.Stdout, "%012d %s\n", n, filling[:n%64]); err == nil {
		c.add()
	}
}

func (c *counter) value() uint64 { return binary.LittleEndian.Uint64(c.b) }
func (c *counter) add()          { binary.LittleEndian.PutUint64(c.b, c.value()+1) }

const filling = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ__"

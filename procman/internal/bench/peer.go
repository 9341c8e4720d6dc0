package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
)

// job is one process that a manager is to run.
type job struct {
	name     string
	argv     []string
	memoryMB int           // limit, 0 none
	grace    time.Duration // before the kill, 0 the manager's own default
	rotateMB int           // size of a log file
}

// peer is a process manager under measurement.
type peer interface {
	name() string
	version() string
	// up starts the manager in dir, with its jobs running (or about to).
	up(dir string, jobs []job) error
	// stop ends one job and returns when the manager says so; stopAll ends all.
	stop(name string) error
	stopAll() error
	// main is the process to kill; again starts the manager after that, as its init would.
	main() int
	again() error
	// down ends the manager.
	down()
	// logs lists a job's output files, oldest first.
	logs(name string) []string
}

// errNone says that a manager has no such thing.
var errNone = errors.New("none")

// daemon is a peer's process.
type daemon struct {
	cmd *exec.Cmd
	dir string
}

// launch starts a manager in the foreground, with its output in DIR/manager.out.
func (d *daemon) launch(env []string, argv ...string) error {
	out, err := os.OpenFile(filepath.Join(d.dir, "manager.out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	d.cmd = exec.Command(argv[0], argv[1:]...)
	d.cmd.Dir, d.cmd.Stdout, d.cmd.Stderr = d.dir, out, out
	d.cmd.Env = append(os.Environ(), env...)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return d.cmd.Start()
}

func (d *daemon) main() int {
	if d.cmd == nil || d.cmd.Process == nil {
		return 0
	}
	return d.cmd.Process.Pid
}

// tell sends the manager a signal, if it was started.
func (d *daemon) tell(sig syscall.Signal) {
	if pid := d.main(); pid > 0 { // 0 would be our own process group
		_ = syscall.Kill(pid, sig)
	}
}

// reap waits for a manager that was killed or told to end, at most a while.
func (d *daemon) reap(limit time.Duration) {
	if d.cmd == nil {
		return
	}
	done := make(chan struct{})
	go func() { _ = d.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		_ = d.cmd.Process.Kill()
		<-done
	}
	d.cmd = nil
}

// run runs a manager's control command.
func run(ctx context.Context, env []string, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", strings.Join(argv[:min(3, len(argv))], " "), err, tailOf(out))
	}
	return string(out), err
}

func tailOf(b []byte) string {
	s := strings.TrimSpace(string(b))
	return s[max(0, len(s)-300):]
}

// byTime lists the files of a pattern, oldest first, and last at the end.
func byTime(pattern, last string) []string {
	files, _ := filepath.Glob(pattern)
	sort.Slice(files, func(i, j int) bool {
		a, errA := os.Stat(files[i])
		b, errB := os.Stat(files[j])
		return errA == nil && errB == nil && a.ModTime().Before(b.ModTime())
	})
	var list []string
	for _, f := range files {
		if f != last {
			list = append(list, f)
		}
	}
	return append(list, last)
}

package procman

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// launch waits for a start slot and starts the process, unless the wish changed
// meanwhile.
func (p *process) launch() {
	p.mu.Lock()
	spec, why := p.spec, p.startWhy
	info := StartInfo{Name: p.name, Restarts: p.runs, Cause: why}
	p.mu.Unlock()
	slot := p.m.gate.enter(spec.Priority, info.Restarts > 0)
	if !p.admitted(slot) {
		slot.leave()
		p.mu.Lock()
		p.launching = false
		p.notify()
		p.mu.Unlock()
		return
	}
	p.m.exec.RLock()
	defer p.m.exec.RUnlock()
	c, err := p.spawn(spec, info)
	if err != nil {
		slot.leave()
		p.startFailed(err)
		return
	}
	p.started(c, slot, spec, why)
}

// admitted waits for the slot; false when the process is no longer wanted.
func (p *process) admitted(slot *ticket) bool {
	for {
		select {
		case <-slot.ready:
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.wanted && !p.removed
		case <-p.m.ctx.Done():
			return false
		case <-p.poke:
			p.mu.Lock()
			stay := p.wanted && !p.removed
			p.mu.Unlock()
			if !stay {
				return false
			}
		}
	}
}

// started takes a new child in.
func (p *process) started(c *child, slot *ticket, spec Spec, why Cause) {
	p.mu.Lock()
	p.child, p.launching = c, false
	p.runs++
	p.attempts++
	p.startErr = nil
	p.nextStart = time.Time{}
	c.ticket = slot
	p.setState(StateRunning, why)
	p.save()
	p.mu.Unlock()
	if spec.StartHold > 0 {
		time.AfterFunc(spec.StartHold, slot.leave)
	} else {
		slot.leave()
	}
	if p.m.sampler.watches(spec) {
		p.m.sampler.consider()
	}
}

// startFailed counts as the end of a run of no length.
func (p *process) startFailed(err error) {
	p.m.cfg.Logger.Warn("process could not be started", "process", p.name, "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.launching = false
	p.attempts++
	p.startErr = err
	exit := Exit{Kind: ExitFailed, Error: err.Error(), At: p.m.cfg.Now()}
	p.lastExit = &exit
	p.tell(Event{Type: EventExit, Cause: CauseStart, Exit: &exit, Detail: err.Error()})
	p.decide(0, exit, CauseStart)
	p.save()
	p.notify()
}

// decide asks the policy what follows an end; p.mu must be held.
func (p *process) decide(ran time.Duration, exit Exit, why Cause) {
	d := p.backoff.Next(p.spec.Restart, ran, exit, p.m.cfg.Rand())
	p.startWhy = why
	switch {
	case !d.Restart:
		p.setState(StateExited, why)
	case d.CrashLoop:
		p.nextStart = p.m.cfg.Now().Add(d.Delay)
		p.setState(StateCrashLoop, why)
	case d.Delay > 0:
		p.nextStart = p.m.cfg.Now().Add(d.Delay)
		p.setState(StateBackoff, why)
	default:
		p.nextStart = time.Time{}
	}
}

// envPatience bounds the Env hook.
const envPatience = 30 * time.Second

// spawn starts the program in its group, with both outputs on the pipe.
func (p *process) spawn(spec Spec, info StartInfo) (*child, error) {
	nonce := newNonce()
	env, err := p.environment(spec, info, nonce)
	if err != nil {
		return nil, err
	}
	path, err := lookPath(spec.Argv[0], spec.Dir, env)
	if err != nil {
		return nil, err
	}
	c := &child{nonce: nonce, pidfd: -1, sample: sample{statm: -1}, spec: spec.digest()}
	sys := &syscall.SysProcAttr{Setsid: true, PidFD: &c.pidfd}
	if g := p.m.group(p.name); g != nil {
		fd, err := p.m.prepareGroup(g, spec)
		if err != nil {
			return nil, err
		}
		defer closeFD(fd)
		c.group = g
		sys.UseCgroupFD, sys.CgroupFD = true, fd
	}
	out, err := p.sink.ChildEnd()
	if err != nil {
		return nil, err
	}
	defer closeFD(out)
	c.startedAt = p.m.cfg.Now()
	c.pid, _, err = syscall.StartProcess(path, spec.Argv, &syscall.ProcAttr{
		Dir: spec.Dir, Env: env, Sys: sys,
		Files: []uintptr{p.m.null.Fd(), uintptr(out), uintptr(out)},
	})
	if err != nil {
		if c.group != nil {
			_ = c.group.Remove()
		}
		return nil, startError(path, spec.Dir, err)
	}
	if err := p.attend(c); err != nil {
		p.abort(c)
		return nil, err
	}
	if spec.OOMScoreAdj != nil {
		p.adjustOOM(c, *spec.OOMScoreAdj)
	}
	return c, nil
}

func (p *process) adjustOOM(c *child, value int) {
	if err := kernel.SetOOMScoreAdj(c.pid, value); err != nil {
		p.m.cfg.Logger.Warn("oom score is not adjusted", "process", p.name, "error", err)
	}
}

// attend watches a new or adopted child.
func (p *process) attend(c *child) error {
	if c.start == 0 {
		st, err := kernel.ReadStat(c.pid)
		if err != nil {
			return fmt.Errorf("read process %d: %w", c.pid, err)
		}
		c.start = st.Start
	}
	if c.pidfd < 0 {
		fd, err := kernel.OpenProcess(c.pid, c.start)
		if err != nil {
			return err
		}
		c.pidfd = fd
	}
	w, err := p.m.poller.Add(c.pidfd, unix.EPOLLIN, func() {
		c.exited.Store(true)
		p.wake()
	})
	if err != nil {
		return fmt.Errorf("watch process %d: %w", c.pid, err)
	}
	c.watch = w
	p.m.watchMemory(p, c)
	return nil
}

// abort ends a child that could not be taken in.
func (p *process) abort(c *child) {
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	var ws syscall.WaitStatus
	_, _ = syscall.Wait4(c.pid, &ws, 0, nil)
	if c.group != nil {
		_ = c.group.Kill()
	}
	c.close()
}

func (c *child) close() {
	if c.watch != nil {
		c.watch.Remove()
	}
	if c.pidfd >= 0 {
		closeFD(c.pidfd)
		c.pidfd = -1
	}
	c.sample.mu.Lock()
	defer c.sample.mu.Unlock()
	c.sample.closed = true
	if c.sample.statm >= 0 {
		closeFD(c.sample.statm)
		c.sample.statm = -1
	}
}

// privateVars are the manager's own business with systemd and with procman.
var privateVars = []string{
	"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID",
	"INVOCATION_ID", "JOURNAL_STREAM", "MAINPID", markerName, handoverVar,
}

func (p *process) environment(spec Spec, info StartInfo, nonce string) ([]string, error) {
	var env []string
	if spec.Env == nil {
		for _, v := range os.Environ() {
			key, _, _ := strings.Cut(v, "=")
			if !slices.Contains(privateVars, key) {
				env = append(env, v)
			}
		}
	} else {
		ctx, cancel := context.WithTimeout(p.m.ctx, envPatience)
		defer cancel()
		given, err := spec.Env(ctx, info)
		if err != nil {
			return nil, fmt.Errorf("environment: %w", err)
		}
		env = slices.Clone(given)
	}
	return append(env, p.m.markerKey()+p.name+"/"+nonce), nil
}

func newNonce() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// lookPath finds a program by the PATH that the process will have.
func lookPath(program, dir string, env []string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil // execve resolves it in the working folder
	}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, v := range env {
		if rest, ok := strings.CutPrefix(v, "PATH="); ok {
			path = rest
		}
	}
	for _, d := range filepath.SplitList(path) {
		if !filepath.IsAbs(d) {
			continue // never a program from wherever the process happens to stand
		}
		full := filepath.Join(d, program)
		if st, err := os.Stat(full); err == nil && st.Mode().IsRegular() && st.Mode().Perm()&0o111 != 0 {
			return full, nil
		}
	}
	return "", fmt.Errorf("start %s: %w", program, exec.ErrNotFound)
}

// startError says which of program and folder is missing: the kernel does not.
func startError(path, dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && dir != "" {
		if _, derr := os.Stat(dir); derr != nil {
			return fmt.Errorf("start %s: working folder: %w", path, derr)
		}
	}
	return fmt.Errorf("start %s: %w", path, err)
}

// prepareGroup makes an empty group with the spec's limits and opens it.
func (m *Manager) prepareGroup(g *kernel.Group, spec Spec) (int, error) {
	// Whoever got in since the last run was ended is none of ours, but would be
	// mistaken for it.
	for deadline := time.Now().Add(5 * time.Second); g.Populated() && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		_ = g.Kill()
	}
	if err := g.Create(); err != nil {
		return -1, err
	}
	if err := m.limit(g, spec, true); err != nil {
		_ = g.Remove()
		return -1, err
	}
	fd, err := g.Open()
	if err != nil {
		return -1, fmt.Errorf("open group: %w", err)
	}
	return fd, nil
}

// limit writes the limits that the group's controllers can hold. A fresh group
// has the kernel's defaults; another may have to be brought back to them.
func (m *Manager) limit(g *kernel.Group, spec Spec, fresh bool) error {
	if m.root == nil {
		return nil // adopted from a manager that had groups
	}
	number := func(n int64) string {
		if n <= 0 {
			return "max"
		}
		return strconv.FormatInt(n, 10)
	}
	var errs []error
	set := func(file, value string) { errs = append(errs, g.Write(file, value)) }
	if m.root.Memory {
		set("memory.max", number(spec.Memory.Max))
		if spec.Memory.Max > 0 {
			set("memory.oom.group", "1")
			_ = g.Write("memory.swap.max", "0") // absent in a kernel without swap
		}
	}
	if m.root.Pids {
		set("pids.max", number(int64(spec.PidsMax)))
	}
	if m.root.CPU {
		switch {
		case spec.CPU.Weight > 0:
			set("cpu.weight", strconv.Itoa(spec.CPU.Weight))
		case !fresh:
			set("cpu.weight", "100")
		}
		switch {
		case spec.CPU.MaxPercent > 0:
			set("cpu.max", fmt.Sprintf("%d 100000", spec.CPU.MaxPercent*1000))
		case !fresh:
			set("cpu.max", "max 100000")
		}
	}
	return errors.Join(errs...)
}

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
	"strings"
	"syscall"
	"time"
)

// launch is one attempt to start a process.
type launch struct {
	p    *process
	spec Spec
	info StartInfo
	slot *ticket
}

// launch waits for a start slot and starts the process, unless the desired state
// changed meanwhile.
func (p *process) launch() {
	p.mu.Lock()
	l := launch{p: p, spec: p.spec, info: StartInfo{Name: p.name, Restarts: p.runs, Cause: p.startWhy}}
	p.mu.Unlock()
	l.slot = p.m.gate.enter(l.spec.Priority, l.info.Restarts > 0)
	if !l.admitted() {
		l.slot.leave()
		p.mu.Lock()
		p.launching = false
		p.notify()
		p.mu.Unlock()
		return
	}
	p.m.exec.RLock()
	defer p.m.exec.RUnlock()
	c, err := l.spawn()
	if err != nil {
		l.slot.leave()
		l.failed(err)
		return
	}
	l.started(c)
}

// admitted waits for the slot; false when the process is not wanted any more.
func (l launch) admitted() bool {
	for {
		select {
		case <-l.slot.ready:
			return l.p.shouldRun()
		case <-l.p.m.ctx.Done():
			return false
		case <-l.p.wakeup:
			if !l.p.shouldRun() {
				return false
			}
		}
	}
}

func (p *process) shouldRun() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted && !p.removed
}

// started records the new child.
func (l launch) started(c *child) {
	p := l.p
	p.mu.Lock()
	p.child, p.launching = c, false
	p.runs++
	p.attempts++
	p.startErr = nil
	p.nextStart = time.Time{}
	c.slot = l.slot
	p.setState(StateRunning, l.info.Cause)
	p.save()
	p.mu.Unlock()
	if l.spec.StartHold > 0 {
		time.AfterFunc(l.spec.StartHold, l.slot.leave)
	} else {
		l.slot.leave()
	}
	if p.m.sampler.watches(l.spec) {
		p.m.sampler.wake()
	}
}

// failed records a failed start; it counts as the end of a run of length zero.
func (l launch) failed(err error) {
	p := l.p
	p.m.cfg.Logger.Warn("process could not be started", "process", p.name, "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.launching = false
	p.attempts++
	p.startErr = err
	exit := Exit{Kind: ExitFailed, Error: err.Error(), At: p.m.cfg.Now()}
	p.lastExit = &exit
	p.publish(Event{Type: EventExit, Cause: CauseStart, Exit: &exit, Detail: err.Error()})
	p.decide(0, exit, CauseStart)
	p.save()
	p.notify()
}

// spawn starts the program in its group, with both outputs on the pipe.
func (l launch) spawn() (*child, error) {
	p, spec := l.p, l.spec
	c := &child{nonce: newNonce(), pidfd: -1, sample: sample{statm: -1}, spec: spec.digest()}
	env, err := l.environment(c.nonce)
	if err != nil {
		return nil, err
	}
	path, err := lookPath(spec.Argv[0], env)
	if err != nil {
		return nil, err
	}
	sys := &syscall.SysProcAttr{Setsid: true, PidFD: &c.pidfd}
	if c.group = p.m.groups.of(p.name); c.group != nil {
		fd, err := p.m.groups.prepare(c.group, spec)
		if err != nil {
			return nil, err
		}
		defer closeFD(fd)
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
	if err := p.watch(c); err != nil {
		c.abort()
		return nil, err
	}
	if spec.OOMScoreAdj != nil {
		c.adjustOOM(*spec.OOMScoreAdj, p.m.cfg.Logger)
	}
	return c, nil
}

// privateVars are between the manager and systemd, or the next manager: no process gets them.
var privateVars = []string{
	"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID",
	"INVOCATION_ID", "JOURNAL_STREAM", "MAINPID", markerName, handoverVar,
}

// envTimeout bounds the Env hook.
const envTimeout = 30 * time.Second

// environment is what the Env hook gives, or the manager's own, and the marker.
func (l launch) environment(nonce string) ([]string, error) {
	m := l.p.m
	marker := m.markerKey() + l.p.name + "/" + nonce
	if l.spec.Env == nil {
		return append(inheritedEnv(), marker), nil
	}
	ctx, cancel := context.WithTimeout(m.ctx, envTimeout)
	defer cancel()
	env, err := l.spec.Env(ctx, l.info)
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	return append(slices.Clone(env), marker), nil
}

// inheritedEnv is the manager's own environment without privateVars.
func inheritedEnv() []string {
	var env []string
	for _, v := range os.Environ() {
		key, _, _ := strings.Cut(v, "=")
		if !slices.Contains(privateVars, key) {
			env = append(env, v)
		}
	}
	return env
}

func newNonce() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// defaultPath is used when the process's environment has no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookPath finds a program by the PATH that the process will have.
func lookPath(program string, env []string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil // the kernel resolves it in the working folder
	}
	path := defaultPath
	for _, v := range env {
		if rest, ok := strings.CutPrefix(v, "PATH="); ok {
			path = rest
		}
	}
	for _, d := range filepath.SplitList(path) {
		if !filepath.IsAbs(d) {
			continue // a program must not depend on the working folder
		}
		full := filepath.Join(d, program)
		if st, err := os.Stat(full); err == nil && st.Mode().IsRegular() && st.Mode().Perm()&0o111 != 0 {
			return full, nil
		}
	}
	return "", fmt.Errorf("start %s: %w", program, exec.ErrNotFound)
}

// startError says whether the program or the working folder is missing; the
// kernel's error is the same for both.
func startError(path, dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && dir != "" {
		if _, derr := os.Stat(dir); derr != nil {
			return fmt.Errorf("start %s: working folder: %w", path, derr)
		}
	}
	return fmt.Errorf("start %s: %w", path, err)
}

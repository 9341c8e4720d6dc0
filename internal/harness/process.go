package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is a child with its output kept: the last part of it is in every error.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it ended
	err  error         // how, after done
	tail tail
}

// startProcess runs a command. Its standard output is read by first (which may take what it needs) and then kept with
// its standard error.
func startProcess(name string, cmd *exec.Cmd, first func(*bufio.Reader) error) (*Process, error) {
	p := &Process{name: name, cmd: cmd, done: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	cmd.Stderr = &p.tail
	// A harness that is killed takes its children along: SIGTERM lets the appliance end its workers.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	reader := bufio.NewReader(out)
	if first != nil {
		if err := first(reader); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return nil, fmt.Errorf("start %s: %w\n%s", name, err, p.tail.String())
		}
	}
	go func() {
		defer close(p.done)
		_, _ = io.Copy(&p.tail, reader)
		p.err = cmd.Wait()
	}()
	return p, nil
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends it with SIGKILL and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Stop asks it to end and waits; after the given time it is killed, and that is an error, as is an exit status other
// than 0.
func (p *Process) Stop(within time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
	case <-time.After(within):
		p.Kill()
		return fmt.Errorf("%s did not end within %s\n%s", p.name, within, p.tail.String())
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.tail.String())
	}
	return nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Output gives the last part of what it printed.
func (p *Process) Output() string { return p.tail.String() }

// tail keeps the last 64 KiB written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

const tailSize = 64 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, b...)
	if extra := len(t.data) - tailSize; extra > 0 {
		t.data = append([]byte(nil), t.data[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}

// Until polls a condition until it holds. It gives up with the condition's last word when ctx ends.
func Until(ctx context.Context, every time.Duration, condition func() error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up waiting: %w", err)
		case <-tick.C:
		}
	}
}

package procman

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// child is one run of a process.
type child struct {
	pid       int
	start     uint64 // clock ticks after boot
	pidfd     int
	watch     *kernel.Watch
	group     *kernel.Group // nil without groups
	events    int32         // watch of memory.events
	nonce     string
	startedAt time.Time
	adopted   bool
	spec      string // digest of the spec that it runs under
	slot      *ticket
	touched   atomic.Bool // memory.events changed
	sample    sample
	exited    atomic.Bool
	alive     atomic.Int64 // the latest sign of life, nanoseconds after Manager.born; 0 none
	cpu       cpuMeter
}

// sample is what the sampler knows about a child.
type sample struct {
	mu     sync.Mutex
	statm  int // descriptor of the main process's statm, -1 none
	closed bool
	others []int // members besides the main process
	soft   bool  // the soft limit was acted upon
}

// watch follows the end and the memory of a child that was started or adopted.
func (p *process) watch(c *child) error {
	if err := c.open(); err != nil {
		return err
	}
	w, err := p.m.poller.Add(c.pidfd, unix.EPOLLIN, func() {
		c.exited.Store(true)
		p.wake()
	})
	if err != nil {
		return fmt.Errorf("watch process %d: %w", c.pid, err)
	}
	c.watch = w
	p.m.sampler.watchMemory(p, c)
	return nil
}

// open finds the start time and the descriptor, unless they are known.
func (c *child) open() error {
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
	return nil
}

// abort ends a child that could not be watched.
func (c *child) abort() {
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	var ws syscall.WaitStatus
	_, _ = syscall.Wait4(c.pid, &ws, 0, nil)
	if c.group != nil {
		_ = c.group.Kill()
	}
	c.close()
}

// close gives back the descriptors; the process itself may live on.
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

// leaveSlot gives the start slot back; it may be called more than once.
func (c *child) leaveSlot() {
	if c.slot != nil {
		c.slot.leave()
	}
}

func (c *child) adjustOOM(value int, logger *slog.Logger) {
	if err := kernel.SetOOMScoreAdj(c.pid, value); err != nil {
		logger.Warn("oom score is not adjusted", "pid", c.pid, "error", err)
	}
}

// deadline is when a process without a further sign of life counts as stale;
// zero is never.
func (c *child) deadline(l Liveness, born time.Time) time.Time {
	if at := c.alive.Load(); at != 0 {
		if l.Deadline == 0 {
			return time.Time{}
		}
		return born.Add(time.Duration(at) + l.Deadline)
	}
	if l.StartDeadline == 0 {
		return time.Time{}
	}
	return c.startedAt.Add(l.StartDeadline)
}

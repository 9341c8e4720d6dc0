package procman

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// Memory that the kernel does not limit is sampled in every round. The soft limit,
// the members of trees and the number of their tasks are looked at in every
// slowEvery-th round.
const (
	sampleEvery = time.Second
	slowEvery   = 5
)

// sampler watches the limits that the kernel does not enforce, with one goroutine.
// It sleeps while no process needs it.
type sampler struct {
	m      *Manager
	wakeup chan struct{}
	quit   chan struct{}
	done   sync.WaitGroup
	round  int
}

func newSampler(m *Manager) *sampler {
	s := &sampler{m: m, wakeup: make(chan struct{}, 1), quit: make(chan struct{})}
	s.done.Add(1)
	go s.run()
	return s
}

func (s *sampler) stop() {
	close(s.quit)
	s.done.Wait()
}

// wake makes the sampler check whether a process needs it.
func (s *sampler) wake() {
	select {
	case s.wakeup <- struct{}{}:
	default:
	}
}

func (s *sampler) run() {
	defer s.done.Done()
	for {
		var alarm <-chan time.Time
		if s.needed() {
			alarm = time.After(sampleEvery)
		}
		if !s.wait(alarm) {
			return
		}
	}
}

// wait returns after the next round, or when the sampler was woken while nothing
// needed it; false when it is stopped.
func (s *sampler) wait(alarm <-chan time.Time) bool {
	for {
		select {
		case <-s.quit:
			return false
		case <-s.wakeup:
			if alarm == nil {
				return true
			}
		case <-alarm:
			s.round++
			s.sample()
			return true
		}
	}
}

// needed tells whether any process has a limit to be watched.
func (s *sampler) needed() bool {
	for _, p := range s.m.registry.all() {
		p.mu.Lock()
		yes := p.child != nil && (s.watches(p.spec) || p.child.touched.Load())
		p.mu.Unlock()
		if yes {
			return true
		}
	}
	return false
}

// watches tells whether a process under this spec has a limit to be watched.
func (s *sampler) watches(spec Spec) bool { return spec.Memory.Max > 0 || s.watchesTasks(spec) }

func (s *sampler) watchesTasks(spec Spec) bool { return spec.PidsMax > 0 && !s.m.groups.tasks() }

// sample looks at every process once.
func (s *sampler) sample() {
	trees := s.trees()
	for _, p := range s.m.registry.all() {
		p.mu.Lock()
		c, spec := p.child, p.spec
		p.mu.Unlock()
		if c == nil || c.exited.Load() {
			continue
		}
		if c.touched.Swap(false) {
			s.limitTouched(p, c)
		}
		s.check(p, c, spec, trees)
	}
}

// check compares what a process uses with the limits that the kernel does not enforce.
func (s *sampler) check(p *process, c *child, spec Spec, members func(*process, *child) []int) {
	slow := s.round%slowEvery == 0
	sampled := !s.m.groups.memory()
	c.sample.mu.Lock()
	defer c.sample.mu.Unlock()
	if slow && (s.watchesTasks(spec) || spec.Memory.Max > 0 && sampled) {
		c.sample.others = without(members(p, c), c.pid)
	}
	if spec.Memory.Max > 0 && (slow || sampled) {
		s.checkMemory(p, c, spec)
	}
	if slow && s.watchesTasks(spec) {
		s.checkTasks(p, c, spec)
	}
}

// checkMemory ends a process over its limit, or restarts it at its soft limit;
// c.sample.mu must be held.
func (s *sampler) checkMemory(p *process, c *child, spec Spec) {
	soft := int64(float64(spec.Memory.Max) * spec.Memory.SoftRatio)
	used, by := s.used(c, soft)
	detail := fmt.Sprintf("%d of %d bytes, seen by %s", used, spec.Memory.Max, by)
	switch {
	case used > spec.Memory.Max && by == memorySampling:
		p.endFor(c, CauseOOM, true, detail)
	case spec.Memory.SoftRatio > 0 && used >= soft && !c.sample.soft && spec.Restart.Mode != RestartNever:
		c.sample.soft = true
		p.endFor(c, CauseSoftLimit, false, detail)
	}
}

// used is the memory of the tree: what the kernel charges it for, or the resident
// sets of its processes. From the soft limit on, page cache that the kernel can
// take back is subtracted.
func (s *sampler) used(c *child, soft int64) (n int64, by string) {
	if s.m.groups.memory() && c.group != nil {
		n, err := c.group.Number("memory.current")
		if err != nil || n < soft {
			return n, memoryCgroup
		}
		cache := c.group.Value("memory.stat", "inactive_file") + c.group.Value("memory.stat", "active_file")
		return n - cache, memoryCgroup
	}
	n = c.resident()
	for _, pid := range c.sample.others {
		if st, err := kernel.ReadStat(pid); err == nil {
			n += st.RSS
		}
	}
	return n, memorySampling
}

// resident reads the main process's resident set. It happens every second, so the
// descriptor is kept.
func (c *child) resident() int64 {
	if c.sample.closed {
		return 0
	}
	if c.sample.statm < 0 {
		fd, err := unix.Open("/proc/"+strconv.Itoa(c.pid)+"/statm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return 0
		}
		c.sample.statm = fd
	}
	var buf [128]byte
	n, err := unix.Pread(c.sample.statm, buf[:], 0)
	if err != nil || n <= 0 {
		return 0
	}
	_, rest, _ := bytes.Cut(buf[:n], []byte(" ")) // size resident shared ...
	field, _, _ := bytes.Cut(rest, []byte(" "))
	pages, _ := strconv.ParseInt(string(field), 10, 64)
	return pages * int64(unix.Getpagesize())
}

// trees returns a function that lists the members of a process's tree. One scan
// of /proc, made when it is first needed, serves all processes of one round: a
// scan for each would cost the square of their number.
func (s *sampler) trees() func(p *process, c *child) []int {
	scan := sync.OnceValue(s.m.scanner.Members)
	return func(p *process, c *child) []int {
		if t, ok := p.tree(c).(groupTree); ok {
			return t.members()
		}
		return pids(living(scan()[p.name]))
	}
}

// without lists all but one.
func without(pids []int, one int) []int {
	return slices.DeleteFunc(pids, func(pid int) bool { return pid == one })
}

// checkTasks ends a process whose tree has more tasks than it may.
func (s *sampler) checkTasks(p *process, c *child, spec Spec) {
	tasks := 0
	for _, pid := range append([]int{c.pid}, c.sample.others...) {
		if st, err := kernel.ReadStat(pid); err == nil {
			tasks += st.Threads
		}
	}
	if tasks > spec.PidsMax {
		p.endFor(c, CausePids, true, fmt.Sprintf("%d of %d tasks, seen by sampling", tasks, spec.PidsMax))
	}
}

// endFor ends the child for a reason of the manager's own.
func (p *process) endFor(c *child, why Cause, forced bool, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child != c || !p.wanted || c.exited.Load() {
		return
	}
	kind := EventMemory
	if why == CausePids {
		kind = EventWarning
	}
	p.publish(Event{Type: kind, Cause: why, Pid: c.pid, Detail: detail})
	if p.endWhy == "" {
		p.endWhy = why
	}
	p.forced = p.forced || forced
	p.wake()
}

// watchMemory follows the kernel's counters of the memory limit.
func (s *sampler) watchMemory(p *process, c *child) {
	if c.group == nil || !s.m.groups.memory() {
		return
	}
	wd, err := s.m.watcher.Add(c.group.Path+"/memory.events", func() {
		c.touched.Store(true)
		s.wake()
	})
	if err != nil {
		s.m.cfg.Logger.Warn("memory events are not watched", "process", p.name, "error", err)
		return
	}
	c.events = wd
}

// limitTouched reports that the kernel had to take memory back at the limit.
func (s *sampler) limitTouched(p *process, c *child) {
	n := c.group.Value("memory.events", "max")
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child != c {
		return
	}
	detail := fmt.Sprintf("the limit was reached %d times, told by memory.events", n)
	p.publish(Event{Type: EventMemory, Pid: c.pid, Detail: detail})
}

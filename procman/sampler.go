package procman

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// How often what is looked at: memory that the kernel does not limit every
// second; the soft limit, the membership of trees and with it the number of
// tasks every five.
const (
	sampleEvery = time.Second
	slowEvery   = 5
)

// sampler watches the limits that the kernel does not, with one goroutine. It
// sleeps for good while no process needs it.
type sampler struct {
	m    *Manager
	poke chan struct{}
	quit chan struct{}
	done sync.WaitGroup
	tick int
}

func newSampler(m *Manager) *sampler {
	s := &sampler{m: m, poke: make(chan struct{}, 1), quit: make(chan struct{})}
	s.done.Add(1)
	go s.run()
	return s
}

func (s *sampler) stop() {
	close(s.quit)
	s.done.Wait()
}

// consider makes the sampler look whether somebody needs it.
func (s *sampler) consider() {
	select {
	case s.poke <- struct{}{}:
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
	wait:
		for {
			select {
			case <-s.quit:
				return
			case <-s.poke:
				if alarm == nil {
					break wait
				}
			case <-alarm:
				s.tick++
				s.sample()
				break wait
			}
		}
	}
}

// needed tells whether any process has a limit to be watched.
func (s *sampler) needed() bool {
	for _, p := range s.m.unsorted() {
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

func (s *sampler) watchesTasks(spec Spec) bool { return spec.PidsMax > 0 && !s.m.caps.Pids }

func (s *sampler) sample() {
	trees := s.m.trees()
	for _, p := range s.m.unsorted() {
		p.mu.Lock()
		c, spec := p.child, p.spec
		p.mu.Unlock()
		if c == nil || c.exited.Load() {
			continue
		}
		if c.touched.Swap(false) {
			s.m.limitTouched(p, c)
		}
		slow := s.tick%slowEvery == 0
		enforced := s.m.caps.Memory == "cgroup"
		c.sample.mu.Lock()
		if slow && (s.watchesTasks(spec) || spec.Memory.Max > 0 && !enforced) {
			c.sample.others = p.othersOf(c, trees)
		}
		if spec.Memory.Max > 0 && (slow || !enforced) {
			p.checkMemory(c, spec)
		}
		if slow && s.watchesTasks(spec) {
			p.checkTasks(c, spec)
		}
		c.sample.mu.Unlock()
	}
}

// checkMemory compares the use with the limits that the kernel does not
// enforce; c.sample.mu must be held.
func (p *process) checkMemory(c *child, spec Spec) {
	soft := int64(float64(spec.Memory.Max) * spec.Memory.SoftRatio)
	used, by := p.used(c, soft)
	detail := fmt.Sprintf("%d of %d bytes, seen by %s", used, spec.Memory.Max, by)
	switch {
	case used > spec.Memory.Max && by == "sampling":
		p.endFor(c, CauseOOM, true, detail)
	case spec.Memory.SoftRatio > 0 && used >= soft && !c.sample.soft && spec.Restart.Mode != RestartNever:
		c.sample.soft = true
		p.endFor(c, CauseSoftLimit, false, detail)
	}
}

// used is the memory of the tree: what the kernel charges it less the page
// cache that it can take back (looked up only from soft on), or the resident
// sets of its processes.
func (p *process) used(c *child, soft int64) (n int64, by string) {
	if p.m.caps.Memory == "cgroup" && c.group != nil {
		var err error
		n, err = c.group.Number("memory.current")
		if err != nil || n < soft {
			return n, "cgroup"
		}
		return n - c.group.Value("memory.stat", "inactive_file") - c.group.Value("memory.stat", "active_file"), "cgroup"
	}
	n = c.resident()
	for _, pid := range c.sample.others {
		if st, err := kernel.ReadStat(pid); err == nil {
			n += st.RSS
		}
	}
	return n, "sampling"
}

// resident reads the main process's resident set through a descriptor that is
// kept, since this happens every second.
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

// trees gives a look at who is in which tree: one search through /proc, made when it is first needed, serves all processes
// of one round. A search for each would cost the square of their number.
func (m *Manager) trees() func(p *process, c *child) []int {
	look := sync.OnceValue(m.scanner.Members)
	return func(p *process, c *child) []int {
		if t, ok := p.tree(c).(groupTree); ok {
			return t.members()
		}
		var pids []int
		for _, x := range look()[p.name] {
			if !x.Dead() {
				pids = append(pids, x.Pid)
			}
		}
		return pids
	}
}

// othersOf lists the tree's processes besides the main one.
func (p *process) othersOf(c *child, members func(*process, *child) []int) []int {
	var others []int
	for _, pid := range members(p, c) {
		if pid != c.pid {
			others = append(others, pid)
		}
	}
	return others
}

func (p *process) checkTasks(c *child, spec Spec) {
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

// endFor has the child ended for a reason of the manager's own.
func (p *process) endFor(c *child, why Cause, hard bool, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child != c || !p.wanted || c.exited.Load() {
		return
	}
	kind := EventMemory
	if why == CausePids {
		kind = EventWarning
	}
	p.tell(Event{Type: kind, Cause: why, Pid: c.pid, Detail: detail})
	if p.order == "" {
		p.order = why
	}
	p.hard = p.hard || hard
	p.wake()
}

// watchMemory has the kernel tell of the limit being touched.
func (m *Manager) watchMemory(p *process, c *child) {
	if c.group == nil || m.root == nil || !m.root.Memory {
		return
	}
	wd, err := m.watcher.Add(c.group.Path+"/memory.events", func() {
		c.touched.Store(true)
		m.sampler.consider()
	})
	if err != nil {
		m.cfg.Logger.Warn("memory events are not watched", "process", p.name, "error", err)
		return
	}
	c.events = wd
}

// limitTouched tells that the kernel had to take memory back at the limit.
func (m *Manager) limitTouched(p *process, c *child) {
	n := c.group.Value("memory.events", "max")
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child == c {
		p.tell(Event{Type: EventMemory, Pid: c.pid, Detail: fmt.Sprintf("the limit was reached %d times, told by memory.events", n)})
	}
}

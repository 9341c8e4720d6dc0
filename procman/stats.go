package procman

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq/procman/internal/kernel"
)

// Stats measures one running process; with pss also its proportional set size,
// which walks its page tables.
func (m *Manager) Stats(name string, pss bool) (Stats, error) {
	p, err := m.find(name)
	if err != nil {
		return Stats{}, err
	}
	return p.measure(pss)
}

// AllStats measures every running process, by name.
func (m *Manager) AllStats(ctx context.Context, pss bool) ([]Stats, error) {
	var list []Stats
	for _, p := range m.all() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := p.measure(pss)
		if errors.Is(err, ErrNotRunning) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// measure reads a dozen small kernel files; nothing of it holds p.mu.
func (p *process) measure(pss bool) (Stats, error) {
	p.mu.Lock()
	c, restarts, limit := p.child, max(0, p.runs-1), p.spec.Memory.Max
	p.mu.Unlock()
	if c == nil {
		return Stats{}, fmt.Errorf("%q: %w", p.name, ErrNotRunning)
	}
	st, err := kernel.ReadStat(c.pid)
	if err != nil || st.Start != c.start {
		return Stats{}, fmt.Errorf("%q: %w", p.name, ErrNotRunning)
	}
	now := p.m.cfg.Now()
	s := Stats{
		Name: p.name, At: now, Pid: c.pid, Uptime: now.Sub(c.startedAt).Seconds(),
		CPU: float64(st.CPUTicks) / kernel.TicksPerSecond, Threads: st.Threads,
		Memory: st.RSS, MemoryLimit: limit, Restarts: restarts,
	}
	s.FDs, _ = kernel.CountFDs(c.pid)
	p.measureTree(c, &s)
	s.CPUPercent = c.percent(s, now)
	if s.MemoryPeak == 0 {
		s.MemoryPeak, _ = kernel.PeakRSS(c.pid)
	}
	if pss {
		s.PSS, _ = kernel.PSS(c.pid)
	}
	return s, nil
}

// measureTree takes from the group what it has.
func (p *process) measureTree(c *child, s *Stats) {
	if c.group == nil || p.m.root == nil {
		return
	}
	if us := c.group.Value("cpu.stat", "usage_usec"); us > 0 {
		s.CPU = float64(us) / 1e6
	}
	if p.m.root.Memory {
		if n, err := c.group.Number("memory.current"); err == nil {
			s.Memory = n
		}
		s.MemoryPeak, _ = c.group.Number("memory.peak")
	}
	if p.m.root.Pids {
		n, _ := c.group.Number("pids.current")
		s.Tasks = int(n)
	}
}

// percentSpan is the shortest time over which a percentage is told: the kernel
// counts in hundredths of a second without groups, and two callers may come
// at almost the same moment.
const percentSpan = time.Second

// usage is a moment and the processor time used until then.
type usage struct {
	at   time.Time
	used float64 // seconds
}

// percent relates the processor time to an earlier measurement.
func (c *child) percent(s Stats, now time.Time) float64 {
	c.cpu.mu.Lock()
	defer c.cpu.mu.Unlock()
	if c.cpu.last.at.IsZero() {
		c.cpu.last = usage{at: c.startedAt}
		c.cpu.base = c.cpu.last
	}
	if now.Sub(c.cpu.last.at) >= percentSpan {
		c.cpu.base, c.cpu.last = c.cpu.last, usage{now, s.CPU}
	}
	if span := now.Sub(c.cpu.base.at).Seconds(); span > 0 {
		return max(0, 100*(s.CPU-c.cpu.base.used)/span)
	}
	return 0
}

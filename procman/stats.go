package procman

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"flowhq/procman/internal/kernel"
)

// Stats measures one running process, with pss also its proportional set size
// (slow: the kernel walks the page tables). It returns ErrNotRunning for one that
// does not run.
func (m *Manager) Stats(name string, pss bool) (Stats, error) {
	p, err := m.registry.find(name)
	if err != nil {
		return Stats{}, err
	}
	return p.measure(pss)
}

// AllStats measures every running process, by name.
func (m *Manager) AllStats(ctx context.Context, pss bool) ([]Stats, error) {
	var list []Stats
	for _, p := range m.registry.sorted() {
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

// measure reads a dozen small kernel files, without holding p.mu.
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
	c.measureTree(p.m.groups, &s)
	s.CPUPercent = c.cpu.percent(c.startedAt, usage{at: now, used: s.CPU})
	if s.MemoryPeak == 0 {
		s.MemoryPeak, _ = kernel.PeakRSS(c.pid)
	}
	if pss {
		s.PSS, _ = kernel.PSS(c.pid)
	}
	return s, nil
}

// measureTree reads what the group's controllers count.
func (c *child) measureTree(g groups, s *Stats) {
	if c.group == nil || g.root == nil {
		return
	}
	if us := c.group.Value("cpu.stat", "usage_usec"); us > 0 {
		s.CPU = float64(us) / 1e6
	}
	if g.memory() {
		if n, err := c.group.Number("memory.current"); err == nil {
			s.Memory = n
		}
		s.MemoryPeak, _ = c.group.Number("memory.peak")
	}
	if g.tasks() {
		n, _ := c.group.Number("pids.current")
		s.Tasks = int(n)
	}
}

// percentSpan is the shortest time over which a percentage is computed: without
// groups the kernel counts in hundredths of a second, and two callers may ask at
// almost the same moment.
const percentSpan = time.Second

// usage is the processor time used until a moment.
type usage struct {
	at   time.Time
	used float64 // seconds
}

// cpuMeter turns processor time into percent of one core.
type cpuMeter struct {
	mu         sync.Mutex
	base, last usage // earlier measurements
}

// percent compares with the latest measurement that is percentSpan old, or with the start.
func (m *cpuMeter) percent(startedAt time.Time, now usage) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last.at.IsZero() {
		m.last = usage{at: startedAt}
		m.base = m.last
	}
	if now.at.Sub(m.last.at) >= percentSpan {
		m.base, m.last = m.last, now
	}
	if span := now.at.Sub(m.base.at).Seconds(); span > 0 {
		return max(0, 100*(now.used-m.base.used)/span)
	}
	return 0
}

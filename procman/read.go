package procman

import (
	"context"
	"io"
	"time"

	"flowhq/procman/internal/kernel"
	"flowhq/procman/internal/output"
)

// Status of one process. It asks nothing of the kernel.
func (m *Manager) Status(name string) (Status, error) {
	p, err := m.registry.find(name)
	if err != nil {
		return Status{}, err
	}
	return p.status(), nil
}

// List gives the status of every process, by name.
func (m *Manager) List() []Status {
	procs := m.registry.sorted()
	list := make([]Status, len(procs))
	for i, p := range procs {
		list[i] = p.status()
	}
	return list
}

func (p *process) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{
		Name: p.name, State: p.state, Wanted: p.wanted, Restarts: max(0, p.runs-1),
		ShortRuns: p.backoff.Streak,
		LastExit:  p.lastExit, Cause: p.cause, NextStart: p.nextStart,
		LogPath: p.spec.Output.Path, Discarded: p.sink.Discarded(), Labels: p.spec.Labels,
		MemoryLimit: p.spec.Memory.Max,
	}
	if s.MemoryLimit > 0 {
		s.MemoryBy = p.m.caps.Memory
	}
	if c := p.child; c != nil {
		s.Pid, s.StartedAt, s.Adopted = c.pid, c.startedAt, c.adopted
		s.SpecPending = c.spec != p.spec.digest()
		if at := c.alive.Load(); at != 0 {
			s.LastAlive = p.m.born.Add(time.Duration(at))
		}
	}
	return s
}

// Describe gives all that is known about one process, freshly measured.
func (m *Manager) Describe(name string) (Description, error) {
	p, err := m.registry.find(name)
	if err != nil {
		return Description{}, err
	}
	d := Description{Status: p.status()}
	if d.Pid != 0 {
		if st, err := p.measure(true); err == nil {
			d.Stats = &st
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d.Spec = p.spec
	d.Recent = p.recent()
	return d, nil
}

// recent is the history within its bound; p.mu must be held.
func (p *process) recent() []Event {
	return append([]Event{}, p.history[max(0, len(p.history)-p.m.cfg.HistoryKept):]...)
}

// History gives the latest events of one process, oldest first. Those from
// before an adoption carry the numbers of their own manager.
func (m *Manager) History(name string) ([]Event, error) {
	p, err := m.registry.find(name)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recent(), nil
}

// Events gives the manager's kept events with a number above after, oldest first.
func (m *Manager) Events(after uint64) []Event { return m.bus.since(after) }

// Subscribe delivers events from now on, at most buffer of them waiting.
func (m *Manager) Subscribe(buffer int) *Subscription { return m.bus.subscribe(buffer) }

// Owner names the process whose main process has this pid. A process that was
// started this very moment may not be known yet.
func (m *Manager) Owner(pid int) (name string, ok bool) { return m.registry.owner(pid) }

// Member names the process to whose tree pid belongs: as its main process or as
// one of its descendants, reparented or not. With groups this is certain; without,
// it follows marker, session and descent. It reads from /proc.
func (m *Manager) Member(pid int) (name string, ok bool) {
	if name, ok = m.Owner(pid); ok {
		return name, true
	}
	name, certain := m.registry.ownerByGroup(kernel.GroupOf(pid))
	if certain {
		return name, name != ""
	}
	for name, members := range m.scanner.Members() {
		for _, x := range members {
			if x.Pid == pid {
				return name, true
			}
		}
	}
	return "", false
}

// Follow writes the last lines of a process's output to w, as many as lines says.
// With follow it goes on with what the process prints from then on, across
// rotations, until ctx ends (which is not an error) or w fails. It looks for the
// last lines in at most 16 MiB.
func (m *Manager) Follow(ctx context.Context, name string, w io.Writer, lines int, follow bool) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	return p.sink.Follow(ctx, w, lines, follow)
}

// Query says what Search looks for, and how far.
type Query struct {
	// Text is looked for as it stands, or as a regular expression (RE2 syntax).
	Text       string `json:"text"`
	Regexp     bool   `json:"regexp,omitempty"`
	IgnoreCase bool   `json:"ignore_case,omitempty"`
	// Limit bounds the matches, the newest are kept; default 100.
	Limit int `json:"limit,omitempty"`
	// MaxBytes bounds what is read, decompressed, newest file first; default 64 MiB.
	MaxBytes int64 `json:"max_bytes,omitempty"`
}

// Match is one line that was found.
type Match struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // of the line in the decompressed file
	Line   string `json:"line"`   // at most 4 KiB of it, as valid UTF-8
}

// Found is what a search found, oldest match first.
type Found struct {
	Matches []Match `json:"matches"`
	// Truncated is true when a bound ended the search before all was read.
	Truncated bool          `json:"truncated"`
	Scanned   int64         `json:"scanned_bytes"`
	Took      time.Duration `json:"took_ns"`
}

// Search looks through the current and the rotated files of a process.
func (m *Manager) Search(ctx context.Context, name string, q Query) (Found, error) {
	p, err := m.registry.find(name)
	if err != nil {
		return Found{}, err
	}
	r, err := output.Search(ctx, p.sink.Path(), output.Query(q))
	if err != nil {
		return Found{}, err
	}
	f := Found{Matches: []Match{}, Truncated: r.Truncated, Scanned: r.Scanned, Took: r.Took}
	for _, x := range r.Matches {
		f.Matches = append(f.Matches, Match(x))
	}
	return f, nil
}

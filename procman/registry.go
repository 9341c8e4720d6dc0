package procman

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"flowhq/procman/internal/kernel"
	"flowhq/procman/internal/output"
)

// registry holds the manager's processes by name.
type registry struct {
	mu     sync.Mutex
	closed bool
	procs  map[string]*process
	byPath map[string]string       // output file: the process that writes to it
	sinks  map[string]*output.Sink // they outlive Remove, see output.Sink
}

func newRegistry() *registry {
	return &registry{
		procs:  make(map[string]*process),
		byPath: make(map[string]string),
		sinks:  make(map[string]*output.Sink),
	}
}

// find returns ErrClosed, or ErrUnknown when there is no process of that name.
func (r *registry) find(name string) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	p := r.procs[name]
	if p == nil {
		return nil, fmt.Errorf("%q: %w", name, ErrUnknown)
	}
	return p, nil
}

// all lists the processes in no particular order.
func (r *registry) all() []*process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.procs))
}

// sorted lists the processes by name.
func (r *registry) sorted() []*process {
	list := r.all()
	slices.SortFunc(list, func(a, b *process) int { return strings.Compare(a.name, b.name) })
	return list
}

// open lists the processes by name, or returns ErrClosed.
func (r *registry) open() ([]*process, error) {
	r.mu.Lock()
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	return r.sorted(), nil
}

// close lets no more processes in. It returns false when the registry is closed already.
func (r *registry) close() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.closed = true
	return true
}

// claim reserves the spec's output file and returns the process that has the spec's name, if there is one.
func (r *registry) claim(spec Spec) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	path := spec.Output.Path
	if other := r.byPath[path]; other != "" && other != spec.Name && r.procs[other] != nil {
		return nil, fmt.Errorf("process %q: %s already writes to %s", spec.Name, other, path)
	}
	r.byPath[path] = spec.Name
	return r.procs[spec.Name], nil
}

// add returns nil when p is now the process of its name, or the process that took the name before.
func (r *registry) add(p *process) (other *process, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if other := r.procs[p.name]; other != nil {
		return other, nil
	}
	r.procs[p.name] = p
	r.byPath[p.spec.Output.Path] = p.name
	p.m.actors.Add(1)
	return nil, nil
}

// remove forgets a process; its sink stays.
func (r *registry) remove(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.procs, name)
}

// sink returns the sink of a name, made by create the first time.
func (r *registry) sink(name string, create func() *output.Sink) *output.Sink {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sinks[name]
	if s == nil {
		s = create()
		r.sinks[name] = s
	}
	return s
}

// allSinks lists every sink, also those of removed processes.
func (r *registry) allSinks() []*output.Sink {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.sinks))
}

// mainProcesses lists the main processes by pid, for the scanner.
func (r *registry) mainProcesses() map[int]kernel.Main {
	mains := make(map[int]kernel.Main)
	for _, p := range r.all() {
		if c := p.current(); c != nil {
			mains[c.pid] = kernel.Main{Name: p.name, Start: c.start}
		}
	}
	return mains
}

// owner names the process whose main process has this pid.
func (r *registry) owner(pid int) (name string, ok bool) {
	for _, p := range r.all() {
		if c := p.current(); c != nil && c.pid == pid {
			return p.name, true
		}
	}
	return "", false
}

// ownerByGroup names the process whose group holds this path, as kernel.GroupOf
// gives it. It is not certain when it found nothing and a process runs without a
// group.
func (r *registry) ownerByGroup(path string) (name string, certain bool) {
	certain = true
	for _, p := range r.all() {
		c := p.current()
		switch {
		case c == nil:
		case c.group == nil:
			certain = false
		case c.group.Holds(path):
			return p.name, true
		}
	}
	return "", certain
}

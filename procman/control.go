package procman

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"syscall"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
	"flowhq/procman/internal/output"
)

// ChangeKind says what a Set came to.
type ChangeKind string

// What a change of spec needs.
const (
	ChangeAdded   ChangeKind = "added"   // a new process, not wished to run yet
	ChangeNone    ChangeKind = "nothing" // the same spec
	ChangeApplied ChangeKind = "applied" // changed, and in force already
	ChangeRestart ChangeKind = "restart" // changed; a restart is needed for it
)

// Change is the answer to a Set: Fields names what differs.
type Change struct {
	Kind   ChangeKind `json:"kind"`
	Fields []string   `json:"fields,omitempty"`
}

// Set adds a process or changes its spec. It starts and restarts nothing: the
// answer says whether a restart is needed for the change to be in force. The
// Env hook always takes effect with the next start and is not compared.
func (m *Manager) Set(spec Spec) (Change, error) {
	if err := spec.Validate(); err != nil {
		return Change{}, err
	}
	spec = spec.withDefaults(m.cfg.LogDir)
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return Change{}, ErrClosed
	}
	p, other := m.procs[spec.Name], m.writer(spec)
	m.mu.Unlock()
	if other != "" {
		return Change{}, fmt.Errorf("process %q: %s already writes to %s", spec.Name, other, spec.Output.Path)
	}
	if p != nil {
		return p.change(spec)
	}
	p = m.newProcess(spec)
	if err := m.openSink(p, -1); err != nil {
		return Change{}, err
	}
	return m.add(p)
}

// writer names another process that has the spec's output file; m.mu must be held.
func (m *Manager) writer(spec Spec) string {
	if p := m.byPath[spec.Output.Path]; p != "" && p != spec.Name && m.procs[p] != nil {
		return p
	}
	m.byPath[spec.Output.Path] = spec.Name
	return ""
}

// newProcess makes a process that is not yet run by a goroutine.
func (m *Manager) newProcess(spec Spec) *process {
	return &process{
		m: m, name: spec.Name, spec: spec, poke: make(chan struct{}, 1),
		state: StateStopped, startWhy: CauseRequest, stopCause: CauseRequest, known: true,
	}
}

// add puts a new process under the manager and starts its goroutine.
func (m *Manager) add(p *process) (Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Change{}, ErrClosed
	}
	if other := m.procs[p.name]; other != nil {
		return other.change(p.spec) // another call was quicker
	}
	m.procs[p.name] = p
	m.actors.Add(1)
	p.mu.Lock()
	p.tell(Event{Type: EventAdded})
	p.mu.Unlock()
	go p.run()
	return Change{Kind: ChangeAdded}, nil
}

// openSink gives the process its output; a name keeps its sink for ever.
func (m *Manager) openSink(p *process, inherited int) error {
	m.mu.Lock()
	s := m.sinks[p.name]
	if s == nil {
		s = output.NewSink(m.hub, p.name, m.pipePath(p.name), m.pipePath(p.name)+".rec", func(l output.Loss) { m.lost(p.name, l) })
		m.sinks[p.name] = s
	}
	p.sink = s
	m.mu.Unlock()
	if err := s.Open(p.spec.Output.options(), inherited); err != nil {
		return err
	}
	if inherited < 0 { // else the binary before has stored it
		m.keepPipe(p)
	}
	return nil
}

func (o OutputPolicy) options() output.Options {
	return output.Options{
		Path: o.Path, MaxSizeMB: o.MaxSizeMB, MaxAge: o.MaxAge,
		MaxBackups: o.MaxBackups, Compress: o.Compress, Cap: o.Cap,
	}
}

// change replaces the spec and applies what can be applied to a running process.
func (p *process) change(spec Spec) (Change, error) {
	p.mu.Lock()
	if p.removed {
		p.mu.Unlock()
		return Change{}, fmt.Errorf("%q is being removed: %w", p.name, ErrUnknown)
	}
	old := p.spec
	p.spec, p.known = spec, true
	fields := differences(old, spec)
	ch := Change{Kind: ChangeNone, Fields: fields}
	c := p.child
	switch {
	case c != nil && c.spec != spec.digest():
		ch.Kind = ChangeRestart
	case len(fields) > 0:
		ch.Kind = ChangeApplied
	}
	if len(fields) > 0 {
		p.tell(Event{Type: EventChanged, Detail: fmt.Sprint(fields)})
		p.save()
	}
	p.mu.Unlock()
	p.wake()
	p.m.sampler.consider()
	return ch, p.apply(c, old, spec)
}

// apply brings what differs between two specs to a running child.
func (p *process) apply(c *child, old, spec Spec) error {
	var errs []error
	if !reflect.DeepEqual(old.Output, spec.Output) {
		errs = append(errs, p.sink.Open(spec.Output.options(), -1))
	}
	if c == nil || c.exited.Load() {
		return errors.Join(errs...)
	}
	if !reflect.DeepEqual(old.OOMScoreAdj, spec.OOMScoreAdj) {
		value := kernel.OOMScoreAdj() // as it would have inherited it
		if spec.OOMScoreAdj != nil {
			value = *spec.OOMScoreAdj
		}
		p.adjustOOM(c, value)
	}
	if c.group != nil {
		errs = append(errs, p.m.limit(c.group, spec, false))
	}
	return errors.Join(errs...)
}

// differences names the fields of two specs that differ.
func differences(a, b Spec) []string {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	var names []string
	for i := range va.NumField() {
		f := va.Type().Field(i)
		if f.Tag.Get("json") == "-" {
			continue
		}
		// As saved, so that an adopted spec is equal to the one that it was saved from.
		ja, _ := json.Marshal(va.Field(i).Interface())
		jb, _ := json.Marshal(vb.Field(i).Interface())
		if !bytes.Equal(ja, jb) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Remove ends the process as Stop does and forgets it. Its output files stay.
func (m *Manager) Remove(ctx context.Context, name string) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.removed, p.wanted, p.stopCause = true, false, CauseRequest
	p.wish++
	p.mu.Unlock()
	p.wake()
	return p.awaitRemoved(ctx)
}

// Want sets the wish without waiting for the world to follow. Wishing what is
// wished already changes nothing; in particular it does not shorten a backoff.
func (m *Manager) Want(name string, running bool) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	if running {
		_, err = p.wishStart()
		return err
	}
	p.wishStop(CauseRequest, false)
	return nil
}

// Start wishes the process to run and waits until it was started. It returns
// nil for one that runs already, the reason when the start failed (it is tried
// again by the restart policy), ErrWaiting when the wish stood already and the
// process waits for its time, and ErrSuperseded when a Stop or Remove came in
// between. ctx bounds the waiting only: the wish stands.
func (m *Manager) Start(ctx context.Context, name string) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	mark, err := p.wishStart()
	if err != nil {
		return err
	}
	return p.awaitStart(ctx, mark)
}

// Stop wishes the process not to run and returns when its whole tree is gone:
// asked by its stop signal, killed after its grace period. When ctx ends first,
// the stop goes on and ctx's error is returned.
func (m *Manager) Stop(ctx context.Context, name string) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	return p.awaitGone(ctx, p.wishStop(CauseRequest, false))
}

// Kill is Stop without asking: the tree is killed at once.
func (m *Manager) Kill(ctx context.Context, name string) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	return p.awaitGone(ctx, p.wishStop(CauseRequest, true))
}

// Restart ends the process as Stop does and starts it again, whatever its
// policy; it forgets earlier short runs and starts a waiting process at once.
// It returns when the successor was started, with the errors of Start.
func (m *Manager) Restart(ctx context.Context, name string) error {
	return m.restart(ctx, name, CauseRequest, false)
}

// ForceRestart is Restart without asking: the old tree is killed at once.
func (m *Manager) ForceRestart(ctx context.Context, name string) error {
	return m.restart(ctx, name, CauseRequest, true)
}

// RestartFor is Restart with a cause of the caller's for events and status. A
// cause that is a failure ([CauseStale]) makes it the path of a crash: the
// restart policy counts the end and decides what follows, and a process that
// is not wished to run stays as it is (ErrSuperseded).
func (m *Manager) RestartFor(ctx context.Context, name string, why Cause) error {
	return m.restart(ctx, name, why, false)
}

func (m *Manager) restart(ctx context.Context, name string, why Cause, hard bool) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	mark, err := p.wishRestart(why, hard)
	if err != nil {
		return err
	}
	return p.awaitStart(ctx, mark)
}

// Signal sends sig to the main process.
func (m *Manager) Signal(name string, sig syscall.Signal) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.child
	if c == nil || c.exited.Load() {
		return fmt.Errorf("%q: %w", name, ErrNotRunning)
	}
	if err := kernel.Signal(c.pidfd, sig); err != nil {
		if errors.Is(err, unix.ESRCH) {
			err = ErrNotRunning
		}
		return fmt.Errorf("signal %q: %w", name, err)
	}
	p.tell(Event{Type: EventSignal, Cause: CauseRequest, Pid: c.pid, Detail: sig.String()})
	return nil
}

// Alive reports a sign of life of the process, which moves its liveness
// deadline and gives its start slot back. It is cheap.
func (m *Manager) Alive(name string) error {
	p, err := m.find(name)
	if err != nil {
		return err
	}
	p.mu.Lock()
	c := p.child
	p.mu.Unlock()
	if c == nil {
		return fmt.Errorf("%q: %w", name, ErrNotRunning)
	}
	first := c.alive.Swap(int64(m.cfg.Now().Sub(m.born))) == 0
	if first {
		if c.ticket != nil {
			c.ticket.leave()
		}
		p.wake() // the deadline is another one from now on
	}
	return nil
}

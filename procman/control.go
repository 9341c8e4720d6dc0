package procman

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
	"flowhq/procman/internal/output"
)

// ChangeKind says what a Set did.
type ChangeKind string

// What a change of spec needs.
const (
	ChangeAdded   ChangeKind = "added"   // a new process, which does not run yet
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
// answer says whether the change needs a restart. The Env hook always takes
// effect with the next start and is not compared. It fails when the spec is not
// valid, and when another process already writes to the same output file.
func (m *Manager) Set(spec Spec) (Change, error) {
	if err := spec.Validate(); err != nil {
		return Change{}, err
	}
	spec = spec.withDefaults(m.cfg.LogDir)
	p, err := m.registry.claim(spec)
	if err != nil {
		return Change{}, err
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

// newProcess makes a process that no goroutine runs yet.
func (m *Manager) newProcess(spec Spec) *process {
	return &process{
		m: m, name: spec.Name, spec: spec, wakeup: make(chan struct{}, 1),
		state: StateStopped, startWhy: CauseRequest, stopCause: CauseRequest, specKnown: true,
	}
}

// add puts a new process under the manager and starts its goroutine.
func (m *Manager) add(p *process) (Change, error) {
	p.mu.Lock() // nothing happens to the process before it is reported as added
	other, err := m.registry.add(p)
	if err == nil && other == nil {
		p.publish(Event{Type: EventAdded})
		go p.run()
	}
	p.mu.Unlock()
	switch {
	case err != nil:
		return Change{}, err
	case other != nil:
		return other.change(p.spec) // another call added it first
	}
	return Change{Kind: ChangeAdded}, nil
}

// openSink opens the output of a process. All processes of one name have the same sink, one after the other.
func (m *Manager) openSink(p *process, inherited int) error {
	path := m.pipes.path(p.name)
	p.sink = m.registry.sink(p.name, func() *output.Sink {
		return output.NewSink(m.hub, p.name, path, path+".rec", func(l output.Loss) { m.reportLoss(p.name, l) })
	})
	if err := p.sink.Open(p.spec.Output.options(), inherited); err != nil {
		return err
	}
	if inherited < 0 { // else the previous binary has stored it
		m.pipes.keep(p)
	}
	return nil
}

// reportLoss tells of output that could not be written to a full disk. The sink
// calls it while it is locked: nothing may wait for a sink while it holds p.mu.
func (m *Manager) reportLoss(name string, l output.Loss) {
	p, err := m.registry.find(name)
	if err != nil {
		return
	}
	e := Event{Type: EventOutput, Detail: "output is discarded: the file cannot be written"}
	if l.Err != nil {
		e.Detail += ": " + l.Err.Error()
	}
	if l.Over {
		e.Detail = fmt.Sprintf("output is written again, %d bytes were discarded since %s",
			l.Bytes, l.Since.UTC().Format(time.RFC3339))
	}
	p.report(e)
}

func (o OutputPolicy) options() output.Options {
	return output.Options{
		Path: o.Path, MaxSizeMB: o.MaxSizeMB, MaxAge: o.MaxAge,
		MaxBackups: o.MaxBackups, Compress: o.Compress, Cap: o.Cap,
	}
}

// change replaces the spec and applies what a running process can take without a restart.
func (p *process) change(spec Spec) (Change, error) {
	p.mu.Lock()
	if p.removed {
		p.mu.Unlock()
		return Change{}, beingRemoved(p.name)
	}
	old := p.spec
	p.spec, p.specKnown = spec, true
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
		p.publish(Event{Type: EventChanged, Detail: fmt.Sprint(fields)})
		p.save()
	}
	p.mu.Unlock()
	p.wake()
	p.m.sampler.wake()
	return ch, p.apply(c, old, spec)
}

// apply changes a running child from the old spec to the new one.
func (p *process) apply(c *child, old, spec Spec) error {
	var errs []error
	if !reflect.DeepEqual(old.Output, spec.Output) {
		errs = append(errs, p.sink.Open(spec.Output.options(), -1))
	}
	if c == nil || c.exited.Load() {
		return errors.Join(errs...)
	}
	if !reflect.DeepEqual(old.OOMScoreAdj, spec.OOMScoreAdj) {
		value := kernel.OOMScoreAdj() // the value that a new child inherits
		if spec.OOMScoreAdj != nil {
			value = *spec.OOMScoreAdj
		}
		c.adjustOOM(value, p.m.cfg.Logger)
	}
	if c.group != nil {
		errs = append(errs, p.m.groups.limit(c.group, spec, false))
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
		// Compared as JSON, so that a spec read from a record equals the one that was saved.
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
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	p.requestRemoval()
	return p.awaitRemoved(ctx)
}

// Want sets the desired state and does not wait until it is reached. It changes
// nothing when that is the desired state already; in particular it does not
// shorten a backoff.
func (m *Manager) Want(name string, running bool) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	if running {
		_, err = p.requestStart()
		return err
	}
	p.requestStop(CauseRequest, false)
	return nil
}

// Start sets the desired state to running and waits until the process was
// started. It returns nil for one that runs already, the reason when the start
// failed (the restart policy tries again), ErrWaiting when the process was to run
// already and waits for its next start, and ErrSuperseded when a Stop or Remove
// came in between. ctx bounds only the waiting: the desired state stays.
func (m *Manager) Start(ctx context.Context, name string) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	request, err := p.requestStart()
	if err != nil {
		return err
	}
	return request.await(ctx, p)
}

// Stop sets the desired state to stopped and returns when the whole tree is gone:
// it gets its stop signal first and is killed after its grace period. When ctx
// ends first, the stop goes on and ctx's error is returned.
func (m *Manager) Stop(ctx context.Context, name string) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	return p.requestStop(CauseRequest, false).await(ctx, p)
}

// Kill is Stop without a grace period: the tree is killed at once.
func (m *Manager) Kill(ctx context.Context, name string) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	return p.requestStop(CauseRequest, true).await(ctx, p)
}

// Restart ends the process as Stop does and starts it again, whatever its
// restart policy. It resets the backoff and starts a waiting process at once.
// It returns when the successor was started, with the errors of Start.
func (m *Manager) Restart(ctx context.Context, name string) error {
	return m.restart(ctx, name, CauseRequest, false)
}

// ForceRestart is Restart without a grace period: the old tree is killed at once.
func (m *Manager) ForceRestart(ctx context.Context, name string) error {
	return m.restart(ctx, name, CauseRequest, true)
}

// RestartFor is Restart with a cause of the caller's for events and status. With
// a cause that is a failure ([CauseStale]) it is treated as a crash: the restart
// policy counts the end and decides what follows, and a process that is not to
// run stays as it is (ErrSuperseded).
func (m *Manager) RestartFor(ctx context.Context, name string, why Cause) error {
	return m.restart(ctx, name, why, false)
}

func (m *Manager) restart(ctx context.Context, name string, why Cause, forced bool) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	request, err := p.requestRestart(why, forced)
	if err != nil {
		return err
	}
	return request.await(ctx, p)
}

// Signal sends sig to the main process.
func (m *Manager) Signal(name string, sig syscall.Signal) error {
	p, err := m.registry.find(name)
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
	p.publish(Event{Type: EventSignal, Cause: CauseRequest, Pid: c.pid, Detail: sig.String()})
	return nil
}

// Alive reports a sign of life of the process. It moves the liveness deadline
// and gives the start slot back. It is cheap.
func (m *Manager) Alive(name string) error {
	p, err := m.registry.find(name)
	if err != nil {
		return err
	}
	c := p.current()
	if c == nil {
		return fmt.Errorf("%q: %w", name, ErrNotRunning)
	}
	first := c.alive.Swap(int64(m.cfg.Now().Sub(m.born))) == 0
	if first {
		c.leaveSlot()
		p.wake() // from now on Liveness.Deadline counts, not StartDeadline
	}
	return nil
}

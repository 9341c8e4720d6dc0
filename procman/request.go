package procman

import (
	"context"
	"fmt"
	"time"
)

// startRequest is the state of a process when a caller asked for a start.
type startRequest struct {
	generation uint64
	attempts   uint64
	running    bool // it runs already: no attempt will follow
	waiting    bool // it waits for its next start, or ended for good
	failed     bool // the child is ended as a failure: the restart policy decides what follows
	ends       uint64
}

// stopRequest is the state of a process when a caller asked for a stop.
type stopRequest struct{ generation, ends uint64 }

// requestStart changes the desired state to running.
func (p *process) requestStart() (startRequest, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.removed:
		return startRequest{}, beingRemoved(p.name)
	case !p.specKnown && p.child == nil:
		return startRequest{}, fmt.Errorf("%q: %w", p.name, ErrNoSpec)
	}
	if !p.wanted {
		p.wanted = true
		p.generation++
		if !p.restored {
			p.backoff.Reset()
			p.nextStart = time.Time{}
			p.startWhy = CauseRequest
		}
		p.restored = false
		if p.state == StateExited {
			p.setState(StateStopped, CauseRequest)
		}
	}
	r := startRequest{generation: p.generation, attempts: p.attempts}
	// A child that is ended for an earlier Stop does not count as running.
	r.running = p.child != nil && p.state == StateRunning && p.endWhy == ""
	r.waiting = p.waits()
	p.wake()
	return r, nil
}

// requestRestart ends the child and starts a successor.
func (p *process) requestRestart(why Cause, forced bool) (startRequest, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.removed:
		return startRequest{}, beingRemoved(p.name)
	case !p.specKnown:
		return startRequest{}, fmt.Errorf("%q: %w", p.name, ErrNoSpec)
	}
	if why.failure() {
		return p.requestFailure(why, forced)
	}
	p.wanted = true
	p.generation++
	p.backoff.Reset()
	p.nextStart = time.Time{}
	p.startWhy = why
	if p.state == StateExited {
		p.setState(StateStopped, why)
	}
	// Without a child, a start that is in progress is the restart.
	if p.child != nil {
		p.endWhy = why
		p.forced = p.forced || forced
	}
	p.wake()
	return startRequest{generation: p.generation, attempts: p.attempts}, nil
}

// requestFailure ends the child as if it had crashed; p.mu must be held.
func (p *process) requestFailure(why Cause, forced bool) (startRequest, error) {
	switch {
	case !p.wanted:
		return startRequest{}, fmt.Errorf("%q: %w: stopped", p.name, ErrSuperseded)
	case p.child == nil && !p.launching:
		return startRequest{}, fmt.Errorf("%q: %w", p.name, ErrWaiting)
	}
	r := startRequest{generation: p.generation, attempts: p.attempts, ends: p.ends, failed: p.child != nil}
	if p.child != nil && p.endWhy == "" {
		p.endWhy, p.forced = why, p.forced || forced
	}
	p.wake()
	return r, nil
}

// requestStop changes the desired state to stopped.
func (p *process) requestStop(why Cause, forced bool) stopRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		p.wanted = false
		p.generation++
	}
	p.stopCause, p.restored = why, false
	p.forced = p.forced || (forced && (p.child != nil || p.launching))
	if p.child == nil && !p.launching {
		p.nextStart = time.Time{}
		p.setState(StateStopped, why)
	}
	p.wake()
	return stopRequest{generation: p.generation, ends: p.ends}
}

// requestRemoval stops the process for good.
func (p *process) requestRemoval() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removed, p.wanted, p.stopCause = true, false, CauseRequest
	p.generation++
	p.wake()
}

func beingRemoved(name string) error { return fmt.Errorf("%q is being removed: %w", name, ErrUnknown) }

// waits tells whether no child runs and none is to be started now; p.mu must be held.
func (p *process) waits() bool {
	return p.child == nil && (p.state == StateExited || !p.nextStart.IsZero())
}

// await waits until done says so; done is called with p.mu held.
func (p *process) await(ctx context.Context, done func() (bool, error)) error {
	for {
		p.mu.Lock()
		ok, err := done()
		if ok {
			p.mu.Unlock()
			return err
		}
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.m.ctx.Done():
			return ErrClosed
		}
	}
}

// await waits until the process was started, or will not be.
func (r startRequest) await(ctx context.Context, p *process) error {
	return p.await(ctx, func() (bool, error) {
		switch {
		case r.running:
			return true, nil
		case p.attempts > r.attempts:
			return true, p.startErr
		case p.removed:
			return true, fmt.Errorf("start of %q: %w: removed", p.name, ErrSuperseded)
		case !p.wanted:
			return true, fmt.Errorf("start of %q: %w: stopped", p.name, ErrSuperseded)
		case (r.waiting || r.failed && p.ends > r.ends) && p.waits():
			return true, fmt.Errorf("%q: %w", p.name, ErrWaiting)
		}
		return false, nil
	})
}

// await waits until nothing of the process is alive. It also returns when the run
// that was to be stopped has ended and a later call started a successor.
func (r stopRequest) await(ctx context.Context, p *process) error {
	return p.await(ctx, func() (bool, error) {
		switch {
		case p.child == nil && !p.launching, p.ends > r.ends:
			return true, nil
		case p.wanted && p.generation != r.generation && p.state == StateRunning:
			// A later Start came before anything was done: the old run goes on.
			return true, fmt.Errorf("stop of %q: %w: started", p.name, ErrSuperseded)
		}
		return false, nil
	})
}

// awaitRemoved waits until the process's goroutine has cleaned up.
func (p *process) awaitRemoved(ctx context.Context) error {
	return p.await(ctx, func() (bool, error) { return p.state == "", nil })
}

package procman

import (
	"context"
	"fmt"
	"time"
)

// mark is where a caller stands: what was when its wish was taken in.
type mark struct {
	wish     uint64
	attempts uint64
	runs     bool // it ran already, or waits: no attempt is to be expected
	waiting  bool
	failed   bool // its end was asked for as a failure's: what follows is the policy's
	ends     uint64
}

func (p *process) wishStart() (mark, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.removed:
		return mark{}, fmt.Errorf("%q is being removed: %w", p.name, ErrUnknown)
	case !p.known && p.child == nil:
		return mark{}, fmt.Errorf("%q: %w", p.name, ErrNoSpec)
	}
	if !p.wanted {
		p.wanted = true
		p.wish++
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
	m := mark{wish: p.wish, attempts: p.attempts}
	// A child that is being ended for an earlier Stop is not the one asked for.
	m.runs = p.child != nil && p.state == StateRunning && p.order == ""
	m.waiting = p.child == nil && (p.state == StateExited || !p.nextStart.IsZero())
	p.wake()
	return m, nil
}

func (p *process) wishRestart(why Cause, hard bool) (mark, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.removed:
		return mark{}, fmt.Errorf("%q is being removed: %w", p.name, ErrUnknown)
	case !p.known:
		return mark{}, fmt.Errorf("%q: %w", p.name, ErrNoSpec)
	}
	if why.failure() {
		return p.fail(why, hard)
	}
	p.wanted = true
	p.wish++
	p.backoff.Reset()
	p.nextStart = time.Time{}
	p.startWhy = why
	if p.state == StateExited {
		p.setState(StateStopped, why)
	}
	m := mark{wish: p.wish, attempts: p.attempts}
	// A start that is in progress already is the restart.
	if p.child != nil {
		p.order = why
		p.hard = p.hard || hard
	}
	p.wake()
	return m, nil
}

// fail has the child ended as by a crash; p.mu must be held.
func (p *process) fail(why Cause, hard bool) (mark, error) {
	switch {
	case !p.wanted:
		return mark{}, fmt.Errorf("%q: %w: stopped", p.name, ErrSuperseded)
	case p.child == nil && !p.launching:
		return mark{}, fmt.Errorf("%q: %w", p.name, ErrWaiting)
	}
	m := mark{wish: p.wish, attempts: p.attempts, ends: p.ends, failed: p.child != nil}
	if p.child != nil && p.order == "" {
		p.order, p.hard = why, p.hard || hard
	}
	p.wake()
	return m, nil
}

// wishStop returns where the caller stands, for awaitGone.
func (p *process) wishStop(why Cause, hard bool) stopMark {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		p.wanted = false
		p.wish++
	}
	p.stopCause, p.restored = why, false
	p.hard = p.hard || (hard && (p.child != nil || p.launching))
	if p.child == nil && !p.launching {
		p.nextStart = time.Time{}
		p.setState(StateStopped, why)
	}
	p.wake()
	return stopMark{wish: p.wish, ends: p.ends}
}

// stopMark is where a caller of Stop stands.
type stopMark struct{ wish, ends uint64 }

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

func (p *process) awaitStart(ctx context.Context, at mark) error {
	return p.await(ctx, func() (bool, error) {
		switch {
		case at.runs:
			return true, nil
		case p.attempts > at.attempts:
			return true, p.startErr
		case p.removed:
			return true, fmt.Errorf("start of %q: %w: removed", p.name, ErrSuperseded)
		case !p.wanted:
			return true, fmt.Errorf("start of %q: %w: stopped", p.name, ErrSuperseded)
		case at.failed && p.ends > at.ends && p.child == nil && (p.state == StateExited || !p.nextStart.IsZero()):
			return true, fmt.Errorf("%q: %w", p.name, ErrWaiting)
		case at.waiting && p.child == nil && (p.state == StateExited || !p.nextStart.IsZero()):
			return true, fmt.Errorf("%q: %w", p.name, ErrWaiting)
		}
		return false, nil
	})
}

// awaitGone waits until nothing of the process is alive, or until the run that
// was to be stopped has ended and a later call brought a successor.
func (p *process) awaitGone(ctx context.Context, at stopMark) error {
	return p.await(ctx, func() (bool, error) {
		switch {
		case p.child == nil && !p.launching, p.ends > at.ends:
			return true, nil
		case p.wanted && p.wish != at.wish && p.state == StateRunning:
			// Wished back before anything was done: the old run goes on.
			return true, fmt.Errorf("stop of %q: %w: started", p.name, ErrSuperseded)
		}
		return false, nil
	})
}

// awaitRemoved waits until the goroutine has cleaned up.
func (p *process) awaitRemoved(ctx context.Context) error {
	return p.await(ctx, func() (bool, error) { return p.state == "", nil })
}

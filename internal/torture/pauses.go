package main

import (
	"context"
	"fmt"
	"time"

	"flowhq"
	"flowhq/internal/wasim"
)

// tooOld is the age of a message that is written as if it had waited at WhatsApp for longer than a bot may answer: the
// limit is the product's default of 30 minutes.
const tooOld = 31 * time.Minute

// timeout is how long something may take to become visible: the appliance may be down and the machine busy meanwhile.
const timeout = time.Minute

// pick gives this fault a business that no other pause has; nil when there is none. free must be called.
func (w *world) pick(wanted func(*business) bool) *business {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range 10 {
		if b := w.shop[w.rnd.IntN(len(w.shop))]; !b.held && wanted(b) {
			b.held = true
			return b
		}
	}
	return nil
}

func (w *world) free(b *business) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b.held = false
}

// broken notes a promise that was broken during the run.
func (w *world) broken(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

// restrict keeps an account from sending. WhatsApp announces it, or just refuses messages and says why a little later.
// Its worker may be killed meanwhile: it must not begin with a message that is refused.
func (w *world) restrict(ctx context.Context) (bool, error) {
	// on a full disk the pause cannot be stored
	b := w.pick(func(b *business) bool { return b.disk == nil })
	if b == nil {
		return false, nil
	}
	defer w.free(b)
	lock := wasim.Fault{Fault: "timelock", Number: b.number,
		Seconds: w.between(8*time.Second, 20*time.Second).Seconds()}
	if w.chance(2) == 0 {
		silent := lock
		silent.Silent = true
		if _, err := w.bringAbout(silent); err != nil {
			return false, err
		}
		pause(ctx, 2*time.Second)
	}
	begun, err := w.bringAbout(lock)
	if err != nil || !begun {
		return false, err
	}
	return true, w.waitOut(ctx, b, lock.Seconds)
}

// banFor bans an account for a time. Its worker may be killed meanwhile: it must not try to log in.
func (w *world) banFor(ctx context.Context) (bool, error) {
	b := w.pick(func(b *business) bool { return b.disk == nil })
	if b == nil {
		return false, nil
	}
	defer w.free(b)
	ban := wasim.Fault{Fault: "ban", Number: b.number, BanCode: 101 + w.chance(6),
		Seconds: w.between(10*time.Second, 25*time.Second).Seconds()}
	begun, err := w.bringAbout(ban)
	if err != nil || !begun {
		return false, err
	}
	return true, w.waitOut(ctx, b, ban.Seconds)
}

// waitOut lets a pause last. One customer's message was under way too long meanwhile, the worker may die, and all other
// messages are answered afterwards.
func (w *world) waitOut(ctx context.Context, b *business, seconds float64) error {
	whole := time.Duration(seconds * float64(time.Second))
	third := whole / 3
	pause(ctx, third)
	if err := w.lateFor(b); err != nil {
		return err
	}
	if w.chance(2) == 0 {
		w.kill(b)
	}
	pause(ctx, whole-third)
	return nil
}

// lateFor lets one customer of a business write a message that comes too late to be answered.
func (w *world) lateFor(b *business) error {
	c := w.all[b.n+len(w.shop)*w.chance((len(w.all)-b.n+len(w.shop)-1)/len(w.shop))]
	return c.say(tooOld)
}

// replace lets another client take over an account's session. The worker must stand down, say so and stay away, until
// the operator starts it again.
func (w *world) replace(context.Context) (bool, error) {
	b := w.pick(func(b *business) bool { return b.disk == nil })
	if b == nil {
		return false, nil
	}
	defer w.free(b)
	ctx, cancel := context.WithTimeout(context.Background(), 2*timeout) // to its end, even when the run is over
	defer cancel()
	before, err := w.login(ctx, b)
	if err != nil {
		return false, err
	}
	if begun, err := w.bringAbout(wasim.Fault{Fault: "replaced", Number: b.number}); err != nil || !begun {
		return false, err
	}
	told, err := w.standsDown(ctx, b, before)
	if err != nil || !told {
		return false, err
	}
	if err := w.lateFor(b); err != nil {
		return false, err
	}
	if w.chance(2) == 0 { // one that comes back must stay away as well
		w.kill(b)
	}
	pause(ctx, w.between(3*time.Second, 12*time.Second))
	if now, err := w.login(ctx, b); err != nil || !now.Equal(before) {
		w.broken("%s: the session was given to another client, and the worker took it back by itself (%v)", b.number,
			err)
	}
	for w.app.api.Worker(ctx, b.id, "restart") != nil && pause(ctx, 200*time.Millisecond) { // the appliance may be away
	}
	return true, ctx.Err()
}

// standsDown waits until the product says of a worker that it was replaced. It may have been thrown out by something
// else before it heard why; then it comes back, as it must, and false is given.
func (w *world) standsDown(ctx context.Context, b *business, before time.Time) (bool, error) {
	for began := time.Now(); time.Since(began) < timeout; {
		t, err := w.app.api.Tenant(ctx, b.id)
		if err == nil && t.Session != nil && t.Session.Phase == flowhq.PhaseReplaced && t.Status == flowhq.TenantError {
			return true, nil
		}
		now, err := w.login(ctx, b)
		if err != nil {
			return false, err
		}
		if !now.Equal(before) {
			w.count("replaced, not heard of")
			return false, nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			break
		}
	}
	w.broken("%s: the session was given to another client, and %s later nothing says so", b.number, timeout)
	return false, nil
}

// login tells when the device of a business logged in last.
func (w *world) login(ctx context.Context, b *business) (time.Time, error) {
	p, err := w.sim.Phone(ctx, b.number)
	if err != nil {
		return time.Time{}, err
	}
	if len(p.Devices) != 1 {
		return time.Time{}, fmt.Errorf("%s has %d linked devices", b.number, len(p.Devices))
	}
	return p.Devices[0].LastLogin, nil
}

func (w *world) count(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[name]++
}

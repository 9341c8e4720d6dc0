package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"flowhq/internal/wasim"
)

// fault is a way to break something. do returns when it is over; false says that nothing came of it.
type fault struct {
	name   string
	weight int
	alone  bool // not twice at the same time
	do     func(ctx context.Context) (bool, error)
}

func (w *world) faults() []fault {
	all := []fault{
		{"worker killed", 10, false, w.killWorker},
		{"appliance killed", 2, true, w.killAppliance},
		{"connection dropped", 5, false, w.inject(wasim.Fault{Fault: "drop"})},
		{"connection reset", 5, false, w.inject(wasim.Fault{Fault: "reset"})},
		{"connection frozen", 3, false, w.lasting("freeze", 2, 12)},
		{"acknowledgements held", 5, false, w.lasting("hold-acks", 3, 20)},
		{"acknowledgements held long", 1, true, w.lasting("hold-acks", 60, 80)},
		{"restricted", 2, false, w.restrict},
		{"banned", 2, false, w.banFor},
		{"replaced", 2, false, w.replace},
		{"slow", 2, false, w.slow},
		{"restart asked for", 2, false, w.inject(wasim.Fault{Fault: "restart"})},
		{"login refused", 2, false, w.refuseLogin},
		{"send failed", 2, false, w.inject(wasim.Fault{Fault: "error-ack", Code: 500, Count: 2})},
		{"delivered again", 6, false, w.inject(wasim.Fault{Fault: "redeliver", Count: 5})},
		{"WhatsApp away", 1, true, w.outage},
		{"new phone", 4, false, w.toCustomer(wasim.Fault{Fault: "new-identity"})},
		{"answer asked for again", 5, false, w.toCustomer(wasim.Fault{Fault: "retry", Count: 2})},
		{"disk full", 3, true, w.fillDisk},
	}
	if w.pg != nil {
		all = append(all, fault{"PostgreSQL restarted", 2, true, w.restartPostgres})
	}
	return all
}

// suffer lets customers write and faults happen for the time of the run, and ends all faults.
func (w *world) suffer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.length)
	defer cancel()
	group, busy := errgroup.WithContext(ctx)
	for _, c := range w.all {
		group.Go(func() error { return c.write(busy) })
	}
	group.Go(func() error { return w.breakThings(busy) })
	if err := group.Wait(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	end, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	return w.sim.EndFaults(end)
}

// breakThings begins a fault every second or so until ctx ends, and waits until all are over. It stops at the first
// fault that cannot be brought about.
func (w *world) breakThings(ctx context.Context) error {
	faults := w.faults()
	running, until := errgroup.WithContext(ctx)
	for pause(until, w.between(200*time.Millisecond, 1500*time.Millisecond)) {
		f := w.drawFault(faults)
		if !w.begin(f) {
			continue
		}
		running.Go(func() error {
			if err := w.bring(until, f); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			return nil
		})
	}
	if err := running.Wait(); ctx.Err() == nil {
		return err
	}
	return nil // a fault that the end of the run cut short is not a failure
}

// drawFault draws a fault by its weight.
func (w *world) drawFault(faults []fault) fault {
	total := 0
	for _, f := range faults {
		total += f.weight
	}
	drawn := w.chance(total)
	for _, f := range faults {
		if drawn -= f.weight; drawn < 0 {
			return f
		}
	}
	return faults[len(faults)-1]
}

func (w *world) begin(f fault) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.alone && w.busy[f.name] {
		return false
	}
	w.busy[f.name] = true
	return true
}

func (w *world) bring(ctx context.Context, f fault) error {
	happened, err := f.do(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy[f.name] = false
	if happened {
		w.counts[f.name]++
	}
	return err
}

// tally says what happened how often.
func (w *world) tally() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(w.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, w.counts[name]))
	}
	return strings.Join(parts, ", ")
}

// anyone gives a business that a fault may happen to: none that a pause is tried on just now.
func (w *world) anyone() *business {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if b := w.shop[w.rnd.IntN(len(w.shop))]; !b.held || w.heldUp() {
			return b
		}
	}
}

// heldUp tells whether every business has a pause. mu is held.
func (w *world) heldUp() bool {
	return !slices.ContainsFunc(w.shop, func(b *business) bool { return !b.held })
}

func (w *world) killWorker(context.Context) (bool, error) { return w.kill(w.anyone()), nil }

func (w *world) kill(b *business) bool {
	pid := workerOf(b)
	return pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil
}

func (w *world) killAppliance(ctx context.Context) (bool, error) {
	away := w.between(0, 8*time.Second)
	if !w.app.kill(away) {
		return false, nil
	}
	for !w.app.up.Load() && pause(ctx, 50*time.Millisecond) {
	}
	return true, nil
}

// inject breaks something of one business.
func (w *world) inject(f wasim.Fault) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		f := f
		f.Number = w.anyone().number
		return w.bringAbout(f)
	}
}

// toCustomer lets something happen to one customer.
func (w *world) toCustomer(f wasim.Fault) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		f := f
		f.Number = w.all[w.chance(len(w.all))].number
		return w.bringAbout(f)
	}
}

func (w *world) lasting(name string, least, most int) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		return w.bringAbout(wasim.Fault{Fault: name, Number: w.anyone().number,
			Seconds: w.between(time.Duration(least)*time.Second, time.Duration(most)*time.Second).Seconds()})
	}
}

func (w *world) refuseLogin(context.Context) (bool, error) {
	number := w.anyone().number
	if _, err := w.bringAbout(wasim.Fault{Fault: "refuse", Code: 503, Number: number}); err != nil {
		return false, err
	}
	return w.bringAbout(wasim.Fault{Fault: "drop", Number: number})
}

func (w *world) slow(ctx context.Context) (bool, error) {
	number := w.anyone().number
	if _, err := w.bringAbout(wasim.Fault{Fault: "slow", Number: number, MS: 20 + w.chance(300)}); err != nil {
		return false, err
	}
	pause(ctx, w.between(2*time.Second, 8*time.Second))
	return w.bringAbout(wasim.Fault{Fault: "slow", Number: number})
}

// bringAbout asks the simulator for a fault. It is not a failure when what is to be disturbed is not there.
func (w *world) bringAbout(f wasim.Fault) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	n, err := w.sim.Inject(ctx, f)
	return n > 0, err
}

func (w *world) outage(ctx context.Context) (bool, error) {
	long := w.between(time.Second, 6*time.Second)
	if err := w.sim.Outage(ctx, long); err != nil {
		return false, ignoreEnd(ctx, err)
	}
	pause(ctx, long)
	return true, nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (w *world) fillDisk(ctx context.Context) (bool, error) {
	b := w.shop[w.chance(min(smallDisks, len(w.shop)))]
	if err := b.disk.fill(); err != nil {
		return false, err
	}
	pause(ctx, w.between(2*time.Second, 10*time.Second))
	return true, b.disk.free()
}

func (w *world) restartPostgres(ctx context.Context) (bool, error) {
	if err := w.pg.Stop(); err != nil {
		return false, err
	}
	pause(ctx, w.between(0, 5*time.Second))
	return true, w.pg.Start()
}

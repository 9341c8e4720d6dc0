package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/internal/wasim"
)

type bench struct {
	tenants, rate int
	load, idle    time.Duration
	bin           string
	begun         time.Time
	sim           *harness.Simulator
	app           *harness.Appliance
	businesses    []business
}

type business struct {
	id, number, customer string
	pid                  int
}

// result is what one run measured.
type result struct {
	linked                    time.Duration // all created, started and linked
	idlePSS, busyPSS          spread        // KiB a worker
	applianceRSS, applianceSS int           // KiB, idle: resident and proportional
	busyRSS                   int           // KiB, after the load
	idleCPU                   float64       // of one core, the appliance alone
	fleetCPU                  float64       // of one core, all workers together
	latency                   spread        // microseconds
	sent, answered            int
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6.1f s  %s\n", time.Since(b.begun).Seconds(), fmt.Sprintf(format, args...))
}

func (b *bench) measure(ctx context.Context, dir string) (r result, err error) {
	defer func() { err = errors.Join(err, b.stop()) }()
	if err := b.start(ctx, dir); err != nil {
		return r, err
	}
	begun := time.Now()
	if err := b.open(ctx); err != nil {
		return r, err
	}
	r.linked = time.Since(begun)
	b.say("%d workers are linked; watching them idle for %s", b.tenants, b.idle)
	if err := b.watchIdle(ctx, &r); err != nil {
		return r, err
	}
	b.say("customers write: %d messages a second for %s", b.rate, b.load)
	if err := b.converse(ctx, &r); err != nil {
		return r, err
	}
	r.busyPSS, err = b.workersPSS()
	if err != nil {
		return r, err
	}
	r.busyRSS, err = memory(b.app.PID(), "VmRSS")
	return r, err
}

func (b *bench) start(ctx context.Context, dir string) (err error) {
	b.sim, err = harness.StartSimulator(filepath.Join(b.bin, "wasim"), filepath.Join(dir, "simulator"))
	if err != nil {
		return err
	}
	b.app, err = harness.StartAppliance(ctx, harness.Options{
		Bin: filepath.Join(b.bin, "flowhq"), Dir: dir, Simulator: b.sim,
		Env: map[string]string{"RATE_LIMIT_MAX_PER_MINUTE": "6000", "CONTACT_REPLY_MAX": "0"},
	})
	return err
}

func (b *bench) stop() error {
	var errs []error
	if b.app != nil && b.app.Process != nil {
		errs = append(errs, b.app.Stop(60*time.Second))
	}
	if b.sim != nil && b.sim.Process != nil {
		errs = append(errs, b.sim.Stop(20*time.Second))
	}
	return errors.Join(errs...)
}

// open makes the businesses, each with one customer, eight at a time.
func (b *bench) open(ctx context.Context) error {
	b.businesses = make([]business, b.tenants)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range b.businesses {
		group.Go(func() error { return b.openOne(ctx, i) })
	}
	return group.Wait()
}

func (b *bench) openOne(ctx context.Context, i int) error {
	s := &b.businesses[i]
	s.number, s.customer = fmt.Sprintf("+2557010%05d", i), fmt.Sprintf("+2557110%05d", i)
	t, err := b.app.Create(ctx, harness.NewTenant{
		Name: fmt.Sprintf("Business %d", i), PhoneNumber: s.number, BusinessName: fmt.Sprintf("Business %d", i),
		TemplateType: flowhq.TemplateTypes()[i%3], Language: flowhq.Swahili,
	})
	if err != nil {
		return err
	}
	s.id = t.ID
	if err := b.app.Worker(ctx, s.id, "start"); err != nil {
		return err
	}
	if err := b.app.Link(ctx, b.sim, s.id, s.number, t.Name); err != nil {
		return err
	}
	p, err := b.app.WorkerProcess(ctx, s.id)
	if err != nil {
		return err
	}
	s.pid = p.PID
	return b.sim.AddCustomer(ctx, s.customer, "Customer", "pn")
}

func (b *bench) watchIdle(ctx context.Context, r *result) error {
	select { // let what linking stirred up settle
	case <-time.After(20 * time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	app, fleet, err := b.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	select {
	case <-time.After(b.idle):
	case <-ctx.Done():
		return ctx.Err()
	}
	appAfter, fleetAfter, err := b.cpu()
	if err != nil {
		return err
	}
	seconds := time.Since(begun).Seconds()
	r.idleCPU, r.fleetCPU = (appAfter-app).Seconds()/seconds, (fleetAfter-fleet).Seconds()/seconds
	if r.idlePSS, err = b.workersPSS(); err != nil {
		return err
	}
	if r.applianceRSS, err = memory(b.app.PID(), "VmRSS"); err != nil {
		return err
	}
	r.applianceSS, err = pss(b.app.PID())
	return err
}

// converse lets the customers write in turn, evenly over time, and waits for each answer.
func (b *bench) converse(ctx context.Context, r *result) error {
	var mu sync.Mutex
	var took []int
	group, ctx := errgroup.WithContext(ctx)
	total := int(b.load.Seconds()) * b.rate
	tick := time.NewTicker(time.Second / time.Duration(b.rate))
	defer tick.Stop()
	for n := range total {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		s := b.businesses[n%len(b.businesses)]
		round := n / len(b.businesses)
		group.Go(func() error {
			d, err := b.ask(ctx, s, round)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, int(d.Microseconds()))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.sent, r.answered, r.latency = total, len(took), newSpread(took)
	return nil
}

// ask sends one message and measures, by the simulator's clock, until the reply was there. Each customer gets one reply a
// round, so that the reply to round n is row n+1 of the inbox.
func (b *bench) ask(ctx context.Context, s business, round int) (time.Duration, error) {
	begun := time.Now()
	if _, err := b.sim.Send(ctx, s.customer, wasim.Message{To: s.number, Text: "Habari"}); err != nil {
		return 0, err
	}
	for range 60 {
		rows, err := b.sim.Inbox(ctx, s.customer, round, time.Second)
		if err != nil {
			return 0, err
		}
		if len(rows) > 0 {
			return rows[0].At.Sub(begun), nil
		}
	}
	return 0, fmt.Errorf("no answer to message %d of %s within a minute", round+1, s.customer)
}

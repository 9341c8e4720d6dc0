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
	reconnecting  int // workers that come back after an outage; 0: not measured
	period, idle  time.Duration
	bin           string // folder of the programs
	program       string // the appliance's
	each          string // file for the stages of each message; empty: none
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
	idleCPU                   float64       // of one core, only the appliance
	fleetCPU                  float64       // of one core, all workers together
	restartedPSS              spread        // KiB a worker, idle, linked by an earlier process
	// microseconds: of each customer's first message, to a worker that was at rest
	first          spread
	latency        spread // microseconds: of all later ones
	stages         stages
	comeback       comeback
	sent, answered int
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
	if err := b.grow(ctx, b.tenants); err != nil {
		return r, err
	}
	r.linked = time.Since(begun)
	b.say("%d workers are linked; watching them idle for %s", b.tenants, b.idle)
	if err := b.watchIdle(ctx, &r); err != nil {
		return r, err
	}
	if err := b.watchRestarted(ctx, &r); err != nil {
		return r, err
	}
	b.say("each customer writes a first message, %d a second", firstRate)
	if r.first, _, err = b.converse(ctx, 0, len(b.businesses), firstRate); err != nil {
		return r, err
	}
	b.say("customers write: %d messages a second for %s", b.rate, b.period)
	if err := b.load(ctx, &r); err != nil {
		return r, err
	}
	if r.busyRSS, err = memory(b.app.PID(), "VmRSS"); err != nil {
		return r, err
	}
	if err := pause(ctx, idleBefore); err != nil {
		return r, err
	}
	if r.busyPSS, err = b.workersPSS(); err != nil || b.reconnecting == 0 {
		return r, err
	}
	r.comeback, err = b.reconnect(ctx)
	return r, err
}

func (b *bench) start(ctx context.Context, dir string) (err error) {
	b.sim, err = harness.StartSimulator(filepath.Join(b.bin, "wasim"), filepath.Join(dir, "simulator"))
	if err != nil {
		return err
	}
	b.app, err = harness.StartAppliance(ctx, harness.Options{
		Bin: b.program, Dir: dir, Simulator: b.sim,
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

// idleBefore is the pause before the memory of a busy fleet is measured: idle workers give memory back.
const idleBefore = 40 * time.Second

// grow makes businesses up to n, each with one customer, eight at a time.
func (b *bench) grow(ctx context.Context, n int) error {
	from := len(b.businesses)
	if n <= from {
		return nil
	}
	b.businesses = append(b.businesses, make([]business, n-from)...)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := from; i < n; i++ {
		group.Go(func() error { return b.openOne(ctx, i) })
	}
	return group.Wait()
}

// watchRestarted measures workers as they are after a reboot or an upgrade: they did not link the device themselves.
func (b *bench) watchRestarted(ctx context.Context, r *result) error {
	b.say("all workers are restarted, eight at a time")
	group, restarting := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range b.businesses {
		group.Go(func() error {
			s := &b.businesses[i]
			if err := b.app.Worker(restarting, s.id, "restart"); err != nil {
				return err
			}
			return b.process(restarting, s)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := pause(ctx, idleBefore); err != nil {
		return err
	}
	var err error
	r.restartedPSS, err = b.workersPSS()
	return err
}

// process waits until a business is connected, and notes its process.
func (b *bench) process(ctx context.Context, s *business) error {
	return harness.Until(ctx, 100*time.Millisecond, func() error {
		if err := b.sim.WaitOnline(ctx, s.number); err != nil {
			return err
		}
		p, err := b.app.WorkerProcess(ctx, s.id)
		if err == nil && p.PID == 0 {
			err = fmt.Errorf("%s has no process", s.number)
		}
		s.pid = p.PID
		return err
	})
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
	case <-time.After(idleBefore):
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

// firstRate is how many first messages a second there are. Each costs several times a later one: customer and worker
// agree on keys, the worker loads its flow and prepares its statements.
const firstRate = 10

// load has the customers write for the whole period and splits the time that answers took by stages.
func (b *bench) load(ctx context.Context, r *result) error {
	r.sent = int(b.period.Seconds()) * b.rate
	took, all, err := b.converse(ctx, 1, r.sent, b.rate)
	if err != nil {
		return err
	}
	r.latency, r.answered = took, len(all)
	if err := pause(ctx, 3*time.Second); err != nil { // the last events reach the log
		return err
	}
	r.stages, err = b.split(ctx, all)
	return err
}

// converse lets the customers write in turn, evenly over time, and waits for each answer. round is how many answers
// each of them has had before. It gives the times that answers took, and each message with its times.
func (b *bench) converse(ctx context.Context, round, total, rate int) (spread, map[string]asked, error) {
	var mu sync.Mutex
	var took []int
	all := make(map[string]asked)
	group, writing := errgroup.WithContext(ctx)
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for n := range total {
		select {
		case <-tick.C:
		case <-writing.Done():
			return spread{}, nil, errors.Join(group.Wait(), context.Cause(writing))
		}
		s, round := b.businesses[n%len(b.businesses)], round+n/len(b.businesses)
		group.Go(func() error {
			id, a, err := b.ask(writing, s, round)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, micros(a.answered.Sub(a.at)))
			all[id] = a
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return spread{}, nil, err
	}
	return newSpread(took), all, nil
}

// ask sends one message and measures, by the simulator's clock, until the reply was there. Each customer gets one reply
// a round, so that the reply to round n is row n+1 of the inbox.
func (b *bench) ask(ctx context.Context, s business, round int) (id string, a asked, err error) {
	a.at = time.Now()
	if id, err = b.sim.Send(ctx, s.customer, wasim.Message{To: s.number, Text: "Habari"}); err != nil {
		return "", a, err
	}
	for range 60 {
		rows, err := b.sim.Inbox(ctx, s.customer, round, time.Second)
		if err != nil {
			return "", a, err
		}
		if len(rows) > 0 {
			a.answered = rows[0].At
			return id, a, nil
		}
	}
	return "", a, fmt.Errorf("no answer to message %d of %s within a minute", round+1, s.customer)
}

// Command torture runs the whole product, real appliance and worker processes on the simulator, while everything that
// can break is broken at random: workers and the appliance are killed, connections dropped, reset and frozen, WhatsApp
// goes away, messages are delivered twice, acknowledgements held back, PostgreSQL restarted, a tenant's disk filled,
// customers change their phones, numbers are restricted and banned for a while, sessions given to another client. In
// the end each customer's phone must show every answer exactly once and in order, and the message log must hold what
// was said; messages that were under way too long must be marked so and be on the owner's list; and nothing may be left
// undecrypted. `make torture` builds what it needs; a seed makes the same choices again.
//
// It needs root, to mount a small disk for some tenants.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options are the settings of a run.
type options struct {
	bin                string
	seed               uint64
	length             time.Duration
	tenants, customers int
	rate               float64
	store              string
	keep               bool
	out, commit        string
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "folder of the programs flowhq and wasim")
	flag.Uint64Var(&o.seed, "seed", 0, "the same seed makes the same choices; 0: another one every time")
	flag.DurationVar(&o.length, "length", 3*time.Minute,
		"how long each store is tortured, starting and checking not counted")
	flag.IntVar(&o.tenants, "tenants", 30, "how many businesses")
	flag.IntVar(&o.customers, "customers", 300, "how many customers, all businesses together")
	flag.Float64Var(&o.rate, "rate", 12, "messages a second, all customers together")
	flag.StringVar(&o.store, "store", "both", "sqlite, postgres or both, one after the other")
	flag.StringVar(&o.out, "out", "", "write what was found as a page into this file")
	flag.StringVar(&o.commit, "commit", "unknown", "which source the programs were built from; for that page")
	flag.BoolVar(&o.keep, "keep", false, "leave the folder of a run that failed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	stores := []string{o.store}
	switch o.store {
	case "both":
		stores = []string{"sqlite", "postgres"}
	case "sqlite", "postgres":
	default:
		return fmt.Errorf("--store %q: want sqlite, postgres or both", o.store)
	}
	if o.tenants < 1 || o.customers < o.tenants || o.rate <= 0 {
		return errors.New("want at least one business, as many customers as businesses, and a rate above 0")
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000) + 1
	}
	var err error
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	var all []summary
	var failed []error
	for _, store := range stores {
		o.store = store
		s, err := one(ctx, o)
		if s.store != "" {
			all = append(all, s)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s, seed %d: %w", store, o.seed, err))
			break
		}
	}
	if o.out != "" && len(all) > 0 {
		failed = append(failed, writePage(o.out, o.commit, all))
	}
	return errors.Join(failed...)
}

// one tortures one store.
func one(ctx context.Context, o options) (s summary, err error) {
	dir, err := os.MkdirTemp("", "flowhq-torture-")
	if err != nil {
		return s, err
	}
	w := newWorld(o, dir)
	defer func() {
		err = errors.Join(err, w.close())
		if err != nil && o.keep {
			fmt.Fprintln(os.Stderr, "everything of this run is in", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	w.say("%s, seed %d: %d businesses, %d customers", o.store, o.seed, o.tenants, o.customers)
	if err := w.open(ctx); err != nil {
		return s, err
	}
	w.say("all are linked; %.0f messages a second and faults for %s", o.rate, o.length)
	if err := w.suffer(ctx); err != nil {
		return s, err
	}
	w.say("faults are over (%s)", w.tally())
	problems := w.settle(ctx)
	if s, err = w.summary(problems); err != nil {
		return s, err
	}
	w.report(s)
	if len(problems) > 0 {
		return s, fmt.Errorf("%d promises were broken", len(problems))
	}
	return s, ctx.Err()
}

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/internal/wasim"
	"flowhq/storage/pgtest"
)

//go:embed flow.yaml
var flow string

// smallDisks is how many businesses have a disk of their own, so that it can be filled.
const smallDisks = 2

// world is the product under torture.
type world struct {
	options
	dir   string
	begun time.Time

	sim  *harness.Simulator
	pg   *pgtest.Server // nil on SQLite
	app  *keeper
	shop []*business
	all  []*customer

	mu     sync.Mutex
	rnd    *rand.Rand
	counts map[string]int  // faults by name
	busy   map[string]bool // what is going on and must not be begun twice
	found  []string        // promises that were broken during the run

	settled time.Duration // how long it took after the last fault
}

type business struct {
	n               int
	id, number, dir string
	disk            *disk // nil: the common one
	held            bool  // a pause is tried on it; guarded by world.mu
}

func newWorld(o options, dir string) *world {
	return &world{
		options: o, dir: dir, begun: time.Now(), rnd: rand.New(rand.NewPCG(o.seed, 1)),
		counts: make(map[string]int), busy: make(map[string]bool),
	}
}

func (w *world) say(format string, args ...any) {
	fmt.Printf("%7.1f s  %s\n", time.Since(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

// chance gives a random number below n, between a and b, and a random yes with probability p.
func (w *world) chance(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rnd.IntN(n)
}

func (w *world) between(a, b time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return a + time.Duration(w.rnd.Int64N(int64(b-a)))
}

// open starts everything, and makes and links the businesses.
func (w *world) open(ctx context.Context) (err error) {
	if w.sim, err = harness.StartSimulator(filepath.Join(w.bin, "wasim"),
		filepath.Join(w.dir, "simulator")); err != nil {
		return err
	}
	database := ""
	if w.store == "postgres" {
		if w.pg, err = pgtest.New(); err != nil {
			return err
		}
		if database, err = w.pg.Create("torture"); err != nil {
			return err
		}
	}
	app, err := harness.StartAppliance(ctx, harness.Options{
		Bin: filepath.Join(w.bin, "flowhq"), Dir: w.dir, DatabaseURL: database, Simulator: w.sim,
		Env: map[string]string{
			"RATE_LIMIT_MAX_PER_MINUTE": "6000", "CONTACT_REPLY_MAX": "0", "HEARTBEAT_INTERVAL_MS": "2000",
		},
	})
	if err != nil {
		return err
	}
	w.app = keep(app)
	w.shop = make([]*business, w.tenants)
	group, linking := errgroup.WithContext(ctx)
	group.SetLimit(6)
	for i := range w.shop {
		group.Go(func() (err error) {
			w.shop[i], err = w.openBusiness(linking, i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return w.openCustomers(ctx)
}

func (w *world) openBusiness(ctx context.Context, i int) (*business, error) {
	b := &business{n: i, number: fmt.Sprintf("+2557012%05d", i)}
	name := fmt.Sprintf("Business %d", i)
	t, err := w.app.api.Create(ctx, harness.NewTenant{
		Name: name, PhoneNumber: b.number, BusinessName: name, TemplateType: flowhq.TemplateSupport,
		Language: flowhq.English,
	})
	if err != nil {
		return nil, err
	}
	b.id, b.dir = t.ID, w.app.sessionDir(t.ID)
	if i < smallDisks {
		if b.disk, err = mountDisk(b.dir); err != nil {
			return nil, err
		}
	}
	settings := "/admin/tenants/" + b.id + "/settings"
	if err := w.app.api.Admin(ctx, http.MethodPut, settings, map[string]any{"flow_yaml": flow}, nil); err != nil {
		return nil, err
	}
	if err := w.app.api.Admin(ctx, http.MethodPost, settings+"/publish", nil, nil); err != nil {
		return nil, err
	}
	if err := w.app.api.Worker(ctx, b.id, "start"); err != nil {
		return nil, err
	}
	return b, w.app.api.Link(ctx, w.sim, b.id, b.number, name)
}

// openCustomers makes the customers: with their number, with number and LID, and with a hidden number.
func (w *world) openCustomers(ctx context.Context) error {
	forms := []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly}
	for i := range w.customers {
		c := &customer{world: w, n: i, number: fmt.Sprintf("+2557112%05d", i), of: w.shop[i%len(w.shop)]}
		info, err := w.sim.MakeCustomer(ctx, c.number,
			wasim.CustomerOptions{Name: fmt.Sprintf("Customer %d", i), Address: forms[i/len(w.shop)%len(forms)]})
		if err != nil {
			return err
		}
		c.key = c.number
		if info.Address == wasim.AddressLIDOnly {
			c.key = "lid:" + strings.TrimSuffix(info.LID, "@lid")
		}
		w.all = append(w.all, c)
	}
	return nil
}

// close ends everything; a worker that is left is an error.
func (w *world) close() error {
	var errs []error
	if w.app != nil {
		errs = append(errs, w.app.stop())
		if left := w.workers(); len(left) > 0 {
			errs = append(errs, fmt.Errorf("workers outlived the appliance: %v", left))
		}
	}
	if w.sim != nil && w.sim.Process != nil {
		w.sim.Kill()
	}
	if w.pg != nil {
		w.pg.Close()
	}
	for _, b := range w.shop {
		if b != nil && b.disk != nil {
			errs = append(errs, b.disk.unmount())
		}
	}
	return errors.Join(errs...)
}

// workers gives the worker processes of this run, by business.
func (w *world) workers() map[string][]int {
	found := make(map[string][]int)
	for _, b := range w.shop {
		if b == nil {
			continue
		}
		if pids := processesWith("FLOWHQ_TENANT_DIR=" + b.dir); len(pids) > 0 {
			found[b.id] = pids
		}
	}
	return found
}

// workerOf gives the process that holds a business's folder, 0 when none does.
func workerOf(b *business) int {
	data, err := os.ReadFile(filepath.Join(b.dir, "worker.lock"))
	if err != nil {
		return 0
	}
	pid := 0
	if _, err := fmt.Sscan(string(data), &pid); err != nil || !isWorker(pid, b.dir) {
		return 0
	}
	return pid
}

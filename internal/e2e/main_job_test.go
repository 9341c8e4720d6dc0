package e2e_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
)

const (
	salonNumber = "+255700000101"
	shopNumber  = "+255700000102"
	asha        = "+255710000001"
	juma        = "+255710000002"
)

// The main job: a business links WhatsApp by QR code and its customers get answered, whatever dies on the way.
func TestMainJob(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, database string) {
		w := newWorld(t, database, nil)
		salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
		shop := w.business(t, "Duka la Asha", shopNumber, flowhq.TemplateEcommerce, flowhq.Swahili)
		w.customer(t, asha, "Asha", "pn")
		w.customer(t, juma, "Juma", "pn")

		t.Run("a greeting is answered in Swahili and both rows are logged", func(t *testing.T) {
			w.ask(t, asha, salonNumber, "Habari", "Neema Salon", "Huduma")
			w.waitLogged(t, salon.ID, 2)
		})
		t.Run("a restarted worker needs no new QR code", func(t *testing.T) {
			w.restartWorker(t, salon)
			w.ask(t, asha, salonNumber, "Mambo", "Neema Salon")
		})
		t.Run("a killed worker is back and answers", func(t *testing.T) {
			w.killWorker(t, salon)
			w.ask(t, asha, salonNumber, "Habari tena", "")
		})
		t.Run("WhatsApp dies and comes back", func(t *testing.T) {
			w.sim.Kill()
			if err := w.sim.Restart(); err != nil {
				t.Fatal(err)
			}
			ctx := limit(t, time.Minute)
			for _, id := range []string{salon.ID, shop.ID} {
				if err := w.sim.WaitOnline(ctx, map[string]string{salon.ID: salonNumber,
					shop.ID: shopNumber}[id]); err != nil {
					t.Fatal(err)
				}
			}
			w.ask(t, asha, salonNumber, "Habari za saa hizi", "")
		})
		t.Run("two businesses with customers in common do not see each other's messages", func(t *testing.T) {
			w.ask(t, asha, shopNumber, "Mambo", "Duka la Asha")
			w.ask(t, juma, shopNumber, "Habari", "Duka la Asha")
			w.ask(t, juma, salonNumber, "Habari", "Neema Salon")
			w.noneOf(t, salon.ID, "Duka la Asha", shopNumber)
			w.noneOf(t, shop.ID, "Neema Salon", salonNumber)
		})
		t.Run("the appliance dies: workers answer, and the next one adopts them", func(t *testing.T) {
			w.crash(t, salon, shop)
		})
		t.Run("SIGTERM ends everything, the next start brings the wished workers back", func(t *testing.T) {
			w.comeBack(t, salon, shop)
		})
	})
}

func (w *world) waitLogged(t *testing.T, id string, rows int) []harness.Message {
	t.Helper()
	var messages []harness.Message
	err := harness.Until(limit(t, 20*time.Second), 50*time.Millisecond, func() (err error) {
		if messages, err = w.Messages(t.Context(), id); err != nil {
			return err
		}
		if len(messages) < rows {
			return fmt.Errorf("%d rows are logged, not %d", len(messages), rows)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	directions := map[flowhq.MessageDirection]int{}
	for _, m := range messages {
		directions[m.Direction]++
	}
	if directions[flowhq.DirectionIn] == 0 || directions[flowhq.DirectionOut] == 0 {
		t.Errorf("logged %v", directions)
	}
	return messages
}

func (w *world) restartWorker(t *testing.T, tenant harness.Tenant) {
	t.Helper()
	before := w.pid(t, tenant.ID)
	if err := w.Worker(t.Context(), tenant.ID, "restart"); err != nil {
		t.Fatal(err)
	}
	w.waitSuccessor(t, tenant, before)
}

func (w *world) killWorker(t *testing.T, tenant harness.Tenant) {
	t.Helper()
	before := w.pid(t, tenant.ID)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.waitSuccessor(t, tenant, before)
}

// waitSuccessor waits for another process of the tenant that is connected without having shown a code.
func (w *world) waitSuccessor(t *testing.T, tenant harness.Tenant, before int) {
	t.Helper()
	ctx := limit(t, time.Minute)
	err := harness.Until(ctx, 20*time.Millisecond, func() error {
		p, err := w.WorkerProcess(ctx, tenant.ID)
		if err != nil {
			return err
		}
		now, err := w.Tenant(ctx, tenant.ID)
		if err != nil {
			return err
		}
		if now.Session.State == flowhq.SessionQRReady || now.Status == flowhq.TenantQRPending {
			t.Fatalf("a new QR code is shown, the tenant is %s", now.Status)
		}
		if p.PID == 0 || p.PID == before || now.Session.State != flowhq.SessionConnected {
			return fmt.Errorf("process %d (before %d), session %s", p.PID, before, now.Session.State)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) pid(t *testing.T, id string) int {
	t.Helper()
	p, err := w.WorkerProcess(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if p.PID == 0 {
		t.Fatalf("the worker of %s has no process: %+v", id, p)
	}
	return p.PID
}

// noneOf fails when a tenant's log shows anything of the other.
func (w *world) noneOf(t *testing.T, id string, foreign ...string) {
	t.Helper()
	for _, m := range w.waitLogged(t, id, 2) {
		if m.TenantID != id {
			t.Errorf("a row of %s is in the log of %s", m.TenantID, id)
		}
		for _, f := range foreign {
			if strings.Contains(m.Text, f) || m.From == f || m.To == f {
				t.Errorf("the log of %s shows %q: %+v", id, f, m)
			}
		}
	}
}

func (w *world) crash(t *testing.T, tenants ...harness.Tenant) {
	var before []int
	for _, tenant := range tenants {
		before = append(before, w.pid(t, tenant.ID))
	}
	w.Kill()
	w.ask(t, asha, salonNumber, "Upo?", "")
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var after []int
	for _, tenant := range tenants {
		after = append(after, w.pid(t, tenant.ID))
	}
	if !slices.Equal(before, after) {
		t.Errorf("workers were %v, are %v: not adopted", before, after)
	}
	err := harness.Until(limit(t, 30*time.Second), 50*time.Millisecond, func() error {
		messages, err := w.Messages(t.Context(), tenants[0].ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(messages, func(m harness.Message) bool { return m.Text == "Upo?" }) {
			return fmt.Errorf("what was said while the appliance was away is not in the log")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func (w *world) comeBack(t *testing.T, tenants ...harness.Tenant) {
	var pids []int
	for _, tenant := range tenants {
		pids = append(pids, w.pid(t, tenant.ID))
	}
	if err := w.Stop(40 * time.Second); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if state := processState(pid); state != "" {
			t.Errorf("worker %d outlived SIGTERM: state %s", pid, state)
		}
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := limit(t, time.Minute)
	for _, tenant := range tenants {
		if err := w.WaitConnected(ctx, tenant.ID); err != nil {
			t.Fatal(err)
		}
	}
	w.ask(t, juma, shopNumber, "Mambo", "")
}

// processState gives the state of a process as the kernel names it; "" for one that is gone. One that has ended and was
// not yet asked for by its parent (which for an adopted worker is init, not the appliance) is gone.
func processState(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	if strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X") {
		return ""
	}
	return rest[:1]
}

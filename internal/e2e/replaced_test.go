package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/internal/wasim"
)

// Another program takes a business's device over. The worker stands down and says so, whatever is started again
// meanwhile, until an admin restarts it; then what came is answered.
func TestReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	w.ask(t, asha, salonNumber, "Habari", "")
	login, first := w.lastLogin(t), w.pid(t, salon.ID)
	w.inject(t, wasim.Fault{Number: salonNumber, Fault: "replaced"})
	w.standsDown(t, salon.ID, 0)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.standsDown(t, salon.ID, first)
	w.Kill()
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.standsDown(t, salon.ID, first)
	if page := w.page(t, "/admin/tenants/"+salon.ID, "Accept-Language", "en"); !strings.Contains(page,
		"Another program uses the same linked device") {
		t.Error("the page does not say what happened")
	}
	if _, err := w.sim.SendText(t.Context(), asha, salonNumber, "Mpo?"); err != nil {
		t.Fatal(err)
	}
	if now := w.lastLogin(t); !now.Equal(login) {
		t.Error("the device was taken back by itself")
	}
	if err := w.Worker(limit(t, 2*time.Minute), salon.ID, "restart"); err != nil {
		t.Fatal(err)
	}
	if err := w.WaitStatus(limit(t, 3*time.Minute), salon.ID, flowhq.TenantActive); err != nil {
		t.Fatal(err)
	}
	w.answeredAfter(t, asha, login)
}

// standsDown waits until a tenant is ERROR because its worker was replaced, and the worker another process than was.
func (w *world) standsDown(t *testing.T, id string, was int) {
	t.Helper()
	ctx := limit(t, 3*time.Minute)
	err := harness.Until(ctx, 50*time.Millisecond, func() error {
		tenant, err := w.Tenant(ctx, id)
		if err != nil {
			return err
		}
		p, err := w.WorkerProcess(ctx, id)
		if err != nil {
			return err
		}
		if tenant.Session.Phase != flowhq.PhaseReplaced || tenant.Status != flowhq.TenantError || p.PID == 0 ||
			p.PID == was {
			return fmt.Errorf("the tenant is %s, %s; its worker is process %d, was %d", tenant.Status,
				tenant.Session.Phase, p.PID, was)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

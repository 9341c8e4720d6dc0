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

// pauseLength is how long WhatsApp blocks the numbers of TestPause: enough for two restarts meanwhile.
const pauseLength = 40 * time.Second

// WhatsApp restricts one number and bans another. The worker and the appliance are killed meanwhile: the pause goes on to
// the same moment, the tenant's page counts it down, nothing is tried before its end, and then what came is answered.
func TestPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	shop := w.business(t, "Duka", shopNumber, flowhq.TemplateEcommerce, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	w.customer(t, juma, "Juma", "lid")
	w.ask(t, asha, salonNumber, "Habari", "")
	w.ask(t, juma, shopNumber, "Habari", "")

	w.inject(t, wasim.Fault{Number: salonNumber, Fault: "timelock", Seconds: pauseLength.Seconds()})
	w.inject(t, wasim.Fault{Number: shopNumber, Fault: "ban", Seconds: pauseLength.Seconds()})
	salonEnds := w.blocked(t, salon.ID, flowhq.PhaseRestricted)
	shopEnds := w.blocked(t, shop.ID, flowhq.PhaseBanned)
	for customer, number := range map[string]string{asha: salonNumber, juma: shopNumber} {
		if _, err := w.sim.SendText(t.Context(), customer, number, "Mpo?"); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []harness.Tenant{salon, shop} {
		if err := syscall.Kill(w.pid(t, b.ID), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	w.blockedTill(t, salon.ID, flowhq.PhaseRestricted, salonEnds)
	w.blockedTill(t, shop.ID, flowhq.PhaseBanned, shopEnds)
	w.Kill()
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.blockedTill(t, salon.ID, flowhq.PhaseRestricted, salonEnds)
	w.blockedTill(t, shop.ID, flowhq.PhaseBanned, shopEnds)
	w.wantCountdown(t, salon.ID, salonEnds)
	w.wantCountdown(t, shop.ID, shopEnds)
	if time.Now().After(salonEnds) || time.Now().After(shopEnds) {
		t.Fatal("the pause was over before everything was tried")
	}
	w.answeredAfter(t, asha, salonEnds)
	w.answeredAfter(t, juma, shopEnds)
	for _, b := range []harness.Tenant{salon, shop} {
		if err := w.WaitStatus(limit(t, 30*time.Second), b.ID, flowhq.TenantActive); err != nil {
			t.Error(err)
		}
		if strings.Contains(w.page(t, "/admin/tenants/"+b.ID), `class="blocked"`) {
			t.Errorf("the page of %s still shows a pause", b.Name)
		}
	}
	st, err := w.sim.Stats(t.Context())
	if err != nil || st.Refused != 0 || st.Banned != 1 {
		t.Errorf("WhatsApp refused %d messages and %d logins (%v)", st.Refused, st.Banned, err)
	}
}

func (w *world) inject(t *testing.T, f wasim.Fault) {
	t.Helper()
	if n, err := w.sim.Inject(t.Context(), f); err != nil || n == 0 {
		t.Fatalf("%s: %d, %v", f.Fault, n, err)
	}
}

// blocked waits until a tenant is in a phase with an end, and ERROR for it, and gives the end.
func (w *world) blocked(t *testing.T, id string, phase flowhq.Phase) (until time.Time) {
	t.Helper()
	ctx := limit(t, pauseLength)
	err := harness.Until(ctx, 50*time.Millisecond, func() error {
		tenant, err := w.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if s := tenant.Session; s.Phase != phase || s.BlockedUntil == nil || tenant.Status != flowhq.TenantError {
			return fmt.Errorf("%s is %s, %s until %v", tenant.Name, tenant.Status, s.Phase, s.BlockedUntil)
		}
		until = *tenant.Session.BlockedUntil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return until
}

func (w *world) blockedTill(t *testing.T, id string, phase flowhq.Phase, want time.Time) {
	t.Helper()
	if got := w.blocked(t, id, phase); !got.Equal(want) {
		t.Errorf("the pause ends %s, not %s as before", got, want)
	}
}

// wantCountdown looks for the end on the tenant's page, in both languages.
func (w *world) wantCountdown(t *testing.T, id string, until time.Time) {
	t.Helper()
	for lang, words := range map[string]string{"en": "WhatsApp lifts this on", "sw": "WhatsApp itaondoa kizuizi hiki"} {
		page := w.page(t, "/admin/tenants/"+id, "Accept-Language", lang)
		countdown := `<time datetime="` + until.UTC().Format("2006-01-02T15:04:05.000Z") + `" data-left="long">`
		if !strings.Contains(page, words) || !strings.Contains(page, countdown) {
			t.Errorf("%s: the page lacks %q or %s", lang, words, countdown)
		}
	}
}

// answeredAfter waits for the customer's second answer, which may not come before a moment, nor twice.
func (w *world) answeredAfter(t *testing.T, customer string, after time.Time) {
	t.Helper()
	ctx := limit(t, pauseLength+time.Minute)
	var rows []wasim.InboxRow
	err := harness.Until(ctx, 100*time.Millisecond, func() (err error) {
		if rows, err = w.sim.Inbox(ctx, customer, 0, 0); err == nil && len(rows) < 2 {
			err = fmt.Errorf("%s got %d answers", customer, len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1].At.Before(after.Add(-50*time.Millisecond)) || rows[1].Copies != 1 {
		t.Errorf("%s sees %+v; the pause ended %s", customer, rows, after)
	}
}

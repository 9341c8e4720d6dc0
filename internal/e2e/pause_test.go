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

// pauseLength is how long WhatsApp blocks the numbers of TestPause at first: enough for two restarts meanwhile on a
// machine that has nothing else to do. Where it is not, the pause is made twice as long.
const pauseLength = 40 * time.Second

// WhatsApp restricts one number and bans another. The worker and the appliance are killed meanwhile: the pause goes on
// to the same moment, the tenant's page counts it down, nothing is tried before its end, and then what came is
// answered.
func TestPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	p := &pausedPair{world: w, answers: 1}
	p.salon = w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	p.shop = w.business(t, "Duka", shopNumber, flowhq.TemplateEcommerce, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	w.customer(t, juma, "Juma", "lid")
	w.ask(t, asha, salonNumber, "Habari", "")
	w.ask(t, juma, shopNumber, "Habari", "")
	pauses := 1
	for length := pauseLength; !p.killedMeanwhile(t, length); length *= 2 {
		t.Logf("a pause of %s was over before everything was tried", length)
		pauses++
	}
	for _, b := range []harness.Tenant{p.salon, p.shop} {
		if err := w.WaitStatus(limit(t, 3*time.Minute), b.ID, flowhq.TenantActive); err != nil {
			t.Error(err)
		}
		if strings.Contains(w.page(t, "/admin/tenants/"+b.ID), `class="blocked"`) {
			t.Errorf("the page of %s still shows a pause", b.Name)
		}
	}
	st, err := w.sim.Stats(t.Context())
	if err != nil || st.Refused != 0 || st.Banned != int64(pauses) {
		t.Errorf("WhatsApp refused %d messages and %d logins in %d pauses (%v)", st.Refused, st.Banned, pauses, err)
	}
}

// pausedPair is a business whose number WhatsApp restricts, and one whose number it bans.
type pausedPair struct {
	*world
	salon, shop harness.Tenant
	answers     int // that each customer has
}

// killedMeanwhile pauses both, kills workers and appliance meanwhile and waits for the answers to what came. false when
// the pause was over before all was tried.
func (p *pausedPair) killedMeanwhile(t *testing.T, length time.Duration) (inTime bool) {
	t.Helper()
	ends := time.Now().Add(length)
	p.inject(t, wasim.Fault{Number: salonNumber, Fault: "timelock", Seconds: length.Seconds()})
	p.inject(t, wasim.Fault{Number: shopNumber, Fault: "ban", Seconds: length.Seconds()})
	salonEnds := p.blocked(t, p.salon.ID, flowhq.PhaseRestricted, ends)
	shopEnds := p.blocked(t, p.shop.ID, flowhq.PhaseBanned, ends)
	for customer, number := range map[string]string{asha: salonNumber, juma: shopNumber} {
		if _, err := p.sim.SendText(t.Context(), customer, number, "Mpo?"); err != nil {
			t.Fatal(err)
		}
	}
	p.answers++
	problems := p.restarted(t, salonEnds, shopEnds)
	if inTime = time.Now().Before(ends); inTime {
		for _, problem := range problems {
			t.Error(problem)
		}
	}
	p.answeredNth(t, asha, p.answers, salonEnds)
	p.answeredNth(t, juma, p.answers, shopEnds)
	return inTime
}

// restarted kills the workers, then everything, and tells what is wrong with the pauses afterwards.
func (p *pausedPair) restarted(t *testing.T, salonEnds, shopEnds time.Time) (problems []string) {
	t.Helper()
	look := func() {
		for _, b := range []struct {
			id    string
			phase flowhq.Phase
			ends  time.Time
		}{{p.salon.ID, flowhq.PhaseRestricted, salonEnds}, {p.shop.ID, flowhq.PhaseBanned, shopEnds}} {
			if got := p.blocked(t, b.id, b.phase, b.ends); !got.Equal(b.ends) {
				problems = append(problems, fmt.Sprintf("the pause ends %s, not %s as before", got, b.ends))
			}
		}
	}
	for _, b := range []harness.Tenant{p.salon, p.shop} {
		if err := syscall.Kill(p.pid(t, b.ID), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	look()
	p.Kill()
	if err := p.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	look()
	problems = append(problems, p.lacksCountdown(t, p.salon.ID, salonEnds)...)
	return append(problems, p.lacksCountdown(t, p.shop.ID, shopEnds)...)
}

func (w *world) inject(t *testing.T, f wasim.Fault) {
	t.Helper()
	if n, err := w.sim.Inject(t.Context(), f); err != nil || n == 0 {
		t.Fatalf("%s: %d, %v", f.Fault, n, err)
	}
}

// blocked waits until a tenant is in a phase with an end, and ERROR for it, and gives that end; the zero time when it
// was not until ends, when the pause is over.
func (w *world) blocked(t *testing.T, id string, phase flowhq.Phase, ends time.Time) (until time.Time) {
	t.Helper()
	ctx := limit(t, time.Until(ends)+3*time.Minute)
	err := harness.Until(ctx, 50*time.Millisecond, func() error {
		tenant, err := w.Tenant(ctx, id)
		switch {
		case err != nil:
			return err
		case tenant.Session.Phase == phase && tenant.Session.BlockedUntil != nil && tenant.Status == flowhq.TenantError:
			until = *tenant.Session.BlockedUntil
		case time.Now().Before(ends):
			return fmt.Errorf("%s is %s, %s until %v", tenant.Name, tenant.Status, tenant.Session.Phase,
				tenant.Session.BlockedUntil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return until
}

// lacksCountdown waits for the end on the tenant's page, in both languages, and tells what is missing when the pause is
// over: a worker that was just started says so first, and then that it is paused.
func (w *world) lacksCountdown(t *testing.T, id string, until time.Time) (problems []string) {
	t.Helper()
	for lang, words := range map[string]string{"en": "WhatsApp ends this on", "sw": "WhatsApp itaondoa kizuizi hiki"} {
		countdown := `<time datetime="` + until.UTC().Format("2006-01-02T15:04:05.000Z") + `" data-left="long">`
		err := harness.Until(limit(t, time.Until(until)), 50*time.Millisecond, func() error {
			page := w.page(t, "/admin/tenants/"+id, "Accept-Language", lang)
			if !strings.Contains(page, words) || !strings.Contains(page, countdown) {
				return fmt.Errorf("%s: the page lacks %q or %s:\n%s", lang, words, countdown, page)
			}
			return nil
		})
		if err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

// answeredAfter waits for the customer's second answer, which may not come before a moment, nor twice.
func (w *world) answeredAfter(t *testing.T, customer string, after time.Time) {
	t.Helper()
	w.answeredNth(t, customer, 2, after)
}

func (w *world) answeredNth(t *testing.T, customer string, n int, after time.Time) {
	t.Helper()
	ctx := limit(t, max(time.Until(after), 0)+5*time.Minute)
	var rows []wasim.InboxRow
	err := harness.Until(ctx, 100*time.Millisecond, func() (err error) {
		if rows, err = w.sim.Inbox(ctx, customer, 0, 0); err == nil && len(rows) < n {
			err = fmt.Errorf("%s got %d answers", customer, len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if last := rows[n-1]; len(rows) != n || last.At.Before(after.Add(-50*time.Millisecond)) || last.Copies != 1 {
		t.Errorf("%s sees %+v; the pause ended %s", customer, rows, after)
	}
}

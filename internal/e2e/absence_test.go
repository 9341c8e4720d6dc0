package e2e_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/storage/pgtest"
)

// envAbsence makes the absences of these tests longer: a duration. They are longer than a worker may be without a
// heartbeat before it is called stale; by hand it was ten minutes.
const (
	envAbsence  = "FLOWHQ_ABSENCE"
	staleLimit  = 24 * time.Second
	leastAbsent = staleLimit + 12*time.Second
)

func absence(t *testing.T) time.Duration {
	t.Helper()
	s := os.Getenv(envAbsence)
	if s == "" {
		return leastAbsent
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < leastAbsent {
		t.Fatalf("%s=%q: want a duration of at least %s (%v)", envAbsence, s, leastAbsent, err)
	}
	return d
}

func strict() map[string]string {
	return map[string]string{"STALE_THRESHOLD_MINUTES": fmt.Sprint(staleLimit.Minutes()),
		"STALE_CHECK_INTERVAL_MS": "1000"}
}

// Nobody starts the appliance again for longer than a heartbeat may fail: customers are answered throughout, and
// afterwards the log is complete and the worker is the same process.
func TestApplianceAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", strict())
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	before := w.pid(t, salon.ID)
	w.Kill()
	said := w.talkFor(t, absence(t))
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.wantComplete(t, salon.ID, said)
	if after := w.pid(t, salon.ID); after != before {
		t.Errorf("the worker was %d, is %d", before, after)
	}
	w.wantNeverStale(t, salon.ID)
}

// PostgreSQL is stopped for longer than a heartbeat may fail: no worker is called stale, customers are answered
// throughout, and afterwards the log is complete.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Private(t)
	w := newWorld(t, server.DSN(t), strict())
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	before := w.pid(t, salon.ID)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	said := w.talkFor(t, absence(t))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	w.wantComplete(t, salon.ID, said)
	if after := w.pid(t, salon.ID); after != before {
		t.Errorf("the worker was %d, is %d", before, after)
	}
	w.wantNeverStale(t, salon.ID)
	w.ask(t, asha, salonNumber, "Mambo", "")
}

// talkFor lets a customer write every few seconds; each message must be answered. It gives what was said.
func (w *world) talkFor(t *testing.T, d time.Duration) (said []string) {
	t.Helper()
	tick := time.NewTicker(d / 25)
	defer tick.Stop()
	for n := 1; n <= 25; n++ {
		text := fmt.Sprintf("Habari %d", n)
		w.ask(t, asha, salonNumber, text, "")
		said = append(said, text)
		<-tick.C
	}
	return said
}

// wantComplete waits until the log holds what was said, once each, with as many answers.
func (w *world) wantComplete(t *testing.T, id string, said []string) {
	t.Helper()
	err := harness.Until(limit(t, 90*time.Second), 200*time.Millisecond, func() error {
		messages, err := w.Messages(t.Context(), id)
		if err != nil {
			return err
		}
		var in []string
		out := 0
		for _, m := range slices.Backward(messages) { // oldest first
			if m.Direction == flowhq.DirectionIn {
				in = append(in, m.Text)
			} else {
				out++
			}
		}
		if !slices.Equal(in, said) || out != len(said) {
			return fmt.Errorf("the log has %q and %d answers to %q", in, out, said)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// wantNeverStale looks for a trace of the tenant having been called stale.
func (w *world) wantNeverStale(t *testing.T, id string) {
	t.Helper()
	var events []struct {
		Type   string `json:"type"`
		Detail string `json:"detail"`
	}
	if err := w.Admin(limit(t, 10*time.Second), "GET", "/admin/tenants/"+id+"/events?limit=200", nil,
		&events); err != nil {
		t.Fatal(err)
	}
	if len(events) == 0 {
		t.Error("the time line is empty")
	}
	for _, e := range events {
		if e.Type == flowhq.TenantEventStale || strings.Contains(e.Detail, string(flowhq.TenantError)) {
			t.Errorf("on the time line: %s %s", e.Type, e.Detail)
		}
	}
	tenant, err := w.Tenant(limit(t, 10*time.Second), id)
	if err != nil {
		t.Fatal(err)
	}
	if tenant.Status != flowhq.TenantActive || tenant.Worker.Status != flowhq.WorkerRunning {
		t.Errorf("the tenant is %s, its worker %s", tenant.Status, tenant.Worker.Status)
	}
}

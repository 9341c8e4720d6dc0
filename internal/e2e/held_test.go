package e2e_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/internal/wasim"
)

// envHeld makes the time longer for which TestAcknowledgementsHeld holds them: a duration; by hand it was a minute. It must
// be longer than the 10 s that a worker waits for one.
const (
	envHeld   = "FLOWHQ_HELD"
	leastHeld = 15 * time.Second
)

func heldFor(t *testing.T) time.Duration {
	t.Helper()
	s := os.Getenv(envHeld)
	if s == "" {
		return leastHeld
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < leastHeld {
		t.Fatalf("%s=%q: want a duration of at least %s (%v)", envHeld, s, leastHeld, err)
	}
	return d
}

// WhatsApp takes every reply and acknowledges none for a while. What customers write meanwhile is journalled and confirmed
// to WhatsApp at once all the same. At last the connection breaks, and with it go the acknowledgements. In the end everybody
// has one answer to each message, though replies were repeated.
func TestAcknowledgementsHeld(t *testing.T) {
	t.Parallel()
	held := heldFor(t)
	w := newWorld(t, "", nil)
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	customers := []string{asha, juma, "+255710000003", "+255710000004"}
	for i, c := range customers {
		w.customer(t, c, "Mteja", []string{"pn", "lid", "lid-only"}[i%3])
		w.ask(t, c, salonNumber, "Habari 0", "")
	}
	written := len(customers)
	w.inject(t, wasim.Fault{Number: salonNumber, Fault: "hold-acks", Seconds: held.Seconds()})
	ends := time.Now().Add(held)
	slowest := time.Duration(0)
	for round := 1; time.Until(ends) > held/4; round++ {
		for _, c := range customers {
			if _, err := w.sim.SendText(t.Context(), c, salonNumber, fmt.Sprint("Habari ", round)); err != nil {
				t.Fatal(err)
			}
			written++
			slowest = max(slowest, w.takenIn(t, salon.ID, written))
		}
		time.Sleep(held / 12)
	}
	w.inject(t, wasim.Fault{Number: salonNumber, Fault: "drop"})
	if time.Now().After(ends) {
		t.Fatalf("the acknowledgements were held for %s, which was over before all was written", held)
	}
	t.Logf("%d messages in %s without an acknowledgement; taken in, confirmed and logged after %s at most", written-len(customers), held, slowest.Round(time.Millisecond))
	w.answeredOnce(t, salon.ID, customers, written/len(customers))
	w.wantRepeated(t, customers)
}

// takenIn waits until WhatsApp's queue for the linked device is empty and the log holds so many messages of customers.
func (w *world) takenIn(t *testing.T, id string, messages int) time.Duration {
	t.Helper()
	began, ctx := time.Now(), limit(t, 5*time.Second)
	err := harness.Until(ctx, 20*time.Millisecond, func() error {
		in, _, err := w.logged(t, id)
		if err != nil {
			return err
		}
		phone, err := w.sim.Phone(ctx, salonNumber)
		if err != nil {
			return err
		}
		if waiting := phone.Devices[0].Waiting; in != messages || waiting != 0 {
			return fmt.Errorf("the log has %d of %d messages, WhatsApp waits for the confirmation of %d", in, messages, waiting)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// logged counts the messages and the answers in a tenant's log.
func (w *world) logged(t *testing.T, id string) (in, out int, err error) {
	messages, err := w.Messages(t.Context(), id)
	for _, m := range messages {
		if m.Direction == flowhq.DirectionIn {
			in++
		} else {
			out++
		}
	}
	return in, out, err
}

// answeredOnce waits until every customer has as many answers as messages, and looks whether more come.
func (w *world) answeredOnce(t *testing.T, id string, customers []string, each int) {
	t.Helper()
	ctx := limit(t, 3*time.Minute)
	complete := func() error {
		for _, c := range customers {
			rows, err := w.sim.Inbox(ctx, c, 0, 0)
			if err != nil {
				return err
			}
			if len(rows) != each {
				return fmt.Errorf("%s wrote %d messages and sees %d answers", c, each, len(rows))
			}
		}
		in, out, err := w.logged(t, id)
		if total := each * len(customers); err == nil && (in != total || out != total) {
			err = fmt.Errorf("the log has %d messages and %d answers of %d each", in, out, total)
		}
		return err
	}
	if err := harness.Until(ctx, 100*time.Millisecond, complete); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // nothing may follow
	if err := complete(); err != nil {
		t.Error(err)
	}
}

// wantRepeated looks for a message that was sent more than once under its id: without one a test of repetitions proves nothing.
func (w *world) wantRepeated(t *testing.T, customers []string) {
	t.Helper()
	for _, c := range customers {
		rows, err := w.sim.Inbox(t.Context(), c, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.Copies > 1 {
				return
			}
		}
	}
	t.Error("no reply was repeated: this proves nothing")
}

package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/internal/wasim"
)

// WhatsApp takes every reply and acknowledges none, for longer than a worker waits for an acknowledgement. What
// customers write meanwhile is journalled and confirmed to WhatsApp at once all the same. At last the connection
// breaks, and with it go the acknowledgements. In the end everybody has one answer to each message, though replies were
// repeated.
func TestAcknowledgementsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	customers := []string{asha, juma, "+255710000003", "+255710000004"}
	for i, c := range customers {
		w.customer(t, c, "Mteja", []string{"pn", "lid", "lid-only"}[i%3])
		w.ask(t, c, salonNumber, "Habari 0", "")
	}
	w.inject(t, wasim.Fault{Number: salonNumber, Fault: "hold-acks", Seconds: time.Hour.Seconds()})
	rounds := 1
	write := func() {
		t.Helper()
		for i, c := range customers {
			if _, err := w.sim.SendText(t.Context(), c, salonNumber, fmt.Sprint("Habari ", rounds)); err != nil {
				t.Fatal(err)
			}
			w.takenIn(t, salon.ID, rounds*len(customers)+i+1)
		}
		rounds++
	}
	for range 3 {
		write()
	}
	w.untilRepeated(t, customers)
	write()
	w.inject(t, wasim.Fault{Number: salonNumber, Fault: "drop"})
	if err := w.sim.EndFaults(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.answeredOnce(t, salon.ID, customers, rounds)
	write() // what is answered after all others shows that nothing else was
	w.answeredOnce(t, salon.ID, customers, rounds)
}

// takenIn waits until WhatsApp's queue for the linked device is empty and the log holds so many messages of customers.
func (w *world) takenIn(t *testing.T, id string, messages int) {
	t.Helper()
	ctx := limit(t, 3*time.Minute)
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
			return fmt.Errorf("the log has %d of %d messages, WhatsApp waits for the confirmation of %d", in, messages,
				waiting)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
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

// answeredOnce waits until every customer has as many answers as messages.
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
}

// untilRepeated waits for a message that was sent more than once under its id: without one a test of repetitions proves
// nothing.
func (w *world) untilRepeated(t *testing.T, customers []string) {
	t.Helper()
	ctx := limit(t, 3*time.Minute)
	err := harness.Until(ctx, 100*time.Millisecond, func() error {
		for _, c := range customers {
			rows, err := w.sim.Inbox(ctx, c, 0, 0)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(rows, func(row wasim.InboxRow) bool { return row.Copies > 1 }) {
				return nil
			}
		}
		return errors.New("no reply was repeated")
	})
	if err != nil {
		t.Fatal(err)
	}
}

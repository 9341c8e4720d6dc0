package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"flowhq/worker/message"
)

// TestHeldAcknowledgements: intake goes on, the held one is unknown, and repeating it shows the customer one message.
func TestHeldAcknowledgements(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Ack = 3 * time.Second })
	r.works(asha, "before")
	r.inject(wasim.Fault{Fault: "hold-acks", Number: phoneNo, Seconds: 600})
	id := r.NewMessageID()
	sent := make(chan error, 1)
	go func() { sent <- r.repeat(id, message.Person{PN: customerNo}, "held") }()
	arrives(t, asha, "held")
	for i := range 5 {
		write(t, asha, fmt.Sprintf("meanwhile %d", i))
		r.message(fmt.Sprintf("meanwhile %d", i))
	}
	select {
	case err := <-sent:
		t.Fatalf("nothing came in before the send ended (%v)", err)
	default:
	}
	wantErr(t, <-sent, ErrUnknown)
	wantErr(t, r.repeat(id, message.Person{PN: customerNo}, "held"), ErrUnknown)
	r.srv.EndFaults()
	must(t, r.repeat(id, message.Person{PN: customerNo}, "held"))
	rows := slices.DeleteFunc(asha.Inbox(0), func(row wasim.InboxRow) bool { return row.Text != "held" })
	if len(rows) != 1 {
		t.Fatalf("the customer sees %d messages", len(rows))
	}
	r.works(asha, "after")
}

// TestLateAcknowledgement: when it comes after all, nothing is sent again.
func TestLateAcknowledgement(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Ack = 4 * time.Second })
	r.works(asha, "before")
	r.inject(wasim.Fault{Fault: "hold-acks", Number: phoneNo, Seconds: 600})
	id, err := r.say(message.Person{PN: customerNo}, "held")
	wantErr(t, err, ErrUnknown)
	r.srv.EndFaults()
	r.until("the late acknowledgement", func() bool {
		_, ok := r.acks.known(id)
		return ok || r.look()
	})
	must(t, r.repeat(id, message.Person{PN: customerNo}, "held"))
	if row := arrives(t, asha, "held"); row.Copies != 1 {
		t.Errorf("%d copies were sent", row.Copies)
	}
}

// TestUndecryptableWhileHeld: whatsmeow asks the own phone for a message that it cannot decrypt, within the intake's
// queue.
func TestUndecryptableWhileHeld(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.works(asha, "before")
	r.inject(wasim.Fault{Fault: "hold-acks", Number: phoneNo, Seconds: 600})
	_, err := r.store.db.Exec("DELETE FROM whatsmeow_sessions WHERE their_id LIKE ?", r.message("before").From.LID+"%")
	must(t, err)
	write(t, asha, "without a session")
	write(t, asha, "and more")
	r.message("without a session") // a wait for the own phone's acknowledgement would last 75 s
	r.message("and more")
	if r.Undecryptable() == 0 {
		t.Error("everything could be decrypted: this proves nothing")
	}
}

func TestOtherErrorsOfASend(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.works(asha, "before")
	for code, want := range map[int]error{479: ErrRefused, 400: ErrRefused, 500: ErrUnknown} {
		r.inject(wasim.Fault{Fault: "error-ack", Number: phoneNo, Code: code})
		_, err := r.say(message.Person{PN: customerNo}, "refused")
		wantErr(t, err, want)
	}
	r.stop()
	r.open()
	_, err := r.say(message.Person{PN: customerNo}, "too early")
	if err != nil {
		wantErr(t, err, ErrOffline)
	}
}

func TestASendGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Ack = time.Minute })
	r.works(asha, "before")
	r.inject(wasim.Fault{Fault: "hold-acks", Number: phoneNo, Seconds: 600})
	first := make(chan error, 1)
	go func() {
		_, err := r.say(message.Person{PN: customerNo}, "in the way")
		first <- err
	}()
	arrives(t, asha, "in the way")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Send(ctx, r.NewMessageID(), message.Person{PN: customerNo}, "waits in vain")
	wantErr(t, err, ErrUnknown) // it is connected: no report would follow that says when to try again
	r.srv.EndFaults()
	must(t, <-first)
}

package whatsapp

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/wasim"

	"flowhq/worker/message"
)

func TestEveryFormOfAddress(t *testing.T) {
	t.Parallel()
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly} {
		t.Run(string(form), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, simulator(t))
			r.link()
			asha := r.customer(form)
			write(t, asha, "Habari")
			m := r.message("Habari")
			if hidden := form == wasim.AddressLIDOnly; m.From.LID == "" || (m.From.PN == "") != hidden ||
				m.Place != message.PlaceDirect {
				t.Fatalf("from: %+v, chat %s", m.From, m.Place)
			}
			id, err := r.say(m.From, "Karibu")
			must(t, err)
			if row := arrives(t, asha, "Karibu"); row.ID != id || row.From != phoneNo {
				t.Fatalf("arrived: %+v", row)
			}
			write(t, asha, "Bei?")
			r.message("Bei?")
			if n := r.Undecryptable(); n != 0 {
				t.Fatalf("%d undecryptable", n)
			}
		})
	}
}

func TestFirstWordToANumber(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	_, err := r.say(message.Person{PN: customerNo}, "Habari Asha")
	must(t, err)
	arrives(t, asha, "Habari Asha")
	_, err = r.say(message.Person{PN: "+255799999999"}, "nobody")
	wantErr(t, err, ErrRefused)
	_, err = r.say(message.Person{}, "nobody")
	wantErr(t, err, ErrRefused)
}

func TestNumberAndLIDBecomeOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, simulator(t))
	r.link()
	asha := r.customer(wasim.AddressLIDOnly)
	write(t, asha, "hidden")
	hidden := r.message("hidden").From
	if hidden.PN != "" {
		t.Fatalf("a hidden number is known: %+v", hidden)
	}
	r.customer(wasim.AddressLID)
	write(t, asha, "shown")
	want := message.Person{PN: customerNo, LID: hidden.LID}
	r.until("merged", func() bool { return slices.Contains(r.merged, want) })
	if m := r.message("shown"); m.From != want {
		t.Fatalf("from: %+v", m.From)
	}
	r.customer(wasim.AddressLIDOnly)
	write(t, asha, "hidden again")
	if m := r.message("hidden again"); m.From != want {
		t.Fatalf("what was known is forgotten: %+v", m.From)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(slices.DeleteFunc(slices.Clone(r.merged), func(a message.Person) bool { return a != want })); n != 1 {
		t.Errorf("merged told %d times", n)
	}
}

func TestKindsOverTheWire(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	first := write(t, asha, "first")
	r.message("first")
	for _, k := range []struct {
		send wasim.Message
		want message.Incoming
	}{
		{
			wasim.Message{Kind: wasim.KindImage, Text: "a dress"},
			message.Incoming{Kind: flowhq.KindImage, Text: "a dress"},
		},
		{wasim.Message{Kind: wasim.KindVoice}, message.Incoming{Kind: flowhq.KindVoice}},
		{wasim.Message{Kind: wasim.KindSticker}, message.Incoming{Kind: flowhq.KindSticker}},
		{
			wasim.Message{Kind: wasim.KindLocation, Text: "Kariakoo"},
			message.Incoming{Kind: flowhq.KindLocation, Text: "Kariakoo"},
		},
		{
			wasim.Message{Kind: wasim.KindReaction, Text: "👍", Target: first},
			message.Incoming{Kind: flowhq.KindReaction, Text: "👍", Target: first},
		},
		{
			wasim.Message{Kind: wasim.KindEdit, Text: "second", Target: first},
			message.Incoming{Kind: flowhq.KindEdit, Text: "second", Target: first},
		},
		{
			wasim.Message{Kind: wasim.KindDelete, Target: first},
			message.Incoming{Kind: flowhq.KindDelete, Target: first},
		},
	} {
		k.send.To = phoneNo
		id, err := asha.Send(k.send)
		must(t, err)
		var got message.Incoming
		r.until("kind "+string(k.want.Kind), func() bool {
			i := slices.IndexFunc(r.taken, func(m message.Incoming) bool { return m.ID == id })
			if i >= 0 {
				got = r.taken[i]
			}
			return i >= 0
		})
		if got.Kind != k.want.Kind || got.Text != k.want.Text || got.Target != k.want.Target ||
			got.Place != message.PlaceDirect {
			t.Errorf("%s: got %+v", k.want.Kind, got)
		}
	}
}

func TestChatsOverTheWire(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	for chat, want := range map[wasim.Chat]message.Place{
		wasim.ChatGroup: message.PlaceGroup, wasim.ChatStatus: message.PlaceStatus,
		wasim.ChatNewsletter: message.PlaceNewsletter, wasim.ChatDirect: message.PlaceDirect,
	} {
		_, err := asha.Send(wasim.Message{To: phoneNo, Text: "to " + string(chat), Chat: chat})
		must(t, err)
		if m := r.message("to " + string(chat)); m.Place != want {
			t.Errorf("%s: taken as %s", chat, m.Place)
		}
	}
}

func TestOwnerWritesOnThePhone(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID} {
		r.customer(form)
		text := "from the phone, " + string(form)
		_, err := r.phone().Send(customerNo, text)
		must(t, err)
		m := r.message(text)
		if !m.FromMe || m.Place != message.PlaceDirect || m.From.PN != phoneNo || m.To.PN != customerNo ||
			m.To.LID == "" {
			t.Errorf("%s: %+v", form, m)
		}
	}
	_, err := r.phone().Send(phoneNo, "note to self")
	must(t, err)
	if m := r.message("note to self"); !m.FromMe || m.Place != message.PlaceSelf || m.To.PN != phoneNo {
		t.Errorf("self: %+v", m)
	}
	_, err = r.say(r.Self(), "notice to the owner")
	must(t, err)
	ctx := within(t)
	for after := 0; ; {
		rows := r.phone().WaitInbox(ctx, after)
		if len(rows) == 0 {
			t.Fatal("the notice did not reach the phone")
		}
		if slices.ContainsFunc(
			rows, func(row wasim.InboxRow) bool { return row.Text == "notice to the owner" && row.Chat == "self" },
		) {
			break
		}
		after = rows[len(rows)-1].N
	}
	r.works(asha, "after")
}

// TestFailedIntake: what cannot be kept stays with WhatsApp, and comes again before what followed it.
func TestFailedIntake(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"error", "panic"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r, asha := linked(t)
			fails := true
			r.mu.Lock()
			r.refuse = func(m message.Incoming) error {
				if fails && m.Text == "two" {
					fails = false
					if how == "panic" {
						panic("no journal")
					}
					return errors.New("disk full")
				}
				return nil
			}
			r.mu.Unlock()
			for _, text := range []string{"one", "two", "three"} {
				write(t, asha, text)
			}
			r.message("two")
			r.message("three")
			r.mu.Lock()
			var order []string
			for _, m := range r.taken {
				order = append(order, m.Text)
			}
			r.mu.Unlock()
			if !slices.Equal(order, []string{"one", "two", "three"}) {
				t.Fatalf("order: %v", order)
			}
			r.works(asha, "after")
		})
	}
}

// TestDeviceStoreFails: a disk that fails while decrypting must not make a message undecryptable.
func TestDeviceStoreFails(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.works(asha, "before")
	_, err := r.store.db.Exec("PRAGMA query_only(1)")
	must(t, err)
	write(t, asha, "in trouble")
	r.until("a stop of the intake", func() bool {
		n := r.conn.Load()
		return n != nil && n.broken.Load() || r.look()
	})
	_, err = r.store.db.Exec("PRAGMA query_only(0)")
	must(t, err)
	r.message("in trouble")
	if n := r.Undecryptable(); n != 0 {
		t.Errorf("%d messages were called undecryptable", n)
	}
	r.works(asha, "after")
}

func TestRedeliveredMessages(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.works(asha, "one")
	_, err := r.srv.Inject(wasim.Fault{Fault: "redeliver", Number: phoneNo, Count: 5})
	must(t, err)
	r.works(asha, "two")
	if n := r.Undecryptable(); n != 0 {
		t.Errorf("%d undecryptable", n)
	}
}

func TestOfflineMessagesAcrossARestart(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.works(asha, "before")
	r.stop()
	sent := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
	_, err := asha.Send(wasim.Message{To: phoneNo, Text: "late", At: sent})
	must(t, err)
	r.open()
	if m := r.message("late"); !m.Late || !m.SentAt.Equal(sent) {
		t.Errorf("late: %+v", m)
	}
	r.works(asha, "after")
}

// TestRetryAfterRestart: a customer's phone could not decrypt what an earlier process had sent.
func TestRetryAfterRestart(t *testing.T) {
	t.Parallel()
	for _, keys := range []bool{false, true} {
		r, asha := linked(t)
		write(t, asha, "Habari")
		id, err := r.say(r.message("Habari").From, "Karibu")
		must(t, err)
		arrives(t, asha, "Karibu")
		r.restart()
		r.phase(0, flowhq.PhaseConnected)
		r.inject(wasim.Fault{Fault: "retry", Number: customerNo, Count: 1, Keys: keys})
		r.copies(asha, id, 2)
		r.works(asha, "after")
	}
}

// copies waits until an id has arrived so often.
func (r *rig) copies(c *wasim.Customer, id string, n int) {
	r.t.Helper()
	r.until(fmt.Sprintf("%d copies", n), func() bool {
		for _, row := range c.Inbox(0) {
			if row.ID == id && row.Copies >= n {
				return true
			}
		}
		return r.look()
	})
}

func TestNewIdentityHeals(t *testing.T) {
	t.Parallel()
	for _, quiet := range []bool{false, true} {
		r, asha := linked(t)
		r.works(asha, "before")
		r.inject(wasim.Fault{Fault: "new-identity", Number: customerNo, Quiet: quiet})
		write(t, asha, "new phone")
		m := r.message("new phone")
		_, err := r.say(m.From, "welcome back")
		must(t, err)
		arrives(t, asha, "welcome back")
	}
}

func TestTypingAndReceipts(t *testing.T) {
	t.Parallel()
	r, _ := linked(t)
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLIDOnly} {
		asha := r.customer(form)
		text := "Habari " + string(form)
		id := write(t, asha, text)
		m := r.message(text)
		must(t, r.Typing(t.Context(), m.From, true))
		must(t, r.Typing(t.Context(), m.From, false))
		must(t, r.MarkRead(t.Context(), m.From, []string{id}))
		must(t, r.MarkRead(t.Context(), m.From, nil))
		r.until("receipts", func() bool {
			seen := map[string]bool{}
			for _, rec := range asha.Receipts() {
				if rec.ID == id || rec.ID == "" {
					seen[rec.Type] = true
				}
			}
			if seen["inactive"] {
				t.Fatal("delivery was confirmed as an inactive device does")
			}
			if seen["delivered"] && seen["read"] && seen["typing"] && seen["paused"] {
				return true
			}
			return r.look()
		})
	}
}

// TestRace sends and takes in at full speed in the same chats: no message may become undecryptable on either side.
func TestRace(t *testing.T) {
	t.Parallel()
	r := newRig(t, simulator(t))
	r.link()
	const customers, each = 3, 200
	var wg sync.WaitGroup
	for i := range customers {
		number := fmt.Sprintf("+25571100010%d", i)
		c, err := r.srv.Customer(
			number,
			wasim.CustomerOptions{
				Address: []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly}[i],
			},
		)
		must(t, err)
		write(t, c, "hello from "+number)
		to := r.message("hello from " + number).From
		wg.Go(func() {
			for j := range each {
				write(t, c, fmt.Sprintf("%s in %d", number, j))
			}
		})
		wg.Go(func() {
			for j := range each {
				if _, err := r.say(to, fmt.Sprintf("out %d", j)); err != nil {
					t.Errorf("send: %v", err)
					return
				}
			}
		})
		t.Cleanup(func() {
			if got := len(c.Inbox(0)); !t.Failed() && got != each {
				t.Errorf("%s got %d of %d", number, got, each)
			}
		})
	}
	wg.Wait()
	r.until("all in", func() bool { return len(r.taken) == customers*(each+1) })
	if n := r.Undecryptable(); n != 0 {
		t.Errorf("%d undecryptable here", n)
	}
	if n := r.srv.Stats().Undecryptable; n != 0 {
		t.Errorf("%d undecryptable there", n)
	}
}

package wasim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

// clock is a simulator's: it runs, and can be put forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration)  { c.ahead.Add(int64(d)) }
func (c *clock) drives(cfg *wasim.Config) { cfg.Now = c.now }

// longMS is longer than any test waits: a stanza that is so late is released by a change of the fault.
const longMS = 3_600_000

func inject(t *testing.T, srv *wasim.Server, f wasim.Fault) int {
	t.Helper()
	n, err := srv.Inject(f)
	must(t, err)
	return n
}

func TestConnectionFaults(t *testing.T) {
	for _, name := range []string{"drop", "reset", "restart"} {
		t.Run(name, func(t *testing.T) {
			srv, b, c := linked(t)
			if n := inject(t, srv, wasim.Fault{Number: phoneNo, Fault: name}); n != 1 {
				t.Fatalf("touched %d connections", n)
			}
			await[*events.Connected](b)
			write(t, c, "still there?")
			await[*events.Message](b)
		})
	}
}

func TestReplacedByNobody(t *testing.T) {
	srv, b, _ := linked(t)
	inject(t, srv, wasim.Fault{Fault: "replaced"})
	await[*events.StreamReplaced](b)
	eventually(t, "offline", func() bool { return srv.Stats().DevicesOnline == 0 })
}

func TestLogout(t *testing.T) {
	srv, b, _ := linked(t)
	inject(t, srv, wasim.Fault{Fault: "logout"})
	if out := await[*events.LoggedOut](b); out.OnConnect {
		t.Fatalf("got %+v", out)
	}
	if n := srv.Stats().Devices; n != 0 {
		t.Fatalf("%d devices left", n)
	}
}

// refusals says what a client makes of each code.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		fault wasim.Fault
		event func(e any) bool
	}{
		{wasim.Fault{Code: 401}, isLoggedOut(events.ConnectFailureLoggedOut)},
		{wasim.Fault{Code: 403}, isLoggedOut(events.ConnectFailureMainDeviceGone)},
		{wasim.Fault{Code: 406}, isLoggedOut(events.ConnectFailureUnknownLogout)},
		{wasim.Fault{Code: 402, BanCode: 104, Expire: 600}, func(e any) bool {
			b, ok := e.(*events.TemporaryBan)
			return ok && b.Code == 104 && b.Expire == 10*time.Minute
		}},
		{wasim.Fault{Code: 405}, is[*events.ClientOutdated]},
		{wasim.Fault{Code: 500}, is[*events.Disconnected]},
		{wasim.Fault{Code: 503}, is[*events.Disconnected]},
		{wasim.Fault{Code: 400}, is[*events.ConnectFailure]},
	} {
		t.Run(fmt.Sprint(tc.fault.Code), func(t *testing.T) {
			t.Parallel()
			srv, b, _ := linked(t)
			b.cli.Disconnect()
			b = b.again()
			tc.fault.Fault, tc.fault.Number = "refuse", phoneNo
			inject(t, srv, tc.fault)
			must(t, b.cli.Connect())
			if e := <-b.events; !tc.event(e) {
				t.Fatalf("the first event is %T %+v", e, e)
			}
		})
	}
}

func is[T any](e any) bool { _, ok := e.(T); return ok }

func isLoggedOut(reason events.ConnectFailureReason) func(any) bool {
	return func(e any) bool {
		out, ok := e.(*events.LoggedOut)
		return ok && out.OnConnect && out.Reason == reason
	}
}

func TestRefusalIsForTheNextLoginOnly(t *testing.T) {
	srv, b, _ := linked(t)
	inject(t, srv, wasim.Fault{Fault: "refuse", Code: 503})
	inject(t, srv, wasim.Fault{Fault: "drop"})
	await[*events.Connected](b) // the client tries again by itself
	_, err := srv.Inject(wasim.Fault{Fault: "refuse", Code: 418})
	wantStatus(t, err, http.StatusBadRequest)
}

func TestPairingIsRefused(t *testing.T) {
	srv := start(t)
	inject(t, srv, wasim.Fault{Fault: "refuse", Code: 405, Pairing: true})
	b := newBot(t, srv)
	must(t, b.cli.Connect())
	await[*events.ClientOutdated](b)
}

func TestFreeze(t *testing.T) {
	srv, b, c := linked(t)
	write(t, c, "hi")
	chat := await[*events.Message](b).Info.Chat
	b.say(chat, "warm-up")
	inject(t, srv, wasim.Fault{Number: phoneNo, Fault: "freeze", Seconds: 3600})
	short := whatsmeow.SendRequestExtra{Timeout: 200 * time.Millisecond, ID: "FROZEN"}
	if _, err := b.cli.SendMessage(ctxFor(t), chat, text("anybody?"), short); !errors.Is(err,
		whatsmeow.ErrMessageTimedOut) {
		t.Fatalf("got %v", err)
	}
	write(t, c, "I wait")
	srv.EndFaults()
	await[*events.Message](b)
	if row := waitRow(t, c, 1); row.ID != "FROZEN" {
		t.Fatalf("got %+v", row)
	}
}

func TestHeldAcknowledgements(t *testing.T) {
	srv, b, c := linked(t)
	inject(t, srv, wasim.Fault{Fault: "hold-acks", Seconds: 3600})
	done := b.sayLater(c.JID(), "delivered at once")
	waitRow(t, c, 0)
	select {
	case err := <-done:
		t.Fatalf("acknowledged all the same: %v", err)
	default:
	}
	srv.EndFaults()
	must(t, <-done)
}

func TestErrorAcknowledgement(t *testing.T) {
	srv, b, c := linked(t)
	inject(t, srv, wasim.Fault{Number: phoneNo, Fault: "error-ack", Count: 2})
	for range 2 {
		if _, err := b.cli.SendMessage(ctxFor(t), c.JID(), text("no")); !errors.Is(err,
			whatsmeow.ErrServerReturnedError) {
			t.Fatalf("got %v", err)
		}
	}
	b.say(c.JID(), "yes")
	if rows := c.Inbox(0); len(rows) != 1 || rows[0].Text != "yes" {
		t.Fatalf("rows %+v", rows)
	}
}

func TestTimelock(t *testing.T) {
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprint("silent=", silent), func(t *testing.T) {
			simulated := &clock{}
			srv, b, c := linked(t, simulated.drives)
			b.say(c.JID(), "before")
			began := simulated.now()
			inject(t, srv, wasim.Fault{Number: phoneNo, Fault: "timelock", Seconds: 3600, Silent: silent})
			if !silent {
				lock := await[*events.NotifyAccountReachoutTimelock](b)
				if ends := lock.TimeEnforcementEnds.Time; !lock.IsActive || ends.Before(began.Add(time.Hour)) {
					t.Fatalf("got %+v", lock)
				}
			}
			if _, err := b.cli.SendMessage(ctxFor(t), c.JID(), text("no")); !errors.Is(err,
				whatsmeow.ErrServerReturnedError) {
				t.Fatalf("got %v", err)
			}
			inject(t, srv, wasim.Fault{Number: customerNo, Fault: "retry"})
			eventually(t, "what was sent before is repeated all the same", func() bool {
				return c.Inbox(0)[0].Copies == 2
			})
			if st := srv.Stats(); st.Refused != 1 {
				t.Fatalf("stats %+v", st)
			}
			simulated.forward(time.Hour + time.Second) // the end is to the full second
			b.say(c.JID(), "yes")
			if rows := c.Inbox(0); len(rows) != 2 || rows[1].Text != "yes" {
				t.Fatalf("rows %+v", rows)
			}
		})
	}
}

func TestBan(t *testing.T) {
	simulated := &clock{}
	srv, b, c := linked(t, simulated.drives)
	inject(t, srv, wasim.Fault{Number: phoneNo, Fault: "ban", BanCode: 103, Seconds: 7200})
	for try := range 2 { // trying again does not help
		if try > 0 {
			b = b.again()
			must(t, b.cli.Connect())
		}
		e := await[*events.TemporaryBan](b)
		if e.Code != 103 || e.Expire < time.Hour || e.Expire > 2*time.Hour {
			t.Fatalf("got %+v", e)
		}
	}
	if st := srv.Stats(); st.Banned != 2 {
		t.Fatalf("stats %+v", st)
	}
	simulated.forward(2 * time.Hour)
	b = b.again()
	must(t, b.cli.Connect())
	await[*events.Connected](b)
	write(t, c, "free again?")
	await[*events.Message](b)
}

func TestSlow(t *testing.T) {
	srv, b, c := linked(t)
	b.say(c.JID(), "warm-up")
	const late = 150 * time.Millisecond
	inject(t, srv, wasim.Fault{Fault: "slow", MS: int(late.Milliseconds())})
	began := time.Now()
	b.say(c.JID(), "slowly")
	if took := time.Since(began); took < late {
		t.Fatalf("acknowledged after %v", took)
	}
	inject(t, srv, wasim.Fault{Fault: "slow", MS: longMS})
	said := b.sayLater(c.JID(), "very slowly")
	waitRow(t, c, 2)
	select {
	case err := <-said:
		t.Fatalf("acknowledged all the same: %v", err)
	default:
	}
	inject(t, srv, wasim.Fault{Fault: "slow", MS: 0}) // what waits goes out at once
	must(t, <-said)
}

func TestRedeliver(t *testing.T) {
	srv := start(t)
	b, c := newBot(t, srv), makeCustomer(t, srv, customerNo, wasim.AddressPN)
	b.cli.SynchronousAck = true
	b.link(makePhone(t, srv, phoneNo))
	for i := range 3 {
		write(t, c, fmt.Sprint(i))
		await[*events.Message](b)
	}
	eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
	for _, number := range []string{phoneNo, customerNo, ""} {
		before := srv.Stats().Redelivered
		if n := inject(t, srv, wasim.Fault{Number: number, Fault: "redeliver", Count: 2}); n != 2 {
			t.Fatalf("redelivered %d", n)
		}
		eventually(t, "confirmed again", func() bool { return srv.Stats().Waiting == 0 })
		if got := srv.Stats().Redelivered - before; got != 2 {
			t.Fatalf("counted %d", got)
		}
	}
	for len(b.events) > 0 {
		if m, ok := (<-b.events).(*events.Message); ok {
			t.Fatalf("the client showed %s twice", m.Info.ID)
		}
	}
}

func TestNewIdentity(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		t.Run(fmt.Sprint("quiet=", quiet), func(t *testing.T) {
			srv, b, c := linked(t)
			write(t, c, "old phone")
			chat := await[*events.Message](b).Info.Chat
			b.say(chat, "hello")
			inject(t, srv, wasim.Fault{Number: customerNo, Fault: "new-identity", Quiet: quiet})
			if !quiet {
				await[*events.IdentityChange](b)
			}
			inject(t, srv, wasim.Fault{Fault: "slow", MS: longMS}) // holds back what asks for the message again
			said := b.sayLater(chat, "to the new phone")
			eventually(t, "a placeholder", func() bool { return srv.Stats().Placeholders == 1 })
			inject(t, srv, wasim.Fault{Fault: "slow"})
			must(t, <-said)
			if row := waitRow(t, c, 1); row.Text != "to the new phone" || row.Copies != 1 {
				t.Fatalf("got %+v", row)
			}
			write(t, c, "new phone")
			await[*events.Message](b)
			// Told or not, whatsmeow keeps its session with the LID, so the customer has to ask for the message again.
			if st := srv.Stats(); st.Undecryptable == 0 || st.Placeholders != 0 {
				t.Fatalf("stats %+v", st)
			}
		})
	}
}

func TestCustomerAsksForRepliesAgain(t *testing.T) {
	for _, keys := range []bool{false, true} {
		t.Run(fmt.Sprint("keys=", keys), func(t *testing.T) {
			srv, b, c := linked(t)
			write(t, c, "hi")
			chat := await[*events.Message](b).Info.Chat
			for i := range 3 {
				b.say(chat, fmt.Sprint(i))
			}
			if n := inject(t, srv, wasim.Fault{Number: customerNo, Fault: "retry", Count: 2, Keys: keys}); n != 2 {
				t.Fatalf("asked for %d", n)
			}
			eventually(t, "two copies of the last two", func() bool {
				rows := c.Inbox(0)
				return len(rows) == 3 && rows[0].Copies == 1 && rows[1].Copies == 2 && rows[2].Copies == 2
			})
			b.say(chat, "and on it goes")
			waitRow(t, c, 3)
			write(t, c, "both ways")
			await[*events.Message](b)
			if st := srv.Stats(); st.Undecryptable != 0 || st.Retries != 0 {
				t.Fatalf("stats %+v", st)
			}
		})
	}
}

func TestClientAsksForAMessageAgain(t *testing.T) {
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLIDOnly} {
		t.Run(string(form), func(t *testing.T) {
			srv, b, _ := linked(t)
			c := makeCustomer(t, srv, customerNo, form)
			write(t, c, "hi")
			chat := await[*events.Message](b).Info.Chat
			b.say(chat, "hello")
			must(t, b.cli.Store.Sessions.DeleteSession(context.Background(), c.LID().SignalAddress().String()))
			inject(t, srv, wasim.Fault{Fault: "slow", MS: longMS})
			id := write(t, c, "you lost our session")
			eventually(t, "on its way", func() bool { return srv.Stats().Waiting == 1 })
			inject(t, srv, wasim.Fault{Fault: "slow", MS: longMS + 1}) // lets that out, and holds the repetition back
			await[*events.UndecryptableMessage](b)
			eventually(t, "unread", func() bool { return srv.Stats().Unread == 1 })
			inject(t, srv, wasim.Fault{Fault: "slow"})
			if m := await[*events.Message](b); m.Info.ID != id ||
				m.Message.GetConversation() != "you lost our session" {
				t.Fatalf("got %+v", m.Info)
			}
			eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
			if st := srv.Stats(); st.Retries != 1 || st.Unread != 0 {
				t.Fatalf("stats %+v", st)
			}
			b.say(chat, "found it")
			write(t, c, "good")
			await[*events.Message](b)
		})
	}
}

func TestOutage(t *testing.T) {
	srv, b, c := linked(t)
	srv.Outage(time.Hour)
	eventually(t, "offline", func() bool { return srv.Stats().Connections == 0 })
	id := write(t, c, "while you were away")
	if err := b.again().cli.Connect(); err == nil {
		t.Fatal("connected to a server that is away")
	}
	srv.EndFaults()
	awaitWhere(b, func(p *events.OfflineSyncPreview) bool { return p.Messages == 1 })
	if m := await[*events.Message](b); m.Info.ID != id {
		t.Fatalf("got %+v", m.Info)
	}
}

func TestFaultsSayWhatIsWrong(t *testing.T) {
	srv, _, _ := linked(t)
	for _, tc := range []struct {
		fault  wasim.Fault
		status int
	}{
		{wasim.Fault{Fault: "sneeze"}, http.StatusBadRequest},
		{wasim.Fault{Fault: "freeze"}, http.StatusBadRequest},
		{wasim.Fault{Fault: "timelock"}, http.StatusBadRequest},
		{wasim.Fault{Fault: "ban"}, http.StatusBadRequest},
		{wasim.Fault{Fault: "slow", MS: -1}, http.StatusBadRequest},
		{wasim.Fault{Fault: "drop", Number: customerNo}, http.StatusBadRequest},
		{wasim.Fault{Fault: "new-identity", Number: phoneNo}, http.StatusBadRequest},
		{wasim.Fault{Fault: "drop", Number: "12"}, http.StatusBadRequest},
		{wasim.Fault{Fault: "drop", Number: "+255700999999"}, http.StatusNotFound},
	} {
		_, err := srv.Inject(tc.fault)
		wantStatus(t, err, tc.status)
	}
}

package whatsapp

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.mau.fi/whatsmeow"

	"flowhq"
	"flowhq/internal/wasim"

	"flowhq/worker/message"
)

// linked makes a rig with a linked device and its customer.
func linked(t *testing.T, change ...func(*Config)) (*rig, *wasim.Customer) {
	t.Helper()
	r := newRig(t, simulator(t), change...)
	r.link()
	return r, r.customer(wasim.AddressPN)
}

// works proves that messages go both ways.
func (r *rig) works(asha *wasim.Customer, text string) {
	r.t.Helper()
	write(r.t, asha, text)
	m := r.message(text)
	_, err := r.say(m.From, "re: "+text)
	must(r.t, err)
	arrives(r.t, asha, "re: "+text)
}

func TestComesBackAfterALoss(t *testing.T) {
	t.Parallel()
	for _, fault := range []wasim.Fault{{Fault: "drop"}, {Fault: "reset"}, {Fault: "restart"}} {
		t.Run(fault.Fault, func(t *testing.T) {
			t.Parallel()
			r, asha := linked(t)
			for range 3 {
				next := r.mark()
				r.inject(fault)
				r.phase(next, flowhq.PhaseConnected)
			}
			r.works(asha, "after")
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, s := range r.reports {
				if s.Phase == flowhq.PhaseReconnecting && (s.LinkedJID == "" || s.Detail == "") {
					t.Errorf("report while reconnecting: %+v", s)
				}
			}
		})
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // of WhatsApp's clock
	r := newRig(t, simulator(t, func(c *wasim.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}))
	r.link()
	asha := r.customer(wasim.AddressPN)
	next := r.mark()
	r.srv.Outage(time.Hour)
	write(t, asha, "while away")
	_, next = r.phase(next, flowhq.PhaseReconnecting)
	_, err := r.say(message.Person{PN: customerNo}, "nobody hears")
	wantErr(t, err, ErrOffline)
	ahead.Store(int64(2 * time.Second)) // it tells times to the second
	r.srv.EndFaults()
	r.phase(next, flowhq.PhaseConnected)
	if m := r.message("while away"); !m.Late {
		t.Error("a message from before the login is not marked as late")
	}
	r.works(asha, "after")
	if r.message("after").Late {
		t.Error("a message from after the login is marked as late")
	}
}

// TestSilence: the connection stands but says nothing.
func TestSilence(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Silence = 1500 * time.Millisecond })
	next := r.mark()
	r.inject(wasim.Fault{Fault: "freeze", Seconds: 3600})
	lost, next := r.phase(next, flowhq.PhaseReconnecting)
	if !strings.Contains(lost.Detail, "silent") {
		t.Errorf("cause: %q", lost.Detail)
	}
	r.srv.EndFaults()
	r.phase(next, flowhq.PhaseConnected)
	r.stop()
	r.cfg.Silence = time.Minute
	next = r.mark()
	r.open()
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
}

// TestPulseOf: what a pulse does after so much silence.
func TestPulseOf(t *testing.T) {
	t.Parallel()
	const silence = 90 * time.Second
	for quiet, want := range map[time.Duration]pulse{
		0: pulseQuiet, 29 * time.Second: pulseQuiet, 30 * time.Second: pulsePing, 89 * time.Second: pulsePing,
		90 * time.Second: pulseLost, time.Hour: pulseLost,
	} {
		if got := pulseOf(quiet, silence); got != want {
			t.Errorf("after %s: %v, want %v", quiet, got, want)
		}
	}
}

// TestLimbo: the server takes the login but never answers what comes after it.
func TestLimbo(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.stop()
	r.cfg.Timing.Login = 500 * time.Millisecond
	r.inject(wasim.Fault{Fault: "slow", MS: 2000})
	r.open()
	r.until("the limbo's end", func() bool {
		for _, s := range r.reports {
			if strings.Contains(s.Detail, "did not complete") {
				return true
			}
		}
		return false
	})
	r.srv.EndFaults()
	r.stop()
	r.cfg.Timing.Login = quick.Login
	next := r.mark()
	r.open()
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
}

func TestLoggedOut(t *testing.T) {
	t.Parallel()
	ways := map[string]func(r *rig){
		"on the phone": func(r *rig) { must(r.t, r.phone().Unlink(0)) },
		"from here":    func(r *rig) { must(r.t, r.Logout(within(r.t))) },
	}
	for _, code := range []int{401, 403, 406} {
		ways[map[int]string{401: "401", 403: "403", 406: "406"}[code]] = func(r *rig) {
			r.inject(wasim.Fault{Fault: "refuse", Code: code})
			r.inject(wasim.Fault{Fault: "drop"})
		}
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, asha := linked(t)
			next := r.mark()
			way(r)
			out, next := r.phase(next, flowhq.PhaseLoggedOut)
			if out.Detail == "" || out.LinkedJID != "" || !r.Self().IsZero() {
				t.Errorf("report %+v, self %v", out, r.Self())
			}
			code, next := r.phase(next, flowhq.PhaseQR)
			_, err := r.say(message.Person{PN: customerNo}, "x")
			wantErr(t, err, ErrOffline)
			_, err = r.phone().Scan(within(t), code.QRCode)
			must(t, err)
			r.phase(next, flowhq.PhaseConnected)
			r.works(asha, "linked again")
		})
	}
}

func TestLoggedOutWhileAway(t *testing.T) {
	t.Parallel()
	r, _ := linked(t)
	r.stop()
	must(t, r.phone().Unlink(0))
	r.open()
	r.phase(r.mark(), flowhq.PhaseLoggedOut)
	r.phase(r.mark(), flowhq.PhaseQR)
}

func TestBanned(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	next := r.mark()
	r.inject(wasim.Fault{Fault: "refuse", Code: 402, BanCode: 104, Expire: 1})
	r.inject(wasim.Fault{Fault: "drop"})
	ban, next := r.phase(next, flowhq.PhaseBanned)
	if ban.Until == nil || !strings.Contains(ban.Detail, "104") || ban.LinkedJID == "" {
		t.Fatalf("report: %+v", ban)
	}
	r.Relink() // must not help
	r.phase(next, flowhq.PhaseConnected)
	if time.Now().Before(*ban.Until) {
		t.Error("it came back before the ban ended")
	}
	r.works(asha, "after")
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	next := r.mark()
	r.inject(wasim.Fault{Fault: "refuse", Code: 405, Count: 2})
	r.inject(wasim.Fault{Fault: "drop"})
	_, next = r.phase(next, flowhq.PhaseOutdated)
	_, next = r.phase(next, flowhq.PhaseOutdated)
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
}

func TestOtherRefusals(t *testing.T) {
	t.Parallel()
	for _, code := range []int{400, 500, 503} {
		r, asha := linked(t)
		next := r.mark()
		r.inject(wasim.Fault{Fault: "refuse", Code: code})
		r.inject(wasim.Fault{Fault: "drop"})
		_, next = r.phase(next, flowhq.PhaseReconnecting)
		r.phase(next, flowhq.PhaseConnected)
		r.works(asha, "after")
	}
}

func TestReplacedStandsDown(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	next := r.mark()
	r.inject(wasim.Fault{Fault: "replaced"})
	_, next = r.phase(next, flowhq.PhaseReplaced)
	r.Relink()
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
}

// TestClient_settle: after which ending the client waits for how long, in virtual time; and that it waits for ever
// where another try would do harm.
func TestClient_settle(t *testing.T) {
	t.Parallel()
	const ban = 3 * time.Hour
	for _, tc := range []struct {
		how         how
		rounds      int
		least, most time.Duration // most 0: until it is asked
	}{
		{how: again}, {how: paired}, {how: loggedOut}, {how: unseen, rounds: 1},
		{how: lost, least: 2500 * time.Millisecond, most: 7500 * time.Millisecond},
		{how: banned, least: ban, most: ban},
		{how: outdated, least: time.Hour, most: time.Hour}, {how: refused, least: time.Hour, most: time.Hour},
		{how: unseen, rounds: qrRounds, least: 1}, {how: replaced, least: 1},
	} {
		t.Run(fmt.Sprint(tc.how, tc.rounds), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := Open(t.Context(), Config{
					Dir: t.TempDir(), Receive: func(context.Context, message.Incoming) error { return nil },
					Simulator: &Simulator{Addr: "127.0.0.1:9", RootKey: [32]byte{1}},
				})
				must(t, err)
				done := make(chan time.Duration, 1)
				go func() {
					began := time.Now()
					c.afterEnding(t.Context(), ending{how: tc.how, until: began.Add(ban)}, tc.rounds)
					done <- time.Since(began)
				}()
				if forever := tc.most == 0 && tc.least > 0; forever {
					time.Sleep(30 * 24 * time.Hour)
					select {
					case took := <-done:
						t.Fatalf("it tried again after %s", took)
					default:
					}
					c.Relink()
					<-done
				} else if took := <-done; took < tc.least || took > tc.most {
					t.Errorf("it waited %s, want %s to %s", took, tc.least, tc.most)
				}
				must(t, c.Close())
			})
		})
	}
}

// TestReasonOvertakenByTheClosing: the server closes right behind the stanza that says why.
func TestReasonOvertakenByTheClosing(t *testing.T) {
	t.Parallel()
	r := newRig(t, simulator(t, func(c *wasim.Config) { c.Linger = time.Nanosecond }))
	r.link()
	for range 10 {
		next := r.mark()
		r.inject(wasim.Fault{Fault: "replaced"})
		_, next = r.phase(next, flowhq.PhaseReplaced)
		r.until("a waiting Run", func() bool { r.Relink(); return len(r.reports) > next || r.look() })
		r.phase(next, flowhq.PhaseConnected)
	}
}

func TestRestrictedThenFree(t *testing.T) {
	t.Parallel()
	r, asha := linked(t)
	r.works(asha, "before")
	for tried := false; !tried; { // each pause is twice as long as the one before
		next := r.mark()
		r.inject(wasim.Fault{Fault: "error-ack", Code: 463})
		_, err := r.say(message.Person{PN: customerNo}, "refused")
		wantErr(t, err, ErrRestricted)
		var restriction flowhq.SessionReport
		restriction, next = r.phase(next, flowhq.PhaseRestricted)
		if restriction.Until == nil || restriction.Detail == "" {
			t.Fatalf("report: %+v", restriction)
		}
		_, err = r.say(message.Person{PN: customerNo}, "held back") // the simulator would take it by now
		if tried = time.Now().Before(*restriction.Until); tried {
			wantErr(t, err, ErrRestricted)
			write(t, asha, "still heard")
			r.message("still heard")
		}
		r.phase(next, flowhq.PhaseConnected)
	}
	r.works(asha, "after")
}

func TestRestrictionOutlivesAReconnect(t *testing.T) {
	t.Parallel()
	r, _ := linked(t, func(c *Config) { c.Timing.Restricted = time.Hour })
	next := r.mark()
	r.inject(wasim.Fault{Fault: "error-ack", Code: 463})
	_, err := r.say(message.Person{PN: customerNo}, "refused")
	wantErr(t, err, ErrRestricted)
	_, next = r.phase(next, flowhq.PhaseRestricted)
	r.inject(wasim.Fault{Fault: "drop"})
	_, next = r.phase(next, flowhq.PhaseReconnecting)
	r.phase(next, flowhq.PhaseRestricted)
}

// TestTimelockAnnounced: WhatsApp says until when it keeps the account from sending.
func TestTimelockAnnounced(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Restricted = time.Hour })
	r.works(asha, "before")
	for length := 2 * time.Second; ; length *= 2 { // until this machine is done with the middle of it before the end
		next := r.mark()
		began := time.Now()
		r.inject(wasim.Fault{Fault: "timelock", Seconds: length.Seconds()})
		restriction, next := r.phase(next, flowhq.PhaseRestricted)
		if restriction.Until == nil || restriction.Until.Before(began.Add(length)) || restriction.Detail == "" {
			t.Fatalf("report: %+v", restriction)
		}
		_, err := r.say(message.Person{PN: customerNo}, "held back")
		_, err2 := r.conn.Load().outcome(
			&outgoing{}, time.Time{}, fmt.Errorf("%w 463", whatsmeow.ErrServerReturnedError),
		)
		tried := time.Now().Before(*restriction.Until)
		if tried {
			wantErr(t, err, ErrRestricted)
			wantErr(t, err2, ErrRestricted) // of a message that was under way: it does not move the end that is known
		}
		r.phase(next, flowhq.PhaseConnected)
		if tried {
			break
		}
	}
	r.works(asha, "after")
}

// TestTimelockThatIsOver: what WhatsApp announced while the device was away is delivered afterwards, and may be history
// by then.
func TestTimelockThatIsOver(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Restricted = time.Hour })
	r.works(asha, "before")
	r.stop()
	r.inject(wasim.Fault{Fault: "timelock", Seconds: 60})
	r.srv.EndFaults()
	r.cfg.Now = func() time.Time { return time.Now().Add(time.Hour) }
	next := r.mark()
	r.open()
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, report := range r.reports[next:] {
		if report.Phase == flowhq.PhaseRestricted {
			t.Errorf("restricted by a timelock that was over: %+v", report)
		}
	}
}

// TestReasonDecodedAfterTheClosing: the last stanza is decoded a second later than the connection closes, as on a
// machine with much other work.
func TestReasonDecodedAfterTheClosing(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	r := newRig(t, simulator(t, func(c *wasim.Config) { c.Linger = time.Nanosecond }), func(c *Config) {
		c.Now = func() time.Time { // asked for each stanza that comes
			if slow.Load() {
				<-time.After(time.Second)
			}
			return time.Now()
		}
	})
	r.link()
	next := r.mark()
	slow.Store(true)
	r.inject(wasim.Fault{Fault: "replaced"})
	r.until("an end", func() bool { return len(r.reports) > next })
	if got := r.reports[next]; got.Phase != flowhq.PhaseReplaced {
		t.Errorf("reported %s (%s) at first, want %s", got.Phase, got.Detail, flowhq.PhaseReplaced)
	}
	slow.Store(false)
}

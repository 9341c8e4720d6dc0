package whatsapp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"flowhq"
	"flowhq/internal/wasim"
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
	r, asha := linked(t)
	next := r.mark()
	r.srv.Outage(time.Second)
	write(t, asha, "while away")
	_, next = r.phase(next, flowhq.PhaseReconnecting)
	_, err := r.say(Address{PN: customerNo}, "nobody hears")
	wantErr(t, err, ErrOffline)
	r.phase(next, flowhq.PhaseConnected)
	if m := r.message("while away"); !m.Offline {
		t.Error("a message from before the login is not marked as late")
	}
	r.works(asha, "after")
	if r.message("after").Offline {
		t.Error("a message from after the login is marked as late")
	}
}

// TestSilence: the connection stands but says nothing.
func TestSilence(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Silence = 1500 * time.Millisecond })
	next := r.mark()
	r.quietFor(2 * time.Second) // longer than Silence: own pings keep a healthy connection alive
	r.inject(wasim.Fault{Fault: "freeze", Seconds: 60})
	lost, next := r.phase(next, flowhq.PhaseReconnecting)
	if !strings.Contains(lost.Detail, "silent") {
		t.Errorf("cause: %q", lost.Detail)
	}
	r.srv.EndFaults()
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
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
	r.phase(r.mark(), flowhq.PhaseConnected)
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
			_, err := r.say(Address{PN: customerNo}, "x")
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
	r.quietFor(time.Second) // many times the pause between tries
	r.Relink()
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
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
	next := r.mark()
	r.inject(wasim.Fault{Fault: "error-ack", Code: 463})
	_, err := r.say(Address{PN: customerNo}, "refused")
	wantErr(t, err, ErrRestricted)
	limit, next := r.phase(next, flowhq.PhaseRestricted)
	if limit.Until == nil || limit.Detail == "" {
		t.Fatalf("report: %+v", limit)
	}
	_, err = r.say(Address{PN: customerNo}, "held back") // the simulator would take it by now
	wantErr(t, err, ErrRestricted)
	write(t, asha, "still heard")
	r.message("still heard")
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
}

func TestRestrictionOutlivesAReconnect(t *testing.T) {
	t.Parallel()
	r, _ := linked(t, func(c *Config) { c.Timing.Restricted = 3 * time.Second })
	next := r.mark()
	r.inject(wasim.Fault{Fault: "error-ack", Code: 463})
	_, err := r.say(Address{PN: customerNo}, "refused")
	wantErr(t, err, ErrRestricted)
	_, next = r.phase(next, flowhq.PhaseRestricted)
	r.inject(wasim.Fault{Fault: "drop"})
	_, next = r.phase(next, flowhq.PhaseReconnecting)
	_, next = r.phase(next, flowhq.PhaseRestricted)
	r.phase(next, flowhq.PhaseConnected)
}

// TestTimelockAnnounced: WhatsApp says until when it keeps the account from sending.
func TestTimelockAnnounced(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Restricted = time.Hour })
	r.works(asha, "before")
	next := r.mark()
	r.inject(wasim.Fault{Fault: "timelock", Seconds: 2})
	limit, next := r.phase(next, flowhq.PhaseRestricted)
	if limit.Until == nil || time.Until(*limit.Until) > 3*time.Second || limit.Detail == "" {
		t.Fatalf("report: %+v", limit)
	}
	_, err := r.say(Address{PN: customerNo}, "held back")
	wantErr(t, err, ErrRestricted)
	_, err = r.conn.Load().outcome(&outgoing{}, time.Time{}, fmt.Errorf("%w 463", whatsmeow.ErrServerReturnedError))
	wantErr(t, err, ErrRestricted) // of a message that was under way: it does not move the end that is known
	r.phase(next, flowhq.PhaseConnected)
	r.works(asha, "after")
}

// TestTimelockThatIsOver: what WhatsApp announced while the device was away is delivered afterwards, and may be history by then.
func TestTimelockThatIsOver(t *testing.T) {
	t.Parallel()
	r, asha := linked(t, func(c *Config) { c.Timing.Restricted = time.Hour })
	r.works(asha, "before")
	r.stop()
	r.inject(wasim.Fault{Fault: "timelock", Seconds: 0.1})
	time.Sleep(1200 * time.Millisecond) // its end is told to the full second
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

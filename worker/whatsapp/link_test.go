package whatsapp

import (
	"context"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/wasim"

	"flowhq/worker/message"
)

func TestLinkByQRAndAnswer(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	r.link()
	if self := r.Self(); self.PN != phoneNo || self.LID == "" {
		t.Fatalf("self: %+v", self)
	}
	if s := r.Report(); s.LinkedJID == "" || s.QRCode != "" || s.HeardAt == nil || s.Phase != flowhq.PhaseConnected {
		t.Fatalf("report: %+v", s)
	}
	asha := r.customer(wasim.AddressPN)
	write(t, asha, "Habari")
	m := r.message("Habari")
	if m.From.PN != customerNo || m.From.LID == "" || m.Place != message.PlaceDirect || m.Kind != flowhq.KindText ||
		m.Name != "Asha" ||
		m.FromMe {
		t.Fatalf("taken: %+v", m)
	}
	_, err := r.say(m.From, "Karibu")
	must(t, err)
	arrives(t, asha, "Karibu")
	if r.Undecryptable() != 0 {
		t.Fatal("undecryptable messages")
	}
}

func TestRestartNeedsNoNewCode(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	r.link()
	r.restart()
	if r.Self().PN != phoneNo {
		t.Fatal("the device is not known after a restart")
	}
	_, next := r.phase(0, flowhq.PhaseConnected)
	for _, s := range r.reports[:next] {
		if s.QRCode != "" {
			t.Fatal("a code was shown again")
		}
	}
	write(t, r.customer(wasim.AddressPN), "Tena")
	r.message("Tena")
}

func TestLinkByCode(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	r.phase(0, flowhq.PhaseQR)
	code, err := r.LinkCode(within(t), phoneNo)
	must(t, err)
	if len(code.Code) != 9 || !code.ExpiresAt.After(time.Now().Add(5*time.Second)) {
		t.Fatalf("code: %+v", code)
	}
	_, err = r.phone().EnterCode(within(t), code.Code)
	must(t, err)
	r.phase(0, flowhq.PhaseConnected)
	_, err = r.LinkCode(within(t), phoneNo)
	wantErr(t, err, ErrLinked)
	write(t, r.customer(wasim.AddressPN), "Habari")
	r.message("Habari")
}

func TestLinkCodeBeforeTheFirstQR(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	code, err := r.LinkCode(within(t), phoneNo)
	must(t, err)
	_, err = r.phone().EnterCode(within(t), code.Code)
	must(t, err)
	r.phase(0, flowhq.PhaseConnected)
}

func TestLinkCodeForNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	r.phase(0, flowhq.PhaseQR)
	_, err := r.LinkCode(within(t), "0712")
	wantErr(t, err, ErrRefused)
}

// hasty shows codes for moments only.
func hasty(c *Config) { c.Timing.QRFirst, c.Timing.QRNext = 40*time.Millisecond, 20*time.Millisecond }

func TestFiveRoundsThenItWaits(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv, hasty)
	nobody, next := r.phase(0, flowhq.PhaseNobody)
	if nobody.QRCode != "" || nobody.Detail == "" {
		t.Fatalf("report: %+v", nobody)
	}
	codes := map[string]bool{}
	for _, s := range r.reports[:next] {
		if s.Phase == flowhq.PhaseQR {
			codes[s.QRCode] = true
			if s.QRExpires == nil {
				t.Fatal("a code without its end")
			}
		}
	}
	if len(codes) != qrRounds*6 {
		t.Fatalf("%d codes in five rounds, want %d", len(codes), qrRounds*6)
	}
	time.AfterFunc(50*time.Millisecond, r.Relink)
	r.phase(next, flowhq.PhaseQR)
}

func TestLinkCodeWakesAClientThatWaits(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv, hasty)
	r.phase(0, flowhq.PhaseNobody)
	r.Client.cfg.Timing = quick.withDefaults() // Run waits for the request below, and reads it after that
	code, err := r.LinkCode(within(t), phoneNo)
	must(t, err)
	_, err = r.phone().EnterCode(within(t), code.Code)
	must(t, err)
	r.phase(0, flowhq.PhaseConnected)
}

func TestLinkCodeLateInARoundBeginsAFreshOne(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(
		t, srv, func(c *Config) { c.Timing.QRFirst, c.Timing.QRNext = 200*time.Millisecond, 600*time.Millisecond },
	)
	seen := 0
	r.until("the fifth code", func() bool {
		seen = 0
		for _, s := range r.reports {
			if s.Phase == flowhq.PhaseQR {
				seen++
			}
		}
		return seen >= 5
	})
	began := time.Now()
	code, err := r.LinkCode(within(t), phoneNo)
	must(t, err)
	if end := began.Add(1600 * time.Millisecond); code.ExpiresAt.Before(end) {
		t.Fatalf("the code is good until %v, less than half a round from %v", code.ExpiresAt, began)
	}
}

func TestPairingSurvivesALostConnection(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	_, next := r.phase(0, flowhq.PhaseQR)
	srv.Outage(200 * time.Millisecond)
	r.phase(next, flowhq.PhaseStarting)
	report, next := r.phase(next, flowhq.PhaseQR)
	_, err := r.phone().Scan(within(t), report.QRCode)
	must(t, err)
	r.phase(next, flowhq.PhaseConnected)
}

func TestPairingRefused(t *testing.T) {
	t.Parallel()
	for code, phase := range map[int]flowhq.Phase{
		402: flowhq.PhaseBanned, 405: flowhq.PhaseOutdated, 400: flowhq.PhaseStarting,
	} {
		srv := simulator(t)
		r := newRig(t, srv)
		_, next := r.phase(0, flowhq.PhaseQR)
		r.inject(wasim.Fault{Fault: "refuse", Code: code, Expire: 1, Pairing: true})
		srv.Outage(100 * time.Millisecond)
		refusal, next := r.phase(next, phase)
		r.phase(next, flowhq.PhaseQR)
		if refusal.Detail == "" {
			t.Errorf("%d: no reason told", code)
		}
	}
}

func TestOpenRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	receive := func(context.Context, message.Incoming) error { return nil }
	key := [32]byte{1}
	for name, c := range map[string]Config{
		"no folder":   {Receive: receive},
		"no receiver": {Dir: t.TempDir()},
		"far simulator": {
			Dir: t.TempDir(), Receive: receive, Simulator: &Simulator{Addr: "10.0.0.1:80", RootKey: key},
		},
		"simulator by name": {
			Dir: t.TempDir(), Receive: receive, Simulator: &Simulator{Addr: "localhost:80", RootKey: key},
		},
		"simulator, no port": {
			Dir: t.TempDir(), Receive: receive, Simulator: &Simulator{Addr: "127.0.0.1:0", RootKey: key},
		},
		"simulator, no key": {
			Dir: t.TempDir(), Receive: receive, Simulator: &Simulator{Addr: "127.0.0.1:80"},
		},
		"bad version":    {Dir: t.TempDir(), Receive: receive, Version: "new"},
		"no such folder": {Dir: t.TempDir() + "/a/b", Receive: receive},
	} {
		if cl, err := Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened", name)
			_ = cl.Close()
		}
	}
}

func TestClosedClient(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv)
	r.phase(0, flowhq.PhaseQR)
	r.stop()
	must(t, r.Close())
	_, err := r.Send(t.Context(), "A", message.Person{PN: customerNo}, "x")
	wantErr(t, err, ErrClosed)
	_, err = r.LinkCode(t.Context(), phoneNo)
	wantErr(t, err, ErrClosed)
	wantErr(t, r.Logout(t.Context()), ErrClosed)
	wantErr(t, r.Run(t.Context()), ErrClosed)
}

func TestCloseWhileWaiting(t *testing.T) {
	t.Parallel()
	srv := simulator(t)
	r := newRig(t, srv, hasty)
	r.phase(0, flowhq.PhaseNobody)
	r.stop() // returns, although the client waits to be asked
}

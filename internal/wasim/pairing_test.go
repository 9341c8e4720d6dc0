package wasim_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	var e *wasim.Error
	if !errors.As(err, &e) || e.Status != status {
		t.Fatalf("got %v, want status %d", err, status)
	}
}

func TestScanLinksADevice(t *testing.T) {
	srv := start(t, func(c *wasim.Config) { c.FewKeys = false })
	phone := makePhone(t, srv, phoneNo)
	b := newBot(t, srv)
	code := b.qr()
	info, err := phone.Scan(ctxFor(t), code)
	must(t, err)
	if paired := await[*events.PairSuccess](b); paired.ID.User != strings.TrimPrefix(phoneNo, "+") ||
		int(paired.ID.Device) != info.ID {
		t.Fatalf("paired as %s, want device %d of %s", paired.ID, info.ID, phoneNo)
	}
	await[*events.Connected](b)
	got := phone.Info().Devices
	if len(got) != 1 || !got[0].Online || got[0].LastLogin.IsZero() || got[0].Keys < 800 {
		t.Fatalf("linked devices: %+v", got)
	}
	_, err = phone.Scan(ctxFor(t), code)
	wantStatus(t, err, http.StatusConflict)
}

func TestScanTakesTheBareForm(t *testing.T) {
	srv := start(t)
	phone, b := makePhone(t, srv, phoneNo), newBot(t, srv)
	_, bare, _ := strings.Cut(b.qr(), "#")
	parts := strings.Split(bare, ",")
	_, err := phone.Scan(ctxFor(t), strings.Join(parts[:4], ","))
	must(t, err)
	await[*events.Connected](b)
}

func TestScanRefusesWhatIsNotCurrent(t *testing.T) {
	srv := start(t, func(c *wasim.Config) { c.QRCodes, c.QRNext = 2, 200*time.Millisecond })
	phone, b := makePhone(t, srv, phoneNo), newBot(t, srv)
	_, err := phone.Scan(ctxFor(t), "https://example.com/")
	wantStatus(t, err, http.StatusUnprocessableEntity)
	_, err = phone.Scan(ctxFor(t), "a,b,c,d")
	wantStatus(t, err, http.StatusUnprocessableEntity)
	code := b.qr()
	eventually(t, "the codes have run out", func() bool { return srv.Stats().Connections == 0 })
	await[*events.Disconnected](b) // whatsmeow minds being told to leave while it is being closed
	_, err = phone.Scan(ctxFor(t), code)
	wantStatus(t, err, http.StatusConflict)
}

func TestScanRefusesForeignKeys(t *testing.T) {
	srv := start(t)
	phone, one, two := makePhone(t, srv, phoneNo), newBot(t, srv), newBot(t, srv)
	ref, _, _ := strings.Cut(one.qr(), ",")
	_, rest, _ := strings.Cut(two.qr(), ",")
	_, err := phone.Scan(ctxFor(t), ref+","+rest)
	wantStatus(t, err, http.StatusUnprocessableEntity)
}

func TestPairingByCode(t *testing.T) {
	srv := start(t)
	phone, b := makePhone(t, srv, phoneNo), newBot(t, srv)
	b.qr()
	_, err := phone.EnterCode(ctxFor(t), "ABCD-EFGH")
	wantStatus(t, err, http.StatusConflict) // nobody asked for a code yet
	code, err := b.cli.PairPhone(ctxFor(t), phoneNo, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	must(t, err)
	_, err = phone.EnterCode(ctxFor(t), "nonsense!")
	wantStatus(t, err, http.StatusUnprocessableEntity)
	wrong := "2222-2222"
	if code == wrong {
		wrong = "3333-3333"
	}
	_, err = phone.EnterCode(ctxFor(t), wrong)
	wantStatus(t, err, http.StatusConflict)
	_, err = phone.EnterCode(ctxFor(t), strings.ToLower(code))
	must(t, err)
	await[*events.Connected](b)
	c := makeCustomer(t, srv, customerNo, wasim.AddressPN)
	write(t, c, "hello")
	await[*events.Message](b)
}

func TestLoginWithAStoredSession(t *testing.T) {
	srv := start(t)
	phone := makePhone(t, srv, phoneNo)
	b := newBot(t, srv).link(phone)
	b.cli.Disconnect()
	eventually(t, "offline", func() bool { return !phone.Info().Devices[0].Online })
	b = b.again()
	must(t, b.cli.Connect())
	await[*events.Connected](b)
}

func TestSecondLoginReplacesTheFirst(t *testing.T) {
	srv := start(t)
	phone := makePhone(t, srv, phoneNo)
	first := newBot(t, srv).link(phone)
	second := first.again()
	must(t, second.cli.Connect())
	await[*events.StreamReplaced](first)
	await[*events.Connected](second)
	if d := phone.Info().Devices; len(d) != 1 || !d[0].Online {
		t.Fatalf("devices: %+v", d)
	}
	write(t, makeCustomer(t, srv, customerNo, wasim.AddressPN), "to the second")
	await[*events.Message](second)
}

func TestUnlink(t *testing.T) {
	srv := start(t)
	phone := makePhone(t, srv, phoneNo)
	offline := newBot(t, srv).link(phone)
	offline.cli.Disconnect()
	offline = offline.again()
	eventually(t, "offline", func() bool { return srv.Stats().DevicesOnline == 0 })
	online := newBot(t, srv).link(phone)
	wantStatus(t, phone.Unlink(9), http.StatusNotFound)
	must(t, phone.Unlink(0))
	if out := await[*events.LoggedOut](online); out.OnConnect {
		t.Fatalf("got %+v", out)
	}
	must(t, offline.cli.Connect())
	if out := await[*events.LoggedOut](offline); !out.OnConnect || out.Reason != events.ConnectFailureLoggedOut {
		t.Fatalf("got %+v", out)
	}
	if d := phone.Info().Devices; len(d) != 0 {
		t.Fatalf("still linked: %+v", d)
	}
}

func TestClientLogsItselfOut(t *testing.T) {
	srv := start(t)
	phone := makePhone(t, srv, phoneNo)
	b := newBot(t, srv).link(phone)
	// WhatsApp is told before the keys are deleted
	if err := b.cli.Logout(context.Background()); !errors.Is(err, errKept) {
		t.Fatal(err)
	}
	if d := phone.Info().Devices; len(d) != 0 {
		t.Fatalf("still linked: %+v", d)
	}
}

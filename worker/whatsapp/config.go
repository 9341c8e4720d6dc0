package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"flowhq"

	"flowhq/worker/message"
)

// Config says what a Client works with. Dir and Receive are required.
type Config struct {
	Dir       string     // the tenant's folder; device.db and wa-version.json live in it
	Simulator *Simulator // nil: the real WhatsApp
	Version   string     // of the client, to announce, "2.3000.123"; "": WhatsApp is asked, a Simulator is not
	Logger    *slog.Logger

	// Receive takes one message in and returns nil once it is stored durably. An error leaves the message with
	// WhatsApp, which delivers it again after the next login. It is called for one message after the other. It must not
	// call Close.
	Receive func(ctx context.Context, m message.Incoming) error
	// Report is told every change of phase and every new QR code, in order. It must not block.
	Report func(flowhq.SessionReport)
	// Sent gives back what was sent under an id. WhatsApp asks for it when a customer's phone could not decrypt.
	Sent func(id string) (to message.Person, text string, ok bool)
	// Merged is told when a phone number and a LID turn out to belong to one person. It may be told twice, and must not
	// call methods of the Client.
	Merged func(a message.Person)

	// Pauses are what an earlier process knew: a ban or a restriction, during which nothing logs in or sends; and that
	// another program has the device, which keeps it until Relink.
	Pauses []Pause

	Silence time.Duration    // a connection that is silent for so long is made anew; default 90 s
	Now     func() time.Time // default time.Now
	Timing  Timing
}

// Timing holds the waiting times. Zero values stand for the defaults that WhatsApp's own clients or the product's
// contract call for; tests shorten them.
type Timing struct {
	ReconnectFirst time.Duration // pause before the first try after a loss; 5 s. Later ones double
	ReconnectMax   time.Duration // upper bound of that pause; 5 min
	Stable         time.Duration // a login that lasted so long starts the pauses over; 1 min
	Slow           time.Duration // pause after a refusal that time alone may cure (client outdated and the like); 1 h
	Connect        time.Duration // limit for reaching WhatsApp up to the end of the handshake; 45 s
	Login          time.Duration // limit from there to being ready; 2 min
	Prepare        time.Duration // limit for preparing a send (device lists, keys); 10 s
	Ack            time.Duration // limit for a send's acknowledgement; 10 s
	QRFirst        time.Duration // how long the first of six codes is shown; 60 s
	QRNext         time.Duration // how long every other code is shown; 20 s
	Restricted     time.Duration // pause of sending when WhatsApp refuses it and names no end; 5 min, doubling to 1 h
}

// Simulator points the client at a simulated WhatsApp on this machine.
type Simulator struct {
	Addr    string   // host:port; a loopback address, anything else is refused
	RootKey [32]byte // its root of trust, in place of WhatsApp's
}

// Limits that nobody needs to change.
const (
	qrRounds       = 5                // rounds of codes that nobody scanned, then it waits to be asked
	versionTimeout = 10 * time.Second // for asking WhatsApp's current client version
	restartLimit   = 15 * time.Second // how long the server's restart after pairing is waited for
	maxRestricted  = time.Hour
)

func (t Timing) withDefaults() Timing {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.ReconnectFirst, 5 * time.Second}, {&t.ReconnectMax, 5 * time.Minute}, {&t.Stable, time.Minute},
		{&t.Slow, time.Hour}, {&t.Connect, 45 * time.Second}, {&t.Login, 2 * time.Minute},
		{&t.Prepare, 10 * time.Second}, {&t.Ack, 10 * time.Second},
		{&t.QRFirst, time.Minute}, {&t.QRNext, 20 * time.Second}, {&t.Restricted, 5 * time.Minute},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return t
}

// withDefaults checks the configuration and fills in what was left out.
func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" || c.Receive == nil {
		return c, errors.New("whatsapp: Dir and Receive are required")
	}
	if c.Simulator != nil {
		if err := c.Simulator.check(); err != nil {
			return c, err
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Report == nil {
		c.Report = func(flowhq.SessionReport) {}
	}
	if c.Sent == nil {
		c.Sent = func(string) (message.Person, string, bool) { return message.Person{}, "", false }
	}
	if c.Merged == nil {
		c.Merged = func(message.Person) {}
	}
	if c.Silence <= 0 {
		c.Silence = 90 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Timing = c.Timing.withDefaults()
	return c, nil
}

// check accepts a literal loopback address only: a name could resolve to anything.
func (s *Simulator) check() error {
	addr, err := netip.ParseAddrPort(s.Addr)
	if err != nil {
		return fmt.Errorf("whatsapp: simulator address %q: %w", s.Addr, err)
	}
	if !addr.Addr().Unmap().IsLoopback() || addr.Port() == 0 {
		return fmt.Errorf("whatsapp: simulator address %q is not a loopback address with a port", s.Addr)
	}
	if s.RootKey == ([32]byte{}) {
		return errors.New("whatsapp: the simulator's root key is missing")
	}
	return nil
}

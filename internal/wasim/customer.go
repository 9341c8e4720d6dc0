package wasim

import (
	"fmt"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// AddressForm is how a customer's address reaches the account.
type AddressForm string

// The forms that the real servers use.
const (
	AddressPN      AddressForm = "pn"       // the number, with the LID beside it
	AddressLID     AddressForm = "lid"      // the LID, with the number beside it
	AddressLIDOnly AddressForm = "lid-only" // only the LID: the number is hidden
)

// Customer is a person who writes to accounts.
type Customer struct {
	*party
	address AddressForm // guarded by party.mu

	recMu    sync.Mutex
	receipts []Receipt
	lastSent map[string]string // newest text or media by phone, digits to message id: what edit and delete mean
}

// CustomerInfo describes a customer.
type CustomerInfo struct {
	Number  string      `json:"number"`
	Name    string      `json:"name,omitempty"`
	Address AddressForm `json:"address"`
	LID     string      `json:"lid"`
}

// CustomerOptions are what a customer may be made with; the zero value is a nameless one with a number.
type CustomerOptions struct {
	Name    string
	Address AddressForm
}

// Customer returns the customer with this number, a new one when there is none. Given options change an existing one.
func (s *Server) Customer(number string, opts CustomerOptions) (*Customer, error) {
	c, _, err := s.customer(number, opts)
	return c, err
}

func (s *Server) customer(number string, opts CustomerOptions) (c *Customer, made bool, err error) {
	digits, err := cleanNumber(number)
	if err != nil {
		return nil, false, err
	}
	switch opts.Address {
	case "", AddressPN, AddressLID, AddressLIDOnly:
	default:
		return nil, false, errBad("address %q: want pn, lid or lid-only", opts.Address)
	}
	s.create.Lock()
	defer s.create.Unlock()
	if p := s.find(digits); p != nil {
		if p.customer == nil {
			return nil, false, errConflict("%s is a phone", plus(digits))
		}
		return p.customer, false, p.customer.change(opts)
	}
	if opts.Address == "" {
		opts.Address = AddressPN
	}
	c = s.bareCustomer(digits, opts.Name, 0, opts.Address)
	if err := s.journal.commit(c.selfChange()); err != nil {
		return nil, false, err
	}
	s.add(c.party)
	return c, true, nil
}

func (s *Server) bareCustomer(digits, name string, epoch int, address AddressForm) *Customer {
	p := s.newParty(digits, name, epoch)
	p.customer = &Customer{party: p, address: address, lastSent: map[string]string{}}
	return p.customer
}

func (c *Customer) change(opts CustomerOptions) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if opts.Name != "" {
		c.name = opts.Name
	}
	if opts.Address != "" {
		c.address = opts.Address
	}
	return c.srv.journal.commit(c.selfChange())
}

// findCustomer looks up a customer that must exist.
func (s *Server) findCustomer(number string) (*Customer, error) {
	digits, err := cleanNumber(number)
	if err != nil {
		return nil, err
	}
	if p := s.find(digits); p != nil && p.customer != nil {
		return p.customer, nil
	}
	return nil, errNotFound("no customer with the number %s", plus(digits))
}

// Address returns the form in which accounts see the customer's address.
func (c *Customer) Address() AddressForm {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.address
}

// Info describes the customer.
func (c *Customer) Info() CustomerInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CustomerInfo{Number: c.Number(), Name: c.name, Address: c.address, LID: c.lid.String()}
}

// Text is a plain text message to a phone's number.
func Text(to, text string) Message { return Message{To: to, Text: text} }

// Send writes to an account and returns the message's id. It returns when the message is kept for every linked device;
// delivery happens when they are connected.
func (c *Customer) Send(m Message) (string, error) {
	phone, err := c.srv.findPhone(m.To)
	if err != nil {
		return "", err
	}
	built, err := c.compose(&m, phone)
	if err != nil {
		return "", err
	}
	plain, err := proto.Marshal(built.body)
	if err != nil {
		return "", fmt.Errorf("wasim: message: %w", err)
	}
	row := InboxRow{ID: m.ID, From: c.Number(), Text: m.Text, Kind: string(m.Kind), Chat: string(m.Chat),
		At: c.srv.now()}
	if err := phone.file(row); err != nil {
		return "", err
	}
	c.srv.stats.in.Add(1)
	return m.ID, c.sendToDevices(phone.linked(), outgoing{attrs: built.attrs, enc: built.enc, plain: plain,
		open: built.open})
}

// outgoing is a message before it is encrypted for each device.
type outgoing struct {
	attrs waBinary.Attrs // of the <message>
	enc   waBinary.Attrs // of the <enc>, beside version and type
	plain []byte
	open  bool // newsletters are not encrypted
}

// sendToDevices encrypts a message for each device and queues it there.
func (p *party) sendToDevices(devices []*Device, out outgoing) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range devices {
		if err := p.sendToDevice(d, out); err != nil {
			return err
		}
	}
	return nil
}

func (p *party) sendToDevice(d *Device, out outgoing) error {
	child := waBinary.Node{Tag: "plaintext", Content: out.plain}
	var changes []change
	if !out.open {
		sealed, c, err := p.seal(d, out.plain, false, nil)
		if err != nil {
			return err
		}
		child, changes = encNode(sealed, out.enc), c
	}
	e, err := stanzaEntry(waBinary.Node{Tag: "message", Attrs: out.attrs, Content: []waBinary.Node{child}})
	if err != nil {
		return err
	}
	if !out.open {
		e.Sender, e.Plain = p.digits, out.plain
	}
	return p.queueFor(d, e, changes)
}

// queueFor keeps an entry, together with what making it changed, and then queues it. p.mu must be held.
func (p *party) queueFor(d *Device, e *entry, changes []change) error {
	if !e.Volatile {
		changes = append(changes, d.number(e))
	}
	if err := p.srv.journal.commit(changes...); err != nil {
		return err
	}
	d.enqueue(e)
	return nil
}

func encNode(s sealed, extra waBinary.Attrs) waBinary.Node {
	attrs := waBinary.Attrs{"v": "2", "type": s.kind}
	for k, v := range extra {
		attrs[k] = v
	}
	return waBinary.Node{Tag: "enc", Attrs: attrs, Content: s.body}
}

// receiveDirect files a message of another party and passes it on to the devices linked to this one.
func (p *party) receiveDirect(from *party, row InboxRow, at time.Time, msg *waE2E.Message) error {
	if err := p.file(row); err != nil {
		return err
	}
	if p.phone == nil || p == from {
		return nil
	}
	plain, err := proto.Marshal(msg)
	if err != nil {
		return fmt.Errorf("wasim: message: %w", err)
	}
	attrs := waBinary.Attrs{"id": row.ID, "type": "text", "t": at.Unix(), "from": from.pn, "sender_lid": from.lid}
	return from.sendToDevices(p.phone.linked(), outgoing{attrs: attrs, plain: plain})
}

// Receipt is something an account let a customer know: that a message arrived or was read, or that its owner is typing.
type Receipt struct {
	N    int       `json:"n"`
	Type string    `json:"type"` // delivered, inactive, read, played, retry; typing, recording, paused
	ID   string    `json:"id,omitempty"`
	From string    `json:"from"`
	At   time.Time `json:"at"`
}

// Receipts returns the newest receipts and typing notices, the oldest of them first.
func (c *Customer) Receipts() []Receipt {
	c.recMu.Lock()
	defer c.recMu.Unlock()
	return append([]Receipt{}, c.receipts...)
}

func (c *Customer) note(r Receipt) {
	c.recMu.Lock()
	defer c.recMu.Unlock()
	r.N = 1
	if n := len(c.receipts); n > 0 {
		r.N = c.receipts[n-1].N + 1
	}
	c.receipts = append(c.receipts, r)
	if len(c.receipts) > maxReceipts {
		c.receipts = c.receipts[1:]
	}
}

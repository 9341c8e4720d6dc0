package wasim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Phone is an account holder's phone: device 0 of an account that clients are linked to.
type Phone struct {
	*party
	next    uint16 // number of the next linked device; guarded by party.mu
	devices map[uint16]*Device
}

// PhoneInfo describes a phone.
type PhoneInfo struct {
	Number  string       `json:"number"`
	Name    string       `json:"name,omitempty"`
	LID     string       `json:"lid"`
	Devices []DeviceInfo `json:"devices"`
}

// Phone returns the phone with this number, a new one when there is none. A number that belongs to a customer is
// refused.
func (s *Server) Phone(number string) (*Phone, error) {
	phone, _, err := s.phone(number, "")
	return phone, err
}

func (s *Server) phone(number, name string) (phone *Phone, made bool, err error) {
	digits, err := cleanNumber(number)
	if err != nil {
		return nil, false, err
	}
	s.create.Lock()
	defer s.create.Unlock()
	if p := s.find(digits); p != nil {
		if p.phone == nil {
			return nil, false, errConflict("%s is a customer", plus(digits))
		}
		return p.phone, false, nil
	}
	p := s.newParty(digits, name, 0)
	p.phone = &Phone{party: p, next: 1, devices: map[uint16]*Device{}}
	if err := s.journal.commit(p.selfChange()); err != nil {
		return nil, false, err
	}
	s.add(p)
	return p.phone, true, nil
}

// findPhone looks up a phone that must exist.
func (s *Server) findPhone(number string) (*Phone, error) {
	digits, err := cleanNumber(number)
	if err != nil {
		return nil, err
	}
	if p := s.find(digits); p != nil && p.phone != nil {
		return p.phone, nil
	}
	return nil, errNotFound("no phone with the number %s", plus(digits))
}

// Info describes the phone and its linked devices.
func (p *Phone) Info() PhoneInfo {
	info := PhoneInfo{Number: p.Number(), Name: p.displayName(), LID: p.lid.String(), Devices: []DeviceInfo{}}
	for _, d := range p.linked() {
		info.Devices = append(info.Devices, d.info())
	}
	return info
}

// linked returns the linked devices in the order of their numbers.
func (p *Phone) linked() []*Device {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	all := make([]*Device, 0, len(p.devices))
	for _, d := range p.devices {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *Device) int { return int(a.id) - int(b.id) })
	return all
}

func (p *Phone) device(id uint16) *Device {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	return p.devices[id]
}

// maxDevice is the highest device number: it has one byte on the wire.
const maxDevice = 255

// reserve numbers a new device. Numbers go round, so that one is used again as late as possible.
func (p *Phone) reserve() (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range maxDevice {
		id := p.next
		p.next = p.next%maxDevice + 1
		if p.device(id) == nil {
			return id, p.srv.journal.commit(p.selfChange())
		}
	}
	return 0, errConflict("the phone has %d linked devices, the most there can be", maxDevice)
}

// newDevice records a device that has just been paired.
func (p *Phone) newDevice(id uint16, h *hello) (*Device, error) {
	pairing := h.payload.GetDevicePairingData()
	signed := publicKey{Pub: pairing.GetESkeyVal(), Sig: pairing.GetESkeySig()}
	var ok bool
	if signed.ID, ok = bigEndian24(pairing.GetESkeyID()); !ok || len(pairing.GetERegid()) != 4 ||
		len(signed.Pub) != 32 || len(signed.Sig) != 64 {
		return nil, errUnprocessable("the client's pairing data is incomplete")
	}
	d := p.bareDevice(id)
	d.noise, d.ident, d.signed = h.static, pairing.GetEIdent(), signed
	d.regID = binary.BigEndian.Uint32(pairing.GetERegid())
	d.platform = platformName(h.payload)
	if err := p.srv.journal.commit(d.selfChange()); err != nil {
		return nil, err
	}
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	p.devices[id] = d
	return d, nil
}

func (p *Phone) bareDevice(id uint16) *Device {
	return &Device{phone: p, id: id, jid: withDevice(p.pn, id), lid: withDevice(p.lid, id)}
}

func platformName(payload *waWa6.ClientPayload) string {
	ua := payload.GetUserAgent()
	v := ua.GetAppVersion()
	return fmt.Sprintf("%s %d.%d.%d", ua.GetPlatform(), v.GetPrimary(), v.GetSecondary(), v.GetTertiary())
}

// Unlink removes a linked device as from the phone's settings; 0 removes all. A connected one is notified.
func (p *Phone) Unlink(device int) error {
	found := false
	for _, d := range p.linked() {
		if device == 0 || int(d.id) == device {
			found = true
			if err := p.remove(d, true); err != nil {
				return err
			}
		}
	}
	if !found && device != 0 {
		return errNotFound("no linked device %d", device)
	}
	return p.notifyDevices(0)
}

func (p *Phone) remove(d *Device, tell bool) error {
	p.srv.mu.Lock()
	delete(p.devices, d.id)
	p.srv.mu.Unlock()
	d.mu.Lock()
	d.gone = true
	x := d.sess
	changes := d.forgetChanges()
	d.queue = nil
	d.mu.Unlock()
	if err := p.srv.journal.commit(changes...); err != nil {
		return err
	}
	if err := p.srv.forgetSessions(d); err != nil {
		return err
	}
	if x != nil && tell {
		x.end(waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"code": "401"},
			Content: []waBinary.Node{{Tag: "conflict", Attrs: waBinary.Attrs{"type": "device_removed"}}}})
	}
	return nil
}

// forgetSessions drops every party's session with a device that is gone: its number may come back with other keys.
func (s *Server) forgetSessions(d *Device) error {
	phones, customers := s.all()
	parties := make([]*party, 0, len(phones)+len(customers))
	for _, p := range phones {
		parties = append(parties, p.party)
	}
	for _, c := range customers {
		parties = append(parties, c.party)
	}
	for _, p := range parties {
		if err := p.forgetSession(d); err != nil {
			return err
		}
	}
	return nil
}

func (p *party) forgetSession(d *Device) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.keys.hasSession(d.lid) {
		return nil
	}
	p.keys.dropSession(d.lid)
	return p.srv.journal.commit(p.sessionChanges()...)
}

// Send writes a message from the phone itself. Linked devices get a copy, as of any message of the account's own.
func (p *Phone) Send(to, text string) (string, error) {
	digits, err := cleanNumber(to)
	if err != nil {
		return "", err
	}
	other := p.srv.find(digits)
	if other == nil {
		return "", errNotFound("%s is neither a phone nor a customer", plus(digits))
	}
	id, at := p.srv.messageID(), p.srv.now()
	msg := &waE2E.Message{Conversation: proto.String(text)}
	if err := p.copyToDevices(other, id, at, msg); err != nil {
		return "", err
	}
	row := InboxRow{ID: id, From: p.Number(), Text: text, Kind: "text", Chat: "direct", At: at}
	if other == p.party {
		row.Chat = "self"
	}
	if err := other.receiveDirect(p.party, row, at, msg); err != nil {
		return "", err
	}
	return id, nil
}

// copyToDevices sends the account's linked devices what the phone wrote to other.
func (p *Phone) copyToDevices(other *party, id string, at time.Time, msg *waE2E.Message) error {
	recipient, altName, alt := other.addressedAs()
	plain, err := proto.Marshal(&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
		DestinationJID: proto.String(recipient.String()), Message: msg,
	}})
	if err != nil {
		return fmt.Errorf("wasim: message: %w", err)
	}
	attrs := waBinary.Attrs{"id": id, "from": p.pn, "type": "text", "t": at.Unix(), "recipient": recipient}
	if !alt.IsEmpty() {
		attrs["peer_recipient_"+altName] = alt
	}
	if name := p.displayName(); name != "" {
		attrs["notify"] = name
	}
	return p.sendToDevices(p.linked(), outgoing{attrs: attrs, plain: plain})
}

// addressedAs is how others write the party's address: the JID, and the other form with its name when that is known to
// them.
func (p *party) addressedAs() (main types.JID, altName string, alt types.JID) {
	form := AddressPN
	if p.customer != nil {
		form = p.customer.Address()
	}
	switch form {
	case AddressLID:
		return p.lid, "pn", p.pn
	case AddressLIDOnly:
		return p.lid, "", types.EmptyJID
	}
	return p.pn, "lid", p.lid
}

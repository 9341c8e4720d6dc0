package wasim

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/libsignal/keys/prekey"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// party is what phones and customers have in common: a number, a Signal device of their own, an inbox.
type party struct {
	srv     *Server
	digits  string
	pn, lid types.JID
	inbox   *inbox

	phone    *Phone    // either this is set
	customer *Customer // or this

	// mu is held over a whole encryption or decryption, and until what it made has been queued: that keeps ratchet
	// steps apart and a sender's messages in order. It is taken before Device.mu, never after it.
	mu    sync.Mutex
	keys  *keyring
	name  string
	epoch int            // how many new identities the party has had
	asked map[string]int // retry receipts sent, by device and message id
	// hidden are the messages that could not be read yet, and since when the phone shows a placeholder for each.
	hidden map[string]time.Time
}

func (s *Server) newParty(digits, name string, epoch int) *party {
	return &party{srv: s, digits: digits, pn: pnOf(digits), lid: lidOf(digits), inbox: newInbox(),
		keys: newKeyring(s.secret, digits, epoch), name: name, epoch: epoch, asked: map[string]int{},
		hidden: map[string]time.Time{}}
}

// Number returns the party's number, with its plus.
func (p *party) Number() string { return plus(p.digits) }

// LID returns the hidden id that stands for the number.
func (p *party) LID() types.JID { return p.lid }

// JID returns the number as an address.
func (p *party) JID() types.JID { return p.pn }

func (p *party) displayName() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name
}

// Inbox returns the messages numbered above after.
func (p *party) Inbox(after int) []InboxRow {
	rows, _ := p.inbox.after(after)
	return rows
}

// WaitInbox returns the messages numbered above after as soon as there is one; none when ctx ends first.
func (p *party) WaitInbox(ctx context.Context, after int) []InboxRow { return p.inbox.wait(ctx, after) }

// savedParty is how a phone or customer is kept.
type savedParty struct {
	Number  string      `json:"number"`
	Name    string      `json:"name,omitempty"`
	Epoch   int         `json:"epoch,omitempty"`
	NextKey uint32      `json:"next_key"`
	Address AddressForm `json:"address,omitempty"`     // customers
	Next    uint16      `json:"next_device,omitempty"` // phones
}

// sessionChanges are the Signal sessions that changed since the last call, for the journal. mu must be held.
func (p *party) sessionChanges() []change {
	changed := p.keys.takeChanged()
	changes := make([]change, 0, len(changed)+1)
	for addr, raw := range changed {
		changes = append(changes, change{"session/" + p.digits + "/" + addr, raw})
	}
	return changes
}

// bundle answers a client that wants to start a session with this party.
func (p *party) bundle() ([]waBinary.Node, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	oneTime := publicHalf(p.keys.handOutKey())
	if err := p.srv.journal.commit(p.selfChange()); err != nil {
		return nil, err
	}
	return bundleNodes(p.keys.regID, p.keys.identity.Pub[:], publicHalf(p.keys.signedPreKey()), &oneTime), nil
}

// selfChange is the party's own record for the journal. mu must be held.
func (p *party) selfChange() change {
	saved := savedParty{Number: p.digits, Name: p.name, Epoch: p.epoch, NextKey: p.keys.nextKey}
	if p.phone != nil {
		saved.Next = p.phone.next
		return jsonChange("phone/"+p.digits, saved)
	}
	saved.Address = p.customer.address
	return jsonChange("customer/"+p.digits, saved)
}

// seal encrypts for a linked device, with a new session when there is none or fresh is set. mu must be held.
func (p *party) seal(d *Device, plain []byte, fresh bool, given *prekey.Bundle) (sealed, []change, error) {
	var changes []change
	bundle := given
	if bundle == nil && (fresh || !p.keys.hasSession(d.lid)) {
		var c []change
		bundle, c = d.takeBundle()
		changes = append(changes, c...)
	}
	out, err := p.keys.encrypt(d.lid, plain, bundle)
	if err != nil {
		return sealed{}, nil, err
	}
	return out, append(changes, p.sessionChanges()...), nil
}

// file puts a message into the inbox once the journal has it, in one commit with the other changes.
func (p *party) file(row InboxRow, with ...change) error {
	return p.inbox.add(row, func(now InboxRow, dropped int) error {
		changes := append(with, jsonChange(rowName(p.digits, now.N), now))
		if dropped > 0 {
			changes = append(changes, change{key: rowName(p.digits, dropped)})
		}
		return p.srv.journal.commit(changes...)
	})
}

func jsonChange(key string, v any) change {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("wasim: %s does not marshal: %v", key, err)) // plain structs only
	}
	return change{key, raw}
}

package wasim

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/prekey"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// maxAsks is how often a party asks for a message again, as phones do.
const maxAsks = 4

// askAgain sends a retry receipt for a message that could not be read. From the second time on it brings fresh keys, so
// that the client starts a new session; withKeys brings them at once.
func (p *party) askAgain(d *Device, id string, as types.JID, withKeys bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := inboxKey(d.jid.String(), id)
	if p.asked[key] >= maxAsks {
		return nil
	}
	p.asked[key]++
	return p.sendRetryReceipt(d, id, as, p.asked[key], withKeys || p.asked[key] > 1)
}

// sendRetryReceipt asks for a message again. mu must be held.
func (p *party) sendRetryReceipt(d *Device, id string, as types.JID, count int, withKeys bool) error {
	now := p.srv.now().Unix()
	children := []waBinary.Node{
		{Tag: "retry", Attrs: waBinary.Attrs{"count": strconv.Itoa(count), "id": id, "t": now, "v": "1"}},
		{Tag: "registration", Content: bigEndian32(p.keys.regID)},
	}
	var changes []change
	if withKeys {
		children = append(children, waBinary.Node{Tag: "keys", Content: []waBinary.Node{
			{Tag: "type", Content: []byte{ecc.DjbType}},
			{Tag: "identity", Content: p.keys.identity.Pub[:]},
			keyNode("key", publicHalf(p.keys.handOutKey())),
			keyNode("skey", publicHalf(p.keys.signedPreKey())),
		}})
		changes = append(changes, p.selfChange())
	}
	attrs := waBinary.Attrs{"from": as.ToNonAD(), "id": id, "type": "retry", "t": now}
	if p.phone == d.phone && p.phone != nil {
		attrs["from"], attrs["recipient"] = p.pn, as.ToNonAD()
	}
	e, err := stanzaEntry(waBinary.Node{Tag: "receipt", Attrs: attrs, Content: children})
	if err != nil {
		return err
	}
	e.Volatile = true
	return p.queueFor(d, e, changes)
}

// handleRetry answers a client that could not read a message: the sender encrypts it again, with a new session.
func (x *session) handleRetry(n *waBinary.Node) {
	x.srv.stats.retries.Add(1)
	if err := x.resend(n); err != nil {
		x.srv.log.Error("message not sent again", "device", x.name(), "id", attrString(n, "id"), "error", err)
	}
}

func (x *session) resend(n *waBinary.Node) error {
	old, pendingAcks, err := x.dev().withdraw(attrString(n, "id"), attrJID(n, "to").String())
	if err != nil || old == nil {
		return err
	}
	sender := x.srv.find(old.Sender)
	if sender == nil {
		return nil // a message of a real client: its own retry receipt is another matter
	}
	given, err := x.givenBundle(n)
	if err != nil {
		return err
	}
	sender.mu.Lock()
	defer sender.mu.Unlock()
	out, changes, err := sender.seal(x.dev(), old.Plain, true, given)
	if err != nil {
		return err
	}
	retry := n.GetChildByTag("retry")
	e, err := old.again(out, attrString(&retry, "count"))
	if err != nil {
		return err
	}
	e.skipAcks = pendingAcks
	return sender.queueFor(x.dev(), e, changes)
}

// givenBundle reads the keys that a retry receipt may bring.
func (x *session) givenBundle(n *waBinary.Node) (*prekey.Bundle, error) {
	keysNode, ok := n.GetOptionalChildByTag("keys")
	if !ok {
		return nil, nil
	}
	identNode, regNode := keysNode.GetChildByTag("identity"), n.GetChildByTag("registration")
	ident, _ := identNode.Content.([]byte)
	reg, _ := regNode.Content.([]byte)
	oneTime, haveKey := parseKeyNode(keysNode.GetChildByTag("key"))
	signed, haveSigned := parseKeyNode(keysNode.GetChildByTag("skey"))
	if len(ident) != 32 || len(reg) != 4 || !haveKey || !haveSigned || signed.Sig == nil {
		return nil, fmt.Errorf("wasim: retry receipt with incomplete keys")
	}
	return bundleFor(x.dev().id, binary.BigEndian.Uint32(reg), ident, signed, &oneTime), nil
}

// again is the same message in a new encryption.
func (e *entry) again(s sealed, count string) (*entry, error) {
	n, err := e.node()
	if err != nil {
		return nil, fmt.Errorf("wasim: kept stanza: %w", err)
	}
	extra := waBinary.Attrs{}
	for _, child := range n.GetChildrenByTag("enc") {
		for name, value := range child.Attrs {
			extra[name] = value
		}
	}
	extra["type"], extra["count"] = s.kind, count
	n.Content = []waBinary.Node{encNode(s, extra)}
	next, err := stanzaEntry(*n)
	if err != nil {
		return nil, err
	}
	next.Sender, next.Plain, next.Attempt = e.Sender, e.Plain, e.Attempt+1
	return next, nil
}

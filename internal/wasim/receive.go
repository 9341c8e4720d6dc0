package wasim

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
)

// handleMessage takes a message of a client: it acknowledges it and brings each encrypted part to the device it is for.
func (x *session) handleMessage(n *waBinary.Node) {
	if x.dev() == nil {
		return
	}
	to := attrJID(n, "to")
	ack := waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{"class": "message", "id": attrString(n, "id"), "from": to,
		"t": x.srv.now().Unix()}}
	if code := x.srv.faults.ackError(x.number(), isAnswer(n)); code != 0 {
		ack.Attrs["error"] = strconv.Itoa(code)
		if code == restrictedCode {
			x.srv.stats.refused.Add(1)
		}
		x.writeNode(ack)
		return
	}
	if hash, missed := x.srv.missedDevices(x.dev(), n, to); missed {
		ack.Attrs["phash"] = hash
	}
	for _, part := range encryptedParts(n, to) {
		x.srv.route(x.dev(), n, part)
	}
	x.acknowledge(ack)
}

// isAnswer tells whether a message answers a retry receipt or goes to the account's own phone: these pass while the
// account is restricted.
func isAnswer(n *waBinary.Node) bool {
	enc := n.GetChildByTag("enc")
	return enc.Attrs["count"] != nil || n.Attrs["category"] == "peer"
}

// acknowledge sends an acknowledgement, or keeps it back as long as a fault says.
func (x *session) acknowledge(ack waBinary.Node) {
	if !x.srv.faults.holding(x.number()) {
		x.writeNode(ack)
		return
	}
	x.srv.wg.Go(func() {
		x.srv.faults.waitHeld(x.number(), x.done)
		x.writeNode(ack)
	})
}

// encryptedPart is a message sealed for one device.
type encryptedPart struct {
	device types.JID
	sealed sealed
}

// encryptedParts finds them: one per participant, or a single one in an answer to a retry receipt or to the own phone.
func encryptedParts(n *waBinary.Node, to types.JID) []encryptedPart {
	var parts []encryptedPart
	add := func(device types.JID, enc waBinary.Node) {
		kind, _ := enc.Attrs["type"].(string)
		body, _ := enc.Content.([]byte)
		if !device.IsEmpty() && body != nil {
			parts = append(parts, encryptedPart{device, sealed{kind, body}})
		}
	}
	participants := n.GetChildByTag("participants")
	for _, p := range participants.GetChildrenByTag("to") {
		add(attrJID(&p, "jid"), p.GetChildByTag("enc"))
	}
	for _, enc := range n.GetChildrenByTag("enc") {
		add(to, enc)
	}
	return parts
}

// route brings one part to its device: a simulated party reads it, a linked device gets it forwarded.
func (s *Server) route(from *Device, n *waBinary.Node, part encryptedPart) {
	p := s.find(part.device.User)
	if p == nil {
		return
	}
	var err error
	if part.device.Device == 0 {
		err = p.take(from, n, part)
	} else if p.phone != nil {
		err = s.forward(from, n, p, part)
	}
	if err != nil {
		s.log.Error("message lost", "id", attrString(n, "id"), "from", from.jid.String(), "error", err)
	}
}

// take reads a message of a client on behalf of a simulated party.
func (p *party) take(from *Device, n *waBinary.Node, part encryptedPart) error {
	id, to := attrString(n, "id"), attrJID(n, "to")
	msg, err := p.read(from, id, part.sealed)
	switch {
	case errors.Is(err, errRepeated):
		return nil
	case errors.Is(err, errUnreadable):
		p.srv.stats.undecryptable.Add(1)
		p.srv.log.Debug("undecryptable", "id", id, "at", p.Number(), "error", err)
		return p.askAgain(from, id, to, false)
	case err != nil:
		return err
	case p == from.phone.party:
		return p.phone.answerPeer(from, id, msg)
	}
	p.srv.stats.out.Add(1)
	p.confirmDelivery(from, id, to)
	return nil
}

var errUnreadable = errors.New("wasim: the message cannot be read")

// read decrypts a message and puts it into the inbox. Both are kept together, or neither.
func (p *party) read(from *Device, id string, s sealed) (*waE2E.Message, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	msg, err := p.keys.decrypt(from.lid, s)
	changes := p.sessionChanges()
	if err == nil {
		return msg, p.fileFrom(from, id, msg, changes)
	}
	if !errors.Is(err, errRepeated) {
		p.hide(from, id)
		err = fmt.Errorf("%w: %w", errUnreadable, err)
	} else if row, known := p.inbox.repeat(from.phone.Number(), id); known {
		changes = append(changes, jsonChange(rowName(p.digits, row.N), row))
	}
	if commitErr := p.srv.journal.commit(changes...); commitErr != nil {
		return nil, commitErr
	}
	return msg, err
}

// fileFrom puts what a linked device wrote into the party's inbox, and keeps the changes with it.
func (p *party) fileFrom(from *Device, id string, msg *waE2E.Message, changes []change) error {
	row := InboxRow{ID: id, From: from.phone.Number(), Chat: string(ChatDirect), At: p.srv.now(), Device: int(from.id)}
	if sent := msg.GetDeviceSentMessage(); sent != nil {
		msg = sent.GetMessage()
		row.To, row.Chat = p.srv.numberOf(sent.GetDestinationJID()), string(ChatDirect)
		if row.To == p.Number() {
			row.Chat = "self"
		}
	}
	row.Shown = p.show(from, id, row.At)
	kind, text := describe(msg)
	if kind == kindOther && msg.GetProtocolMessage() != nil {
		return p.srv.journal.commit(changes...) // a device talking to its phone, not a person to a person
	}
	row.Kind, row.Text = string(kind), text
	return p.file(row, changes...)
}

// hide notes that the phone shows a placeholder ("waiting for this message") from now on. p.mu is held.
func (p *party) hide(from *Device, id string) {
	key := inboxKey(from.phone.Number(), id)
	if _, known := p.hidden[key]; !known && len(p.hidden) < maxInboxRows {
		p.hidden[key] = p.srv.now()
	}
}

// show puts a message in its placeholder's place, and gives that; else now. p.mu is held.
func (p *party) show(from *Device, id string, now time.Time) time.Time {
	key := inboxKey(from.phone.Number(), id)
	if at, known := p.hidden[key]; known {
		delete(p.hidden, key)
		return at
	}
	return now
}

// numberOf turns an address into a number where there is one.
func (s *Server) numberOf(address string) string {
	jid, err := types.ParseJID(address)
	if err != nil {
		return address
	}
	if p := s.find(jid.User); p != nil {
		return p.Number()
	}
	return address
}

// forward passes a part on to a linked device: of another account, or of the sender's own.
func (s *Server) forward(from *Device, n *waBinary.Node, p *party, part encryptedPart) error {
	d := p.phone.device(part.device.Device)
	if d == nil {
		return nil
	}
	attrs := waBinary.Attrs{"id": attrString(n, "id"), "type": attrString(n, "type"), "t": s.now().Unix(),
		"from": from.jid, "sender_lid": from.lid}
	if edit := attrString(n, "edit"); edit != "" {
		attrs["edit"] = edit
	}
	if p.phone == from.phone {
		delete(attrs, "sender_lid")
		attrs["recipient"] = attrJID(n, "to")
	}
	e, err := stanzaEntry(waBinary.Node{Tag: "message", Attrs: attrs,
		Content: []waBinary.Node{encNode(part.sealed, nil)}})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queueFor(d, e, nil)
}

// confirmDelivery tells a client that its message has arrived.
func (p *party) confirmDelivery(d *Device, id string, as types.JID) {
	e, err := stanzaEntry(waBinary.Node{Tag: "receipt",
		Attrs: waBinary.Attrs{"from": as.ToNonAD(), "id": id, "t": p.srv.now().Unix()}})
	if err != nil {
		p.srv.log.Error("receipt not sent", "id", id, "error", err)
		return
	}
	e.Volatile = true
	d.enqueue(e)
}

// handleReceipt takes a client's receipt for messages it got.
func (x *session) handleReceipt(n *waBinary.Node) {
	to, kind := attrJID(n, "to"), attrString(n, "type")
	ack := waBinary.Attrs{"class": "receipt", "id": n.Attrs["id"], "from": to}
	if kind != "" {
		ack["type"] = kind
	}
	x.writeNode(waBinary.Node{Tag: "ack", Attrs: ack})
	if x.dev() == nil {
		return
	}
	ids := []string{attrString(n, "id")}
	list := n.GetChildByTag("list")
	for _, item := range list.GetChildren() {
		ids = append(ids, attrString(&item, "id"))
	}
	x.noteReceipts(n, ids, kind)
	switch kind {
	case "", "inactive", "sender", "peer_msg", "delivered":
		if err := x.dev().confirm("message", ids[0], to.String(), "", true); err != nil {
			x.srv.log.Error("receipt not kept", "device", x.name(), "error", err)
		}
	case "retry":
		x.handleRetry(n)
	}
}

// noteReceipts lets the customer know.
func (x *session) noteReceipts(n *waBinary.Node, ids []string, kind string) {
	who := attrJID(n, "participant")
	if who.IsEmpty() {
		who = attrJID(n, "to")
	}
	p := x.srv.find(who.User)
	if p == nil || p.customer == nil {
		return
	}
	if kind == "" {
		kind = "delivered"
	}
	for _, id := range ids {
		p.customer.note(Receipt{Type: kind, ID: id, From: x.dev().phone.Number(), At: x.srv.now()})
	}
}

// handleAck takes a client's bare acknowledgement: of receipts and notices, and of messages it could not use.
func (x *session) handleAck(n *waBinary.Node) {
	if x.dev() == nil {
		return
	}
	if err := x.dev().confirm(attrString(n, "class"), attrString(n, "id"), attrJID(n, "to").String(),
		attrString(n, "type"), false); err != nil {
		x.srv.log.Error("acknowledgement not kept", "device", x.name(), "error", err)
	}
}

func (x *session) handleChatState(n *waBinary.Node) {
	p := x.srv.find(attrJID(n, "to").User)
	children := n.GetChildren()
	if x.dev() == nil || p == nil || p.customer == nil || len(children) == 0 {
		return
	}
	kind := "paused"
	if children[0].Tag == "composing" {
		kind = "typing"
		if attrString(&children[0], "media") == "audio" {
			kind = "recording"
		}
	}
	p.customer.note(Receipt{Type: kind, From: x.dev().phone.Number(), At: x.srv.now()})
}

func (x *session) handlePresence(n *waBinary.Node) {
	name := attrString(n, "name")
	if x.dev() == nil || name == "" {
		return
	}
	d := x.dev()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pushName == name {
		return
	}
	d.pushName = name
	if err := x.srv.journal.commit(d.selfChange()); err != nil {
		x.srv.log.Error("name not kept", "device", x.name(), "error", err)
	}
}

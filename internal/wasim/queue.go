package wasim

import (
	"fmt"
	"slices"
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// entry is a stanza on its way to a linked device. It stays in the device's queue until the device has confirmed it.
type entry struct {
	Seq    uint64 `json:"seq"`
	Class  string `json:"class"` // message, receipt or notification
	ID     string `json:"id"`
	From   string `json:"from"` // the stanza's from, as the device will repeat it in its confirmation
	Kind   string `json:"kind,omitempty"`
	Stanza []byte `json:"stanza"` // marshalled

	Sender  string `json:"sender,omitempty"`  // who can encrypt it again, digits
	Plain   []byte `json:"plain,omitempty"`   // what to encrypt then
	Attempt int    `json:"attempt,omitempty"` // how often it was encrypted again

	Volatile bool `json:"-"` // not worth keeping over a restart of the simulator
	sent     bool // written to a connection at least once
	nacked   bool // the device confirmed it without having read it
	skipAcks int  // confirmations still to come that belong to an earlier attempt
}

// stanzaEntry wraps a node. Its attributes id and from must be set, from as a JID.
func stanzaEntry(n waBinary.Node) (*entry, error) {
	raw, err := waBinary.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("wasim: %s stanza: %w", n.Tag, err)
	}
	id, _ := n.Attrs["id"].(string)
	from, _ := n.Attrs["from"].(types.JID)
	kind, _ := n.Attrs["type"].(string)
	return &entry{Class: n.Tag, ID: id, From: from.String(), Kind: kind, Stanza: raw}, nil
}

// node reads the stanza back.
func (e *entry) node() (*waBinary.Node, error) {
	plain, err := waBinary.Unpack(e.Stanza)
	if err != nil {
		return nil, err
	}
	return waBinary.Unmarshal(plain)
}

// withAttr is the stanza with one attribute more.
func (e *entry) withAttr(name, value string) []byte {
	n, err := e.node()
	if err != nil {
		return e.Stanza
	}
	n.Attrs[name] = value
	raw, err := waBinary.Marshal(*n)
	if err != nil {
		return e.Stanza
	}
	return raw
}

// number gives the entry its place, so that it can be journalled before it is queued. The sender's lock keeps two
// entries of one sender from changing places in between.
func (d *Device) number(e *entry) change {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	e.Seq = d.seq
	return jsonChange(d.queueKey(e.Seq), e)
}

// enqueue puts an entry at the end of the queue and, when the device listens, on the wire.
func (d *Device) enqueue(e *entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.push(e)
}

// push is enqueue for callers that hold mu.
func (d *Device) push(e *entry) {
	if d.gone {
		return
	}
	if e.Seq == 0 {
		d.seq++
		e.Seq = d.seq
	}
	d.queue = append(d.queue, e)
	if d.live && d.sess.write(e.Stanza) {
		e.sent = true
	}
}

// flush sends the whole queue to a session that has just become active, marked as offline stanzas, then says how many
// they were, and from there on lets new stanzas pass.
func (d *Device) flush(x *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sess != x || d.live {
		return
	}
	counts := map[string]int{}
	for _, e := range d.queue {
		counts[e.Class]++
	}
	total := strconv.Itoa(len(d.queue))
	if len(d.queue) > 0 {
		x.writeNode(ibNode(waBinary.Node{Tag: "offline_preview", Attrs: waBinary.Attrs{"count": total, "appdata": "0",
			"message": strconv.Itoa(counts["message"]), "notification": strconv.Itoa(counts["notification"]),
			"receipt": strconv.Itoa(counts["receipt"])}}))
	}
	for i, e := range d.queue {
		if e.sent {
			d.srv().stats.redelivered.Add(1)
		}
		e.sent = x.write(e.withAttr("offline", strconv.Itoa(i))) || e.sent
	}
	x.writeNode(ibNode(waBinary.Node{Tag: "offline", Attrs: waBinary.Attrs{"count": total}}))
	d.live = true
}

func ibNode(child waBinary.Node) waBinary.Node {
	return waBinary.Node{Tag: "ib", Attrs: waBinary.Attrs{"from": types.ServerJID}, Content: []waBinary.Node{child}}
}

// confirm takes the oldest matching entry off the queue. asRead tells a receipt from a bare acknowledgement, which a
// client also sends for a message that it could not decrypt.
func (d *Device) confirm(class, id, from, kind string, asRead bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.queue, func(e *entry) bool {
		return e.sent && e.Class == class && e.ID == id && e.From == from && (class == "message" || e.Kind == kind)
	})
	if i < 0 {
		return nil
	}
	e := d.queue[i]
	if !asRead && e.skipAcks > 0 {
		e.skipAcks--
		return nil
	}
	e.nacked = !asRead
	d.noteRead(e, asRead)
	return d.settle(i)
}

// noteRead keeps count of the messages that the device could not read so far. mu must be held.
func (d *Device) noteRead(e *entry, read bool) {
	key := inboxKey(e.From, e.ID)
	switch {
	case e.Class != "message" || e.Sender == "":
	case read:
		delete(d.unread, key)
	case d.unread == nil:
		d.unread = map[string]struct{}{key: {}}
	default:
		d.unread[key] = struct{}{}
	}
}

// settle moves entry i from the queue to the recent ones. mu must be held.
func (d *Device) settle(i int) error {
	e := d.queue[i]
	d.queue = slices.Delete(d.queue, i, i+1)
	if e.Class == "message" {
		d.recent = append(d.recent, e)
		if len(d.recent) > maxRecent {
			d.recent = slices.Delete(d.recent, 0, len(d.recent)-maxRecent)
		}
	}
	if e.Volatile {
		return nil
	}
	return d.srv().journal.commit(change{key: d.queueKey(e.Seq)})
}

// withdraw finds the message a device could not read, takes it off the queue, and says how many bare acknowledgements
// of it are still to come.
func (d *Device) withdraw(id, from string) (e *entry, pendingAcks int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	match := func(e *entry) bool { return e.Class == "message" && e.ID == id && e.From == from }
	if i := slices.IndexFunc(d.queue, match); i >= 0 {
		e = d.queue[i]
		d.noteRead(e, false)
		return e, e.skipAcks + 1, d.settle(i)
	}
	for i := len(d.recent) - 1; i >= 0; i-- {
		if match(d.recent[i]) {
			e = d.recent[i]
			d.noteRead(e, false)
			if e.nacked {
				return e, 0, nil
			}
			return e, 1, nil
		}
	}
	return nil, 0, nil
}

// redeliver writes the last n messages again, as they were, and returns how many there were. Confirmed ones go back
// into the queue until they are confirmed again.
func (d *Device) redeliver(n int, wanted func(*entry) bool) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*entry
	for _, e := range slices.Concat(d.recent, d.queue) {
		if e.Class == "message" && wanted(e) {
			all = append(all, e)
		}
	}
	all = all[max(0, len(all)-n):]
	for _, e := range all {
		if !slices.Contains(d.queue, e) {
			d.recent = slices.DeleteFunc(d.recent, func(r *entry) bool { return r == e })
			d.queue = append(d.queue, e)
			if err := d.srv().journal.commit(jsonChange(d.queueKey(e.Seq), e)); err != nil {
				return 0, err
			}
		}
		if d.live && e.sent && d.sess.write(e.Stanza) {
			d.srv().stats.redelivered.Add(1)
		}
	}
	return len(all), nil
}

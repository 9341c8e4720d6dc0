package wasim

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// deviceList lists a party's devices, the phone itself included, as addresses of the same server as base.
func (p *party) deviceList(base types.JID) []types.JID {
	base.User = p.pn.User
	if base.Server == types.HiddenUserServer {
		base.User = p.lid.User
	}
	all := []types.JID{withDevice(base, 0)}
	if p.phone != nil {
		for _, d := range p.phone.linked() {
			all = append(all, withDevice(base, d.id))
		}
	}
	return all
}

// listHash is how clients and server compare device lists.
func listHash(devices []types.JID) string {
	names := make([]string, len(devices))
	for i, j := range devices {
		names[i] = j.ADString()
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "")))
	return "2:" + base64.RawStdEncoding.EncodeToString(sum[:6])
}

// missedDevices tells whether a client wrote to fewer devices than there are, because its list is old. It then returns
// the hash of the right list: the client then asks for the list before its next message.
func (s *Server) missedDevices(from *Device, n *waBinary.Node, to types.JID) (hash string, missed bool) {
	participants, ok := n.GetOptionalChildByTag("participants")
	other := s.find(to.User)
	if !ok || other == nil {
		return "", false
	}
	written := map[uint16]bool{}
	for _, p := range participants.GetChildrenByTag("to") {
		if jid := attrJID(&p, "jid"); s.find(jid.User) == other {
			written[jid.Device] = true
		}
	}
	want := other.deviceList(to)
	for _, jid := range want {
		missed = missed || !written[jid.Device] && (other != from.phone.party || jid.Device != from.id)
	}
	return listHash(append(want, from.phone.deviceList(to)...)), missed
}

// notifyDevices tells all devices of the account, except the new one, that the list of them has changed.
func (p *Phone) notifyDevices(except uint16) error {
	list := p.deviceList(p.pn)
	children := make([]waBinary.Node, len(list))
	for i, jid := range list {
		children[i] = waBinary.Node{Tag: "device", Attrs: waBinary.Attrs{"jid": jid, "key-index": int(jid.Device)}}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.linked() {
		if d.id == except {
			continue
		}
		e, err := stanzaEntry(waBinary.Node{Tag: "notification",
			Attrs: waBinary.Attrs{"from": p.pn, "id": p.srv.nextID("devices-"), "type": "account_sync",
				"t": p.srv.now().Unix()},
			Content: []waBinary.Node{{Tag: "devices", Attrs: waBinary.Attrs{"dhash": listHash(list)},
				Content: children}}})
		if err != nil {
			return err
		}
		e.Volatile = true
		if err := p.queueFor(d, e, nil); err != nil {
			return err
		}
	}
	return nil
}

package wasim

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.mau.fi/libsignal/keys/prekey"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Device is a linked device of a phone: one whatsmeow session.
type Device struct {
	phone    *Phone
	id       uint16
	jid, lid types.JID
	noise    []byte // the key it logs in with
	ident    []byte // its Signal identity
	regID    uint32

	mu        sync.Mutex
	signed    publicKey
	pre       keyStock
	queue     []*entry            // not yet confirmed, in the order of delivery
	recent    []*entry            // confirmed, the newest last; for the fault redeliver
	unread    map[string]struct{} // messages confirmed without having been read, and not read since; by sender and id
	seq       uint64
	sess      *session // nil: offline
	live      bool     // the session has got the queue and takes new stanzas
	gone      bool     // unlinked
	pushName  string
	platform  string
	lastLogin time.Time
}

// DeviceInfo describes a linked device.
type DeviceInfo struct {
	ID        int       `json:"id"`
	JID       string    `json:"jid"`
	LID       string    `json:"lid"`
	Online    bool      `json:"online"`
	LastLogin time.Time `json:"last_login,omitzero"`
	PushName  string    `json:"push_name,omitempty"`
	Platform  string    `json:"platform,omitempty"` // what it calls itself
	Waiting   int       `json:"waiting"`            // stanzas it has not confirmed
	Keys      int       `json:"keys"`               // one-time keys left at the server
}

// keyStock holds the one-time keys a device uploaded, 35 bytes each. They are handed out in order, each one once.
type keyStock struct {
	packed []byte
	used   int // keys handed out
}

const packedKeySize = 3 + 32

func (k *keyStock) left() int { return len(k.packed)/packedKeySize - k.used }

func (k *keyStock) add(keys []publicKey) {
	k.packed = slices.Clone(k.packed[k.used*packedKeySize:])
	k.used = 0
	k.packed = slices.Grow(k.packed, len(keys)*packedKeySize)
	for _, key := range keys {
		k.packed = append(append(k.packed, bigEndian32(key.ID)[1:]...), key.Pub...)
	}
}

func (k *keyStock) take() *publicKey {
	if k.left() == 0 {
		return nil
	}
	raw := k.packed[k.used*packedKeySize:][:packedKeySize]
	k.used++
	id, _ := bigEndian24(raw[:3])
	return &publicKey{ID: id, Pub: slices.Clone(raw[3:])}
}

// savedDevice is how a device is kept; its keys stand beside it, because they are many and change rarely.
type savedDevice struct {
	ID        uint16    `json:"id"`
	Noise     string    `json:"noise"`
	Ident     string    `json:"ident"`
	RegID     uint32    `json:"reg_id"`
	Signed    publicKey `json:"signed"`
	PushName  string    `json:"push_name,omitempty"`
	Platform  string    `json:"platform,omitempty"`
	LastLogin time.Time `json:"last_login,omitzero"`
}

func (d *Device) key(prefix string) string {
	return prefix + "/" + d.phone.digits + "/" + strconv.Itoa(int(d.id))
}

func (d *Device) queueKey(seq uint64) string { return fmt.Sprintf("%s/%016x", d.key("queue"), seq) }

func (d *Device) selfChange() change {
	return jsonChange(d.key("device"), savedDevice{ID: d.id, Noise: hex.EncodeToString(d.noise),
		Ident: hex.EncodeToString(d.ident),
		RegID: d.regID, Signed: d.signed, PushName: d.pushName, Platform: d.platform, LastLogin: d.lastLogin})
}

// forgetChanges erases the device from the journal. mu must be held.
func (d *Device) forgetChanges() []change {
	changes := []change{{key: d.key("device")}, {key: d.key("keys")}, {key: d.key("used")}}
	for _, e := range d.queue {
		if !e.Volatile {
			changes = append(changes, change{key: d.queueKey(e.Seq)})
		}
	}
	return changes
}

func (d *Device) info() DeviceInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return DeviceInfo{ID: int(d.id), JID: d.jid.String(), LID: d.lid.String(), Online: d.sess != nil,
		LastLogin: d.lastLogin,
		PushName:  d.pushName, Platform: d.platform, Waiting: len(d.queue), Keys: d.pre.left()}
}

// storeKeys takes an upload of one-time keys.
func (d *Device) storeKeys(signed publicKey, keys []publicKey) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signed = signed
	d.pre.add(keys)
	return d.srv().journal.commit(d.selfChange(), change{d.key("keys"), d.pre.packed},
		change{d.key("used"), []byte("0")})
}

// claimedKeys is what the server says when the device asks how many one-time keys are left.
func (d *Device) claimedKeys() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pre.packed == nil && d.srv().cfg.FewKeys {
		return 1
	}
	return d.pre.left()
}

// lowKeys is when the server tells a device to upload more one-time keys.
const lowKeys = 5

// takeBundle hands out what a new session with the device needs, and says what the journal must keep of that.
func (d *Device) takeBundle() (*prekey.Bundle, []change) {
	oneTime, signed, changes := d.takeKeys()
	return bundleFor(d.id, d.regID, d.ident, signed, oneTime), changes
}

// bundle is the same as nodes, for a client that asks.
func (d *Device) bundle() ([]waBinary.Node, error) {
	oneTime, signed, changes := d.takeKeys()
	if err := d.srv().journal.commit(changes...); err != nil {
		return nil, err
	}
	return bundleNodes(d.regID, d.ident, signed, oneTime), nil
}

func (d *Device) takeKeys() (*publicKey, publicKey, []change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	oneTime := d.pre.take()
	if oneTime == nil {
		return nil, d.signed, nil
	}
	if d.pre.left() == lowKeys-1 {
		d.push(d.srv().keyCountNotice(d.pre.left()))
	}
	return oneTime, d.signed, []change{{d.key("used"), []byte(strconv.Itoa(d.pre.used))}}
}

func (d *Device) srv() *Server { return d.phone.srv }

package wasim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// pairing is the state of a connection that has no account yet. Server.mu guards it.
type pairing struct {
	refs    []string // in the order in which the client shows them
	started time.Time
	used    bool // a phone is linking it

	number  string // that a pairing code was asked for, digits
	wrapped []byte // the client's ephemeral key, wrapped with the code
	finish  chan *waBinary.Node
}

// startPairing offers QR codes. They run out together with the connection.
func (x *session) startPairing() {
	s := x.srv
	if refusal := s.faults.pairingRefusal(); refusal != nil {
		x.end(*refusal)
		return
	}
	children := make([]waBinary.Node, s.cfg.QRCodes)
	s.mu.Lock()
	x.pairing.started, x.pairing.finish = time.Now(), make(chan *waBinary.Node, 1)
	for i := range children {
		ref := "2@" + base64.RawStdEncoding.EncodeToString(randomBytes(48))
		x.pairing.refs = append(x.pairing.refs, ref)
		s.refs[ref] = x
		children[i] = waBinary.Node{Tag: "ref", Content: []byte(ref)}
	}
	s.mu.Unlock()
	x.writeNode(waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{"from": types.ServerJID, "id": s.nextID("pair-"),
		"type": "set", "xmlns": "md"},
		Content: []waBinary.Node{{Tag: "pair-device", Content: children}}})
	s.wg.Go(x.expirePairing)
}

// expirePairing closes the connection when its last code has run out.
func (x *session) expirePairing() {
	if x.pause(x.srv.codeEnds(x.srv.cfg.QRCodes - 1)) {
		x.queue(outItem{close: true})
	}
}

// codeEnds is how long after the start of the pairing the i-th code stops being current.
func (s *Server) codeEnds(i int) time.Duration {
	first := s.cfg.QRFirst
	if s.cfg.QRCodes != 6 {
		first = s.cfg.QRNext // clients give the first code more time only in a set of six
	}
	return first + time.Duration(i)*s.cfg.QRNext
}

// scanned is what a QR code's text says.
type scanned struct {
	ref               string
	noise, ident, adv []byte
}

// parseQR reads both forms of the text: the bare one, and the one behind a link's #.
func parseQR(text string) (scanned, error) {
	if _, after, found := strings.Cut(text, "#"); found {
		text = after
	}
	parts := strings.Split(strings.TrimSpace(text), ",")
	if len(parts) != 4 && len(parts) != 5 {
		return scanned{}, errUnprocessable("this is no QR text: it has %d parts, want 4 or 5", len(parts))
	}
	q := scanned{ref: parts[0]}
	for i, into := range []*[]byte{&q.noise, &q.ident, &q.adv} {
		raw, err := base64.StdEncoding.DecodeString(parts[i+1])
		if err != nil || len(raw) != 32 {
			return scanned{}, errUnprocessable("this is no QR text: part %d is no key of 32 bytes", i+2)
		}
		*into = raw
	}
	return q, nil
}

// Scan scans the text of a QR code. It returns when the client has taken the link and is about to log in.
func (p *Phone) Scan(ctx context.Context, text string) (DeviceInfo, error) {
	q, err := parseQR(text)
	if err != nil {
		return DeviceInfo{}, err
	}
	x, err := p.srv.claimQR(q)
	if err != nil {
		return DeviceInfo{}, err
	}
	return p.link(ctx, x, q.adv)
}

// claimQR finds the connection that shows a code, if the code is current.
func (s *Server) claimQR(q scanned) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.refs[q.ref]
	if x == nil {
		return nil, errConflict("the code is no longer current: no client shows it any more")
	}
	if time.Since(x.pairing.started) > s.codeEnds(slices.Index(x.pairing.refs, q.ref))+codeGrace {
		return nil, errConflict("the code is no longer current: the client shows a newer one")
	}
	if x.pairing.used {
		return nil, errConflict("the code is no longer current: it has been used")
	}
	if !bytes.Equal(q.noise, x.hello.static) || !bytes.Equal(q.ident,
		x.hello.payload.GetDevicePairingData().GetEIdent()) {
		return nil, errUnprocessable("the code's keys are not those of the client that shows it")
	}
	x.pairing.used = true
	return x, nil
}

// codeGrace allows for the time between a picture and its scan.
const codeGrace = time.Second

func (s *Server) release(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.pairing.used = false
}

// link signs the client's keys with the account's and hands the client its new address.
func (p *Phone) link(ctx context.Context, x *session, advSecret []byte) (DeviceInfo, error) {
	d, err := p.linkDevice(ctx, x, advSecret)
	if err != nil {
		p.srv.release(x)
		return DeviceInfo{}, err
	}
	p.srv.log.Info("device linked", "phone", p.Number(), "device", d.id)
	x.restart()
	if err := p.notifyDevices(d.id); err != nil {
		return DeviceInfo{}, err
	}
	return d.info(), p.greetDevice(d)
}

func (p *Phone) linkDevice(ctx context.Context, x *session, advSecret []byte) (*Device, error) {
	id, err := p.reserve()
	if err != nil {
		return nil, err
	}
	ident := x.hello.payload.GetDevicePairingData().GetEIdent()
	container, err := p.signDevice(id, ident, advSecret)
	if err != nil {
		return nil, err
	}
	reply, err := x.request(ctx, pairSuccessNode(p, id, container))
	if err != nil {
		return nil, err
	}
	if attrString(reply, "type") != "result" {
		return nil, errUnprocessable("the client refused the link: %s", reply.String())
	}
	if err := p.checkDeviceSignature(reply, ident); err != nil {
		return nil, err
	}
	return p.newDevice(id, x.hello)
}

func pairSuccessNode(p *Phone, id uint16, container []byte) waBinary.Node {
	return waBinary.Node{
		Tag: "iq",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "id": p.srv.nextID("paired-"), "type": "set", "xmlns": "md",
			"t": p.srv.now().Unix()},
		Content: []waBinary.Node{{Tag: "pair-success", Content: []waBinary.Node{
			{Tag: "device-identity", Content: container},
			{Tag: "device", Attrs: waBinary.Attrs{"jid": withDevice(p.pn, id), "lid": withDevice(p.lid, id)}},
			{Tag: "platform", Attrs: waBinary.Attrs{"name": "android"}},
			{Tag: "biz", Attrs: waBinary.Attrs{"name": p.displayName()}},
		}}},
	}
}

// signDevice is the account's statement that the client is one of its devices.
func (p *Phone) signDevice(id uint16, ident, advSecret []byte) ([]byte, error) {
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: proto.Uint32(p.keys.regID), Timestamp: proto.Uint64(uint64(p.srv.now().Unix())),
		KeyIndex: proto.Uint32(uint32(id)),
	})
	if err != nil {
		return nil, fmt.Errorf("wasim: device identity: %w", err)
	}
	sig := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*p.keys.identity.Priv),
		slices.Concat(whatsmeow.AdvAccountSignaturePrefix, details, ident))
	signed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentity{Details: details,
		AccountSignatureKey: p.keys.identity.Pub[:], AccountSignature: sig[:]})
	if err != nil {
		return nil, fmt.Errorf("wasim: device identity: %w", err)
	}
	mac := hmac.New(sha256.New, advSecret)
	mac.Write(signed)
	return proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: signed, HMAC: mac.Sum(nil)})
}

// checkDeviceSignature verifies that the client holds the identity it was linked with.
func (p *Phone) checkDeviceSignature(reply *waBinary.Node, ident []byte) error {
	node := reply.GetChildByTag("pair-device-sign", "device-identity")
	raw, _ := node.Content.([]byte)
	var own waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(raw, &own); err != nil || len(own.GetDeviceSignature()) != 64 || len(ident) != 32 {
		return errUnprocessable("the client's device identity cannot be read")
	}
	signed := slices.Concat(whatsmeow.AdvDeviceSignaturePrefix, own.GetDetails(), ident, p.keys.identity.Pub[:])
	if !ecc.VerifySignature(ecc.NewDjbECPublicKey([32]byte(ident)), signed, [64]byte(own.GetDeviceSignature())) {
		return errUnprocessable("the client's device signature does not verify")
	}
	return nil
}

package wasim

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	signalSession "go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/signalerror"
	"go.mau.fi/libsignal/util/optional"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	waStore "go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// sealed is an encrypted message as it stands in an <enc> node.
type sealed struct {
	kind string // pkmsg until the other side has answered, then msg
	body []byte
}

// encrypt seals a message for a device. With a bundle a new session is built first; without one there must be a
// session.
func (k *keyring) encrypt(to types.JID, plain []byte, bundle *prekey.Bundle) (sealed, error) {
	ctx, addr := context.Background(), to.SignalAddress()
	builder := signalSession.NewBuilderFromSignal(k, addr, waStore.SignalProtobufSerializer)
	if bundle != nil {
		if err := builder.ProcessBundle(ctx, bundle); err != nil {
			return sealed{}, fmt.Errorf("session with %s: %w", to, err)
		}
	}
	msg, err := signalSession.NewCipher(builder, addr).Encrypt(ctx, pad(plain))
	if err != nil {
		return sealed{}, fmt.Errorf("encrypt for %s: %w", to, err)
	}
	if msg.Type() == protocol.PREKEY_TYPE {
		return sealed{kind: "pkmsg", body: msg.Serialize()}, nil
	}
	return sealed{kind: "msg", body: msg.Serialize()}, nil
}

// errRepeated is a ciphertext that was decrypted before.
var errRepeated = errors.New("wasim: the same ciphertext again")

// decrypt opens a message of a device.
func (k *keyring) decrypt(from types.JID, s sealed) (*waE2E.Message, error) {
	plain, err := k.open(from, s)
	if errors.Is(err, signalerror.ErrOldCounter) {
		return nil, errRepeated
	}
	if err != nil {
		return nil, fmt.Errorf("decrypt %s from %s: %w", s.kind, from, err)
	}
	plain, err = unpad(plain)
	if err != nil {
		return nil, err
	}
	msg := &waE2E.Message{}
	if err := proto.Unmarshal(plain, msg); err != nil {
		return nil, fmt.Errorf("message of %s: %w", from, err)
	}
	return msg, nil
}

func (k *keyring) open(from types.JID, s sealed) ([]byte, error) {
	ctx, addr, ser := context.Background(), from.SignalAddress(), waStore.SignalProtobufSerializer
	cipher := signalSession.NewCipher(signalSession.NewBuilderFromSignal(k, addr, ser), addr)
	switch s.kind {
	case "pkmsg":
		msg, err := protocol.NewPreKeySignalMessageFromBytes(s.body, ser.PreKeySignalMessage, ser.SignalMessage)
		if err != nil {
			return nil, err
		}
		return cipher.DecryptMessage(ctx, msg)
	case "msg":
		msg, err := protocol.NewSignalMessageFromBytes(s.body, ser.SignalMessage)
		if err != nil {
			return nil, err
		}
		return cipher.Decrypt(ctx, msg)
	}
	return nil, fmt.Errorf("encryption %q is not known here", s.kind)
}

func (k *keyring) hasSession(with types.JID) bool {
	_, ok := k.sessions[with.SignalAddress().String()]
	return ok
}

// pad appends 1 to 15 bytes, each equal to their number.
func pad(plain []byte) []byte {
	n := randomBytes(1)[0]&0x0f | 1
	return append(plain, bytes.Repeat([]byte{n}, int(n))...)
}

func unpad(padded []byte) ([]byte, error) {
	if len(padded) == 0 {
		return nil, errors.New("wasim: empty plaintext")
	}
	n := int(padded[len(padded)-1])
	if n == 0 || n > len(padded) {
		return nil, fmt.Errorf("wasim: padding of %d in %d bytes", n, len(padded))
	}
	return padded[:len(padded)-n], nil
}

// publicKey is one half of a prekey, as a client uploads it.
type publicKey struct {
	ID  uint32 `json:"id"`
	Pub []byte `json:"pub"`
	Sig []byte `json:"sig,omitempty"`
}

// bundleFor makes what libsignal needs to start a session with a client's device; oneTime may be nil.
func bundleFor(device uint16, regID uint32, ident []byte, signed publicKey, oneTime *publicKey) *prekey.Bundle {
	id, pub := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if oneTime != nil {
		id, pub = optional.NewOptionalUint32(oneTime.ID), ecc.NewDjbECPublicKey([32]byte(oneTime.Pub))
	}
	return prekey.NewBundle(regID, uint32(device), id, signed.ID, pub,
		ecc.NewDjbECPublicKey([32]byte(signed.Pub)), [64]byte(signed.Sig),
		identity.NewKey(ecc.NewDjbECPublicKey([32]byte(ident))))
}

func bigEndian32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// bigEndian24 reads the three bytes that key ids have on the wire.
func bigEndian24(b []byte) (uint32, bool) {
	if len(b) != 3 {
		return 0, false
	}
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]), true
}

func keyNode(tag string, key publicKey) waBinary.Node {
	children := []waBinary.Node{
		{Tag: "id", Content: bigEndian32(key.ID)[1:]},
		{Tag: "value", Content: key.Pub},
	}
	if key.Sig != nil {
		children = append(children, waBinary.Node{Tag: "signature", Content: key.Sig})
	}
	return waBinary.Node{Tag: tag, Content: children}
}

func publicHalf(k *keys.PreKey) publicKey {
	p := publicKey{ID: k.KeyID, Pub: k.Pub[:]}
	if k.Signature != nil {
		p.Sig = k.Signature[:]
	}
	return p
}

// bundleNodes are the children of a <user> in the answer to a request for keys.
func bundleNodes(regID uint32, ident []byte, signed publicKey, oneTime *publicKey) []waBinary.Node {
	nodes := []waBinary.Node{
		{Tag: "registration", Content: bigEndian32(regID)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: ident},
	}
	if oneTime != nil {
		nodes = append(nodes, keyNode("key", *oneTime))
	}
	return append(nodes, keyNode("skey", signed))
}

// parseKeyNode reads a <key> or <skey>.
func parseKeyNode(n waBinary.Node) (publicKey, bool) {
	idNode, valueNode, sigNode := n.GetChildByTag("id"), n.GetChildByTag("value"), n.GetChildByTag("signature")
	rawID, _ := idNode.Content.([]byte)
	id, ok := bigEndian24(rawID)
	pub, _ := valueNode.Content.([]byte)
	sig, _ := sigNode.Content.([]byte)
	if !ok || len(pub) != 32 || (sig != nil && len(sig) != 64) {
		return publicKey{}, false
	}
	return publicKey{ID: id, Pub: pub, Sig: sig}, true
}

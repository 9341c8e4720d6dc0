package wasim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"go.mau.fi/libsignal/ecc"
	groupRecord "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/state/store"
	waStore "go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// keyring is the Signal key material of one simulated device (a phone's device 0). Every private key is derived from
// one secret, one-time keys included, so that a party with a thousand conversations stores nothing but its sessions.
//
// It satisfies libsignal's store. Nothing in it locks: the owner holds its lock over load, change and store, because
// libsignal does the three one by one. Sessions are kept serialised: a failed decryption cannot leave a half-changed
// one.
type keyring struct {
	secret   secret
	identity *keys.KeyPair
	signed   *keys.PreKey
	regID    uint32
	nextKey  uint32 // id of the next one-time key to hand out

	sessions map[string][]byte // by Signal address of the other device
	changed  map[string]bool   // sessions stored since the last takeChanged
}

var _ store.SignalProtocol = (*keyring)(nil)

// newKeyring derives the keys of a party; epoch counts its new identities (reinstalled phones).
func newKeyring(master secret, digits string, epoch int) *keyring {
	s := secret(master.derive("party " + digits + " " + strconv.Itoa(epoch)))
	reg := s.derive("registration")
	return &keyring{
		secret:   s,
		identity: s.keyPair("identity"),
		regID:    1 + uint32(reg[0])<<8 + uint32(reg[1]),
		nextKey:  1,
		sessions: map[string][]byte{},
		changed:  map[string]bool{},
	}
}

const signedKeyID = 1

func (k *keyring) signedPreKey() *keys.PreKey {
	if k.signed == nil {
		pair := k.secret.keyPair("signed prekey")
		k.signed = &keys.PreKey{KeyPair: *pair, KeyID: signedKeyID, Signature: k.identity.Sign(pair)}
	}
	return k.signed
}

func (k *keyring) oneTimeKey(id uint32) *keys.PreKey {
	return &keys.PreKey{KeyPair: *k.secret.keyPair("one-time " + strconv.Itoa(int(id))), KeyID: id}
}

// handOutKey gives away a one-time key, each one once.
func (k *keyring) handOutKey() *keys.PreKey {
	id := k.nextKey
	k.nextKey = id%0xfffffe + 1 // ids have three bytes
	return k.oneTimeKey(id)
}

// takeChanged returns the sessions changed since the last call; a nil value means the session is gone.
func (k *keyring) takeChanged() map[string][]byte {
	if len(k.changed) == 0 {
		return nil
	}
	out := make(map[string][]byte, len(k.changed))
	for addr := range k.changed {
		out[addr] = k.sessions[addr]
	}
	clear(k.changed)
	return out
}

func ecPair(p keys.KeyPair) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*p.Pub), ecc.NewDjbECPrivateKey(*p.Priv))
}

// GetIdentityKeyPair and the methods below are libsignal's store.
func (k *keyring) GetIdentityKeyPair() *identity.KeyPair {
	pair := ecPair(*k.identity)
	return identity.NewKeyPair(identity.NewKey(pair.PublicKey()), pair.PrivateKey())
}

func (k *keyring) GetLocalRegistrationID() uint32 { return k.regID }

// SaveIdentity keeps nothing: a simulated party trusts every identity that the server presents.
func (k *keyring) SaveIdentity(context.Context, *protocol.SignalAddress, *identity.Key) error {
	return nil
}

func (k *keyring) IsTrustedIdentity(context.Context, *protocol.SignalAddress, *identity.Key) (bool, error) {
	return true, nil
}

func (k *keyring) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	pair := k.oneTimeKey(id)
	return record.NewPreKey(id, ecPair(pair.KeyPair), waStore.SignalProtobufSerializer.PreKeyRecord), nil
}

func (k *keyring) StorePreKey(context.Context, uint32, *record.PreKey) error {
	return errors.New("wasim: one-time keys are derived, not stored")
}

func (k *keyring) ContainsPreKey(context.Context, uint32) (bool, error) { return true, nil }

// RemovePreKey forgets nothing: a message that uses a key twice belongs to a session that exists already.
func (k *keyring) RemovePreKey(context.Context, uint32) error { return nil }

func (k *keyring) LoadSession(_ context.Context, addr *protocol.SignalAddress) (*record.Session, error) {
	ser := waStore.SignalProtobufSerializer
	if raw, ok := k.sessions[addr.String()]; ok {
		return record.NewSessionFromBytes(raw, ser.Session, ser.State)
	}
	return record.NewSession(ser.Session, ser.State), nil
}

func (k *keyring) GetSubDeviceSessions(context.Context, string) ([]uint32, error) { return nil, nil }

func (k *keyring) StoreSession(_ context.Context, addr *protocol.SignalAddress, r *record.Session) error {
	k.sessions[addr.String()] = r.Serialize()
	k.changed[addr.String()] = true
	return nil
}

func (k *keyring) ContainsSession(_ context.Context, addr *protocol.SignalAddress) (bool, error) {
	_, ok := k.sessions[addr.String()]
	return ok, nil
}

func (k *keyring) DeleteSession(_ context.Context, addr *protocol.SignalAddress) error {
	k.drop(addr.String())
	return nil
}

func (k *keyring) drop(addr string) {
	delete(k.sessions, addr)
	k.changed[addr] = true
}

func (k *keyring) dropSession(with types.JID) { k.drop(with.SignalAddress().String()) }

func (k *keyring) DeleteAllSessions(context.Context) error {
	k.dropSessions()
	return nil
}

func (k *keyring) dropSessions() {
	for addr := range k.sessions {
		k.changed[addr] = true
	}
	clear(k.sessions)
}

func (k *keyring) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	key := k.signedPreKey()
	if id != key.KeyID {
		return nil, fmt.Errorf("wasim: no signed key %d", id)
	}
	return record.NewSignedPreKey(id, 0, ecPair(key.KeyPair), *key.Signature,
		waStore.SignalProtobufSerializer.SignedPreKeyRecord), nil
}

func (k *keyring) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) { return nil, nil }

func (k *keyring) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error { return nil }

func (k *keyring) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == signedKeyID, nil
}

func (k *keyring) RemoveSignedPreKey(context.Context, uint32) error { return nil }

func (k *keyring) StoreSenderKey(context.Context, *protocol.SenderKeyName, *groupRecord.SenderKey) error {
	return nil
}

func (k *keyring) LoadSenderKey(context.Context, *protocol.SenderKeyName) (*groupRecord.SenderKey, error) {
	return nil, nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}

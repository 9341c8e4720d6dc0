package wasim

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"google.golang.org/protobuf/proto"
)

// noiseState is the symmetric state of Noise_XX_25519_AESGCM_SHA256 while the handshake runs.
type noiseState struct {
	hash    []byte
	chain   []byte
	aead    cipher.AEAD
	counter uint32
}

func newNoiseState(prologue []byte) *noiseState {
	start := []byte(socket.NoiseStartPattern) // exactly 32 bytes, so the protocol's name is not hashed
	s := &noiseState{hash: start, chain: start, aead: mustGCM(start)}
	s.mixHash(prologue)
	return s
}

func mustGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("wasim: AES key: %v", err)) // keys here are always 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(fmt.Sprintf("wasim: GCM: %v", err))
	}
	return aead
}

func gcmNonce(counter uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], counter)
	return iv
}

func (s *noiseState) mixHash(data []byte) {
	h := sha256.New()
	h.Write(s.hash)
	h.Write(data)
	s.hash = h.Sum(nil)
}

func (s *noiseState) expand(input []byte) (first, second []byte) {
	out, err := hkdf.Key(sha256.New, input, s.chain, "", 64)
	if err != nil {
		panic(fmt.Sprintf("wasim: hkdf of 64 bytes: %v", err))
	}
	return out[:32], out[32:]
}

func (s *noiseState) mixShared(priv, pub []byte) error {
	shared, err := curve25519.X25519(priv, pub)
	if err != nil {
		return fmt.Errorf("key agreement: %w", err)
	}
	chain, key := s.expand(shared)
	s.chain, s.aead, s.counter = chain, mustGCM(key), 0
	return nil
}

func (s *noiseState) seal(plain []byte) []byte {
	sealed := s.aead.Seal(nil, gcmNonce(s.counter), plain, s.hash)
	s.counter++
	s.mixHash(sealed)
	return sealed
}

func (s *noiseState) open(sealed []byte) ([]byte, error) {
	plain, err := s.aead.Open(nil, gcmNonce(s.counter), sealed, s.hash)
	s.counter++
	s.mixHash(sealed)
	return plain, err
}

// hello is what a client says about itself in the handshake.
type hello struct {
	static  []byte // its Noise key: the proof of who it is at a login
	payload *waWa6.ClientPayload
}

// handshake runs the responder's side of Noise XX over a connection whose header has been read, and arms it for
// transport.
func handshake(ctx context.Context, c *frameConn, a *authority) (*hello, error) {
	var msg waWa6.HandshakeMessage
	if err := readHandshake(ctx, c, &msg); err != nil {
		return nil, err
	}
	clientEph := msg.GetClientHello().GetEphemeral()
	if len(clientEph) != 32 {
		return nil, errors.New("client hello without an ephemeral key")
	}
	s, eph := newNoiseState(socket.WAConnHeader), keys.NewKeyPair()
	s.mixHash(clientEph)
	if err := answerHello(ctx, c, s, eph, clientEph, a); err != nil {
		return nil, err
	}
	msg.Reset()
	if err := readHandshake(ctx, c, &msg); err != nil {
		return nil, err
	}
	h, err := openFinish(s, eph, msg.GetClientFinish())
	if err != nil {
		return nil, err
	}
	fromClient, toClient := s.expand(nil)
	c.arm(mustGCM(fromClient), mustGCM(toClient))
	return h, nil
}

func readHandshake(ctx context.Context, c *frameConn, msg *waWa6.HandshakeMessage) error {
	frame, err := c.readFrame(ctx)
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(frame, msg); err != nil {
		return fmt.Errorf("handshake message: %w", err)
	}
	return nil
}

func answerHello(ctx context.Context, c *frameConn, s *noiseState, eph *keys.KeyPair, clientEph []byte,
	a *authority) error {
	s.mixHash(eph.Pub[:])
	if err := s.mixShared(eph.Priv[:], clientEph); err != nil {
		return err
	}
	static := s.seal(a.static.Pub[:])
	if err := s.mixShared(a.static.Priv[:], clientEph); err != nil {
		return err
	}
	out, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: eph.Pub[:], Static: static, Payload: s.seal(a.chain),
	}})
	if err != nil {
		return fmt.Errorf("server hello: %w", err)
	}
	return c.writeFrame(ctx, out)
}

func openFinish(s *noiseState, eph *keys.KeyPair, finish *waWa6.HandshakeMessage_ClientFinish) (*hello, error) {
	static, err := s.open(finish.GetStatic())
	if err != nil {
		return nil, fmt.Errorf("client's static key: %w", err)
	}
	if err = s.mixShared(eph.Priv[:], static); err != nil {
		return nil, err
	}
	raw, err := s.open(finish.GetPayload())
	if err != nil {
		return nil, fmt.Errorf("client's payload: %w", err)
	}
	h := &hello{static: static, payload: &waWa6.ClientPayload{}}
	if err = proto.Unmarshal(raw, h.payload); err != nil {
		return nil, fmt.Errorf("client's payload: %w", err)
	}
	return h, nil
}

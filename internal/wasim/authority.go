package wasim

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// secret is the one value that all keys of a simulator are derived from: a stored secret brings all of them back.
type secret [32]byte

func (s secret) derive(label string) (out [32]byte) {
	b, err := hkdf.Key(sha256.New, s[:], nil, "wasim "+label, len(out))
	if err != nil {
		panic(fmt.Sprintf("wasim: hkdf of 32 bytes: %v", err)) // only lengths beyond 255 hashes fail
	}
	copy(out[:], b)
	return out
}

func (s secret) keyPair(label string) *keys.KeyPair {
	priv := s.derive(label)
	priv[0] &= 248
	priv[31] = priv[31]&127 | 64
	return keys.NewKeyPairFromPrivateKey(priv)
}

// authority is what a client trusts: a root key, and a chain from it down to the server's Noise key.
type authority struct {
	root   *keys.KeyPair
	static *keys.KeyPair
	chain  []byte // waCert.CertChain
}

func newAuthority(s secret, now time.Time) (*authority, error) {
	const interSerial = 1
	inter := s.keyPair("intermediate")
	a := &authority{root: s.keyPair("root"), static: s.keyPair("static")}
	interCert, err := issue(a.root, inter, interSerial, 0, now)
	if err != nil {
		return nil, err
	}
	leafCert, err := issue(inter, a.static, interSerial+1, interSerial, now)
	if err != nil {
		return nil, err
	}
	a.chain, err = proto.Marshal(&waCert.CertChain{Intermediate: interCert, Leaf: leafCert})
	if err != nil {
		return nil, fmt.Errorf("wasim: certificate chain: %w", err)
	}
	return a, nil
}

func issue(issuer, subject *keys.KeyPair, serial, issuerSerial uint32,
	now time.Time) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial:       proto.Uint32(serial),
		IssuerSerial: proto.Uint32(issuerSerial),
		Key:          subject.Pub[:],
		NotBefore:    proto.Uint64(uint64(now.AddDate(-1, 0, 0).Unix())),
		NotAfter:     proto.Uint64(uint64(now.AddDate(10, 0, 0).Unix())),
	})
	if err != nil {
		return nil, fmt.Errorf("wasim: certificate: %w", err)
	}
	sig := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*issuer.Priv), details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: sig[:]}, nil
}

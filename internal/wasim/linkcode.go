package wasim

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
)

const (
	codeAlphabet  = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
	codeRounds    = 2 << 16 // of PBKDF2, as the clients do it
	wrapSaltSize  = 32
	wrapSize      = wrapSaltSize + aes.BlockSize + 32
	bundleMinSize = 32 + 12 + 96 + 16 // salt, nonce, three keys, tag
)

// linkCode handles the client's two steps of pairing by code.
func (x *session) linkCode(n *waBinary.Node) {
	reg := n.GetChildByTag("link_code_companion_reg")
	switch attrString(&reg, "stage") {
	case "companion_hello":
		x.linkCodeHello(n, &reg)
	case "companion_finish":
		x.result(n)
		select {
		case x.pairing.finish <- &reg:
		default: // no call waits for it
		}
	default:
		x.result(n)
	}
}

func (x *session) linkCodeHello(n, reg *waBinary.Node) {
	wrapNode := reg.GetChildByTag("link_code_pairing_wrapped_companion_ephemeral_pub")
	wrapped, _ := wrapNode.Content.([]byte)
	number := attrJID(reg, "jid").User
	if len(wrapped) != wrapSize || number == "" || x.dev() != nil {
		x.failIQ(n, 400, "bad-request")
		return
	}
	x.srv.mu.Lock()
	x.pairing.number, x.pairing.wrapped = number, wrapped
	x.srv.codes[number] = x
	x.srv.mu.Unlock()
	x.result(n, waBinary.Node{Tag: "link_code_companion_reg",
		Content: []waBinary.Node{{Tag: "link_code_pairing_ref", Content: x.codeRef()}}})
}

func (x *session) codeRef() []byte { return fmt.Appendf(nil, "link-%x", x.hello.static[:8]) }

// EnterCode types in the code that a client shows for this number. It returns when the client has taken the link.
func (p *Phone) EnterCode(ctx context.Context, code string) (DeviceInfo, error) {
	code = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", ""))
	if len(code) != 8 || strings.Trim(code, codeAlphabet) != "" {
		return DeviceInfo{}, errUnprocessable("this is no pairing code: want eight characters such as ABCD-EFGH")
	}
	x, wrapped, err := p.srv.claimCode(p)
	if err != nil {
		return DeviceInfo{}, err
	}
	advSecret, err := p.agree(ctx, x, code, wrapped)
	if err != nil {
		p.srv.release(x)
		return DeviceInfo{}, err
	}
	return p.link(ctx, x, advSecret)
}

func (s *Server) claimCode(p *Phone) (*session, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.codes[p.digits]
	if x == nil || x.pairing.used {
		return nil, nil, errConflict("no client waits for a code of %s", p.Number())
	}
	x.pairing.used = true
	return x, x.pairing.wrapped, nil
}

// agree runs the key exchange that the code protects and returns the secret that the link is sealed with.
func (p *Phone) agree(ctx context.Context, x *session, code string, wrapped []byte) ([]byte, error) {
	clientEph, err := unwrapKey(code, wrapped)
	if err != nil {
		return nil, err
	}
	eph := keys.NewKeyPair()
	ownWrap, err := wrapKey(code, eph.Pub[:])
	if err != nil {
		return nil, err
	}
	select {
	case <-x.pairing.finish: // left over from an attempt that no call waited for
	default:
	}
	x.writeNode(waBinary.Node{Tag: "notification",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "type": "link_code_companion_reg", "id": p.srv.nextID("code-"),
			"t": p.srv.now().Unix()},
		Content: []waBinary.Node{{Tag: "link_code_companion_reg", Attrs: waBinary.Attrs{"stage": "primary_hello"},
			Content: []waBinary.Node{
				{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: ownWrap},
				{Tag: "primary_identity_pub", Content: p.keys.identity.Pub[:]},
				{Tag: "link_code_pairing_ref", Content: x.codeRef()},
			}}}})
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	select {
	case finish := <-x.pairing.finish:
		return p.openFinish(finish, eph, clientEph)
	case <-x.done:
		return nil, errConflict("the client went away")
	case <-ctx.Done():
		return nil, errConflict("the client did not finish the pairing")
	}
}

// openFinish reads the client's key bundle. It opens only if both sides used the same code.
func (p *Phone) openFinish(finish *waBinary.Node, eph *keys.KeyPair, clientEph []byte) ([]byte, error) {
	bundleNode, identNode := finish.GetChildByTag("link_code_pairing_wrapped_key_bundle"),
		finish.GetChildByTag("companion_identity_public")
	bundle, _ := bundleNode.Content.([]byte)
	ident, _ := identNode.Content.([]byte)
	if len(bundle) != bundleMinSize || len(ident) != 32 {
		return nil, errUnprocessable("the client's key bundle is incomplete")
	}
	shared, err := curve25519.X25519(eph.Priv[:], clientEph)
	if err != nil {
		return nil, errConflict("wrong code")
	}
	key, err := hkdf.Key(sha256.New, shared, bundle[:32], "link_code_pairing_key_bundle_encryption_key", 32)
	if err != nil {
		return nil, fmt.Errorf("wasim: bundle key: %w", err)
	}
	plain, err := mustGCM(key).Open(nil, bundle[32:44], bundle[44:], nil)
	if err != nil || !bytes.Equal(plain[:32], ident) || !bytes.Equal(plain[32:64], p.keys.identity.Pub[:]) {
		return nil, errConflict("wrong code")
	}
	idShared, err := curve25519.X25519(p.keys.identity.Priv[:], ident)
	if err != nil {
		return nil, errUnprocessable("the client's identity key is unusable")
	}
	return hkdf.Key(sha256.New, slices.Concat(shared, idShared, plain[64:96]), nil, "adv_secret", 32)
}

func codeCipher(code string, salt, iv []byte) (cipher.Stream, error) {
	key, err := pbkdf2.Key(sha256.New, code, salt, codeRounds, 32)
	if err != nil {
		return nil, fmt.Errorf("wasim: code key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wasim: code key: %w", err)
	}
	return cipher.NewCTR(block, iv), nil
}

func wrapKey(code string, pub []byte) ([]byte, error) {
	out := append(randomBytes(wrapSaltSize+aes.BlockSize), make([]byte, len(pub))...)
	stream, err := codeCipher(code, out[:wrapSaltSize], out[wrapSaltSize:wrapSaltSize+aes.BlockSize])
	if err != nil {
		return nil, err
	}
	stream.XORKeyStream(out[wrapSaltSize+aes.BlockSize:], pub)
	return out, nil
}

func unwrapKey(code string, wrapped []byte) ([]byte, error) {
	stream, err := codeCipher(code, wrapped[:wrapSaltSize], wrapped[wrapSaltSize:wrapSaltSize+aes.BlockSize])
	if err != nil {
		return nil, err
	}
	pub := make([]byte, 32)
	stream.XORKeyStream(pub, wrapped[wrapSaltSize+aes.BlockSize:])
	return pub, nil
}

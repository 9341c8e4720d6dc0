package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// credential is the admin's secret. Passwords are compared in a time that depends neither on where they differ nor on
// how long the right one is.
type credential struct {
	plain [32]byte // SHA-256 of the password; unused when hash is set
	hash  *argonHash
	print [32]byte // of the configured secret: sessions are bound to it
	key   []byte   // of this process, for known
	known atomic.Pointer[[32]byte]
	slots chan struct{} // argon2 runs at once: each takes its memory
}

func newCredential(password, phc string) (*credential, error) {
	c := &credential{key: make([]byte, 32), slots: make(chan struct{}, 1)}
	if _, err := rand.Read(c.key); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	switch {
	case phc != "":
		h, err := parseArgon(phc)
		if err != nil {
			return nil, fmt.Errorf("ADMIN_PASSWORD_HASH: %w", err)
		}
		c.hash, c.print = h, digest("hash\x00"+phc)
	case password != "":
		c.plain, c.print = digest(password), digest("plain\x00"+password)
	default:
		return nil, errors.New("ADMIN_PASSWORD is missing")
	}
	return c, nil
}

func digest(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// matches tells whether password is the admin's.
func (c *credential) matches(password string) bool {
	if c.hash == nil {
		given := digest(password)
		return subtle.ConstantTimeCompare(given[:], c.plain[:]) == 1
	}
	// A client of the API sends the password with every call, and argon2 is slow on purpose: what was right once is
	// known again by its keyed digest, under a key that never leaves this process.
	mark := c.mark(password)
	if known := c.known.Load(); known != nil && subtle.ConstantTimeCompare(mark[:], known[:]) == 1 {
		return true
	}
	c.slots <- struct{}{}
	ok := c.hash.matches(password)
	<-c.slots
	if ok {
		c.known.Store(&mark)
	}
	return ok
}

func (c *credential) mark(password string) (sum [32]byte) {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte(password))
	m.Sum(sum[:0])
	return sum
}

// argonHash is a parsed PHC string: $argon2id$v=19$m=65536,t=3,p=4$salt$hash.
type argonHash struct {
	memory, time uint32 // KiB, passes
	threads      uint8
	salt, sum    []byte
}

// Bounds of what an argon2id string may ask for: 1 GiB, 64 passes.
const (
	argonMaxMemory = 1 << 20
	argonMaxTime   = 64
)

func parseArgon(phc string) (*argonHash, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return nil, errors.New("is no argon2id string like $argon2id$v=19$m=65536,t=3,p=4$…$…")
	}
	if parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, fmt.Errorf("only version %d of argon2id is known", argon2.Version)
	}
	var h argonHash
	if err := h.readParameters(parts[3]); err != nil {
		return nil, err
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 {
		return nil, errors.New("its salt is not base64 without padding, or shorter than 8 bytes")
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.sum) < 16 || len(h.sum) > 128 {
		return nil, errors.New("its hash is not base64 without padding of 16 to 128 bytes")
	}
	return &h, nil
}

// readParameters reads "m=65536,t=3,p=4" and checks the bounds.
func (h *argonHash) readParameters(text string) error {
	if n, err := fmt.Sscanf(text+"\n", "m=%d,t=%d,p=%d\n", &h.memory, &h.time, &h.threads); n != 3 || err != nil {
		return errors.New("its parameters must look like m=65536,t=3,p=4")
	}
	if h.threads == 0 || h.time == 0 || h.time > argonMaxTime || h.memory < 8*uint32(h.threads) ||
		h.memory > argonMaxMemory {
		return errors.New("its parameters are out of bounds")
	}
	return nil
}

func (h *argonHash) matches(password string) bool {
	sum := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1
}

// HashPassword makes the argon2id string of a password, for ADMIN_PASSWORD_HASH. Its parameters are the second
// recommendation of RFC 9106: 64 MiB, 3 passes, 4 lanes.
func HashPassword(password string) (string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("reading random bytes: %w", err)
	}
	h := &argonHash{memory: 64 << 10, time: 3, threads: 4, salt: salt}
	return h.phc(password), nil
}

// phc writes the string of a password with these parameters.
func (h *argonHash) phc(password string) string {
	sum := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, 32)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads, b64(h.salt),
		b64(sum))
}

// CheckPasswordHash says in words what is wrong with an argon2id string; nil when it can be used.
func CheckPasswordHash(phc string) error {
	_, err := parseArgon(phc)
	return err
}

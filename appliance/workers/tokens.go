package workers

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// tokens are the secrets by which workers show that the appliance started them: a new one for each start. Only a hash
// is kept, in a file, so that a worker that outlives the appliance is known to the next one too.
type tokens struct{ dir string }

func newTokens(dir string) (*tokens, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &tokens{dir: dir}, nil
}

// issue makes the token of a worker's next start; earlier ones end.
func (t *tokens) issue(tenantID string) (string, error) {
	token := rand.Text()
	sum := sha256.Sum256([]byte(token))
	path := t.path(tenantID)
	if err := os.WriteFile(path+".new", []byte(hex.EncodeToString(sum[:])), 0o600); err != nil {
		return "", err
	}
	return token, os.Rename(path+".new", path)
}

// check tells why a token is not that of the worker's last start; comparing takes the same time whatever it holds.
func (t *tokens) check(tenantID, token string) error {
	if !fs.ValidPath(tenantID) || filepath.Base(tenantID) != tenantID {
		return errors.New("no tenant's id")
	}
	text, err := os.ReadFile(t.path(tenantID))
	if err != nil {
		return fmt.Errorf("no token is known: %w", err)
	}
	want, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("the kept token is unreadable: %w", err)
	}
	got := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(got[:], want) != 1 {
		return errors.New("wrong token")
	}
	return nil
}

func (t *tokens) forget(tenantID string) { _ = os.Remove(t.path(tenantID)) }

func (t *tokens) path(tenantID string) string { return filepath.Join(t.dir, tenantID) }

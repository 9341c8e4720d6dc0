package appliance

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/config"
)

// firstPassword is where the first admin password waits beside the settings, for root alone, until it is read. The
// settings hold its hash only.
const firstPassword = "first-password"

// installedDatabase is where an installed single box keeps its data until it is told otherwise.
const installedDatabase = "sqlite:///var/lib/flowhq/flowhq.db"

// MakeFirstSettings writes an installation's first settings to file: random secrets, SQLite, loopback only. Settings
// that are there stay as they are, and made is false. gid is the group that may read them, -1 for none.
func MakeFirstSettings(file string, gid int) (made bool, err error) {
	if _, err := os.Lstat(file); err == nil {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return false, err
	}
	key := make([]byte, 24)
	if _, err := rand.Read(key); err != nil {
		return false, err
	}
	password := newPassword()
	hash, err := access.HashPassword(password)
	if err != nil {
		return false, err
	}
	if err := os.WriteFile(passwordFile(file), []byte(password+"\n"), 0o600); err != nil {
		return false, err
	}
	err = config.Create(file, []string{
		"# Settings of Flow HQ. /usr/share/doc/flowhq/env.example and `man flowhq.env` explain every name.",
		"# After a change: systemctl reload flowhq, which also says what needs more than that.",
		"DATABASE_URL=" + installedDatabase,
		"# made at the installation; `flowhq admin new-password` makes another one",
		"ADMIN_PASSWORD_HASH='" + hash + "'",
		"PORTAL_INTERNAL_KEY=" + hex.EncodeToString(key),
	}, 0o640, gid)
	if errors.Is(err, fs.ErrExist) {
		return false, os.Remove(passwordFile(file))
	}
	return err == nil, err
}

func passwordFile(settings string) string {
	return filepath.Join(filepath.Dir(settings), firstPassword)
}

// newPassword makes a password that can be read out and typed: 25 letters and digits (128 bits) in groups of five.
func newPassword() string {
	text := strings.ToLower(rand.Text())[:25]
	groups := make([]string, 0, 5)
	for i := 0; i < len(text); i += 5 {
		groups = append(groups, text[i:i+5])
	}
	return strings.Join(groups, "-")
}

// ReadFirstPassword gives the first admin password and forgets it. Read before, or never made, it is CodeNotFound.
func ReadFirstPassword(settings string) (string, error) {
	path := passwordFile(settings)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", flowhq.Errorf(flowhq.CodeNotFound,
			"The first password was read already and is kept nowhere. `flowhq admin new-password` makes another one.")
	case errors.Is(err, fs.ErrPermission):
		return "", flowhq.Errorf(flowhq.CodeForbidden,
			"Only root may read the first password. Run the command with sudo.")
	case err != nil:
		return "", err
	}
	return strings.TrimSpace(string(text)), os.Remove(path)
}

// ReplacePassword makes a new admin password, writes its hash to the settings and gives it.
func ReplacePassword(settings string) (string, error) {
	password := newPassword()
	hash, err := access.HashPassword(password)
	if err != nil {
		return "", err
	}
	err = config.Edit(settings, map[string]string{"ADMIN_PASSWORD_HASH": hash, "ADMIN_PASSWORD": ""})
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", flowhq.Errorf(flowhq.CodeForbidden, "Only root may change the settings. Run the command with sudo.")
	case errors.Is(err, fs.ErrNotExist):
		return "", flowhq.Errorf(flowhq.CodeNotFound, "The settings %s are not there.", settings)
	case err != nil:
		return "", fmt.Errorf("the settings cannot be written: %w", err)
	}
	if err := os.Remove(passwordFile(settings)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return password, nil
}

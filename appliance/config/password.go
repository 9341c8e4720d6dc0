package config

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// minPassword is the least length of an admin password in characters.
const minPassword = 12

// minPortalKey is below what a shared secret should be; a shorter one is a warning, since the original took any.
const minPortalKey = 16

// knownDefaults are passwords that stand in examples and lists, letters and digits alone, in small letters.
func knownDefaults() []string {
	return []string{
		"admin", "administrator", "adminadmin", "adminpassword", "admin123", "admin1234", "admin12345", "admin123456",
		"password", "passwordpassword", "password123", "password1234", "password12345", "123456789012", "1234567890123",
		"changeme", "changemenow", "changemeplease", "pleasechangeme", "changethispassword", "changeme123",
		"changeme1234",
		"yourpassword", "yourpasswordhere", "yoursecurepassword", "yoursecurepasswordhere", "youradminpassword",
		"yourstrongpassword", "securepassword", "securepassword123", "secureadminpassword", "secret", "supersecret",
		"supersecretpassword", "flowhq", "flowhqadmin", "flowhqpassword", "letmein", "letmeinplease", "qwertyuiop",
		"qwertyuiop12", "examplepassword", "replaceme", "replacemeplease", "thisisapassword",
	}
}

var argon2id = regexp.MustCompile(`^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$`)

func (l *loader) checkSecrets(c *Config) {
	switch {
	case c.AdminPasswordHash != "":
		if !argon2id.MatchString(c.AdminPasswordHash.Reveal()) {
			l.fault("ADMIN_PASSWORD_HASH", "is no argon2id hash like $argon2id$v=19$m=65536,t=3,p=2$…$…")
		}
		if c.AdminPassword != "" {
			l.warn("ADMIN_PASSWORD is not used while ADMIN_PASSWORD_HASH is set.")
		}
	case c.AdminPassword == "":
		l.fault("ADMIN_PASSWORD", "is missing; set it, or ADMIN_PASSWORD_HASH")
	default:
		l.checkPassword(c)
	}
	switch key := c.PortalKey.Reveal(); {
	case key == "":
		l.fault("PORTAL_INTERNAL_KEY", "is missing; set it to a long random text, the same as in the portal's "+
			"own settings")
	case len(key) < minPortalKey:
		l.warn("PORTAL_INTERNAL_KEY is shorter than %d characters; whoever guesses it can read every business's data.",
			minPortalKey)
	}
}

// checkPassword refuses a weak password where others than this machine's users can try it.
func (l *loader) checkPassword(c *Config) {
	weakness := ""
	switch password := c.AdminPassword.Reveal(); {
	case utf8.RuneCountInString(password) < minPassword:
		weakness = "is shorter than 12 characters"
	case slices.Contains(knownDefaults(), bare(password)):
		weakness = "is a known default; choose one of your own"
	default:
		return
	}
	if c.Loopback() && c.PublicURL == "" {
		l.warn("ADMIN_PASSWORD %s. It is accepted because only this machine can reach the admin page.", weakness)
		return
	}
	l.fault("ADMIN_PASSWORD", "%s", weakness)
}

func bare(password string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, password)
}

package archive

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"filippo.io/age"

	"flowhq"
)

// Keys say how a backup is encrypted, and decrypted. The zero Keys do neither.
type Keys struct {
	Passphrase string
	Recipient  string   // age1…: whoever has its identity can read the backup
	Identities []string // AGE-SECRET-KEY-1…
}

// Sealing tells whether backups are encrypted.
func (k Keys) Sealing() bool { return k.Passphrase != "" || k.Recipient != "" }

// Check says what is wrong with the keys.
func (k Keys) Check() error {
	_, err := k.recipient()
	if err == nil {
		_, err = k.identities()
	}
	return err
}

func (k Keys) recipient() (age.Recipient, error) {
	switch {
	case k.Passphrase != "" && k.Recipient != "":
		return nil, flowhq.Errorf(flowhq.CodeInvalid,
			"A backup is encrypted by a passphrase or for a recipient, not both.")
	case k.Passphrase != "":
		return age.NewScryptRecipient(k.Passphrase)
	}
	list, err := age.ParseRecipients(strings.NewReader(k.Recipient))
	if err != nil || len(list) != 1 {
		return nil, &flowhq.Error{Code: flowhq.CodeInvalid,
			Message: "The recipient of backups is no age recipient like age1….", Cause: err}
	}
	return list[0], nil
}

func (k Keys) identities() ([]age.Identity, error) {
	var all []age.Identity
	if k.Passphrase != "" {
		id, err := age.NewScryptIdentity(k.Passphrase)
		if err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	for _, text := range k.Identities {
		list, err := age.ParseIdentities(strings.NewReader(text))
		if err != nil {
			return nil, &flowhq.Error{Code: flowhq.CodeInvalid,
				Message: "The identity file holds no age identity (AGE-SECRET-KEY-1…).", Cause: err}
		}
		all = append(all, list...)
	}
	return all, nil
}

// Seal encrypts what is written; without keys it hands it on. Closing it does not close to.
func (k Keys) Seal(to io.Writer) (io.WriteCloser, error) {
	if !k.Sealing() {
		return open{to}, nil
	}
	r, err := k.recipient()
	if err != nil {
		return nil, err
	}
	return age.Encrypt(to, r)
}

type open struct{ io.Writer }

func (open) Close() error { return nil }

const ageIntro = "age-encryption.org/"

// Unseal decrypts what is encrypted and hands on what is not.
func (k Keys) Unseal(from io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	if head, _ := in.Peek(len(ageIntro)); string(head) != ageIntro {
		return in, nil
	}
	ids, err := k.identities()
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, flowhq.Errorf(flowhq.CodeUnauthorized,
			"The backup is encrypted. Name the file with its passphrase (--passphrase-file) or its age identity "+
				"(--identity-file).")
	}
	plain, err := age.Decrypt(in, ids...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong || errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, &flowhq.Error{Code: flowhq.CodeUnauthorized,
			Message: "The passphrase or identity does not open this backup.", Cause: err}
	}
	if err != nil {
		return nil, damage("its encryption cannot be read", err)
	}
	return plain, nil
}

// damage is the error for a file that is not what a backup wrote.
func damage(what string, cause error) error {
	return &flowhq.Error{Code: flowhq.CodeInvalid,
		Message: "The backup is damaged or incomplete: " + what + ". Use another one.", Cause: cause}
}

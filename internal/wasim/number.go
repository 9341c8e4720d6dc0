package wasim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"

	"go.mau.fi/whatsmeow/types"
)

// Error is a request that the simulator turns down; Status is the HTTP status the control interface answers with.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

func errBad(format string, a ...any) error {
	return &Error{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, a...)}
}

func errNotFound(format string, a ...any) error {
	return &Error{Status: http.StatusNotFound, Message: fmt.Sprintf(format, a...)}
}

func errConflict(format string, a ...any) error {
	return &Error{Status: http.StatusConflict, Message: fmt.Sprintf(format, a...)}
}

func errUnprocessable(format string, a ...any) error {
	return &Error{Status: http.StatusUnprocessableEntity, Message: fmt.Sprintf(format, a...)}
}

// cleanNumber takes an E.164 number, with or without its plus, and returns the digits.
func cleanNumber(s string) (string, error) {
	digits := strings.TrimPrefix(strings.TrimSpace(s), "+")
	if len(digits) < 7 || len(digits) > 15 {
		return "", errBad("number %q: want 7 to 15 digits, with or without a leading +", s)
	}
	for i, r := range digits {
		if r < '0' || r > '9' || (i == 0 && r == '0') {
			return "", errBad("number %q: want an international number such as +255700000001", s)
		}
	}
	return digits, nil
}

func plus(digits string) string { return "+" + digits }

func pnOf(digits string) types.JID { return types.NewJID(digits, types.DefaultUserServer) }

// lidOf gives a number its hidden id: 15 digits that never collide with a phone number's prefix and stay the same in
// every run, so that nothing needs to be stored.
func lidOf(digits string) types.JID {
	sum := sha256.Sum256([]byte("lid:" + digits))
	return types.NewJID(fmt.Sprint(100_000_000_000_000+binary.BigEndian.Uint64(sum[:8])%800_000_000_000_000),
		types.HiddenUserServer)
}

func withDevice(j types.JID, device uint16) types.JID {
	j.Device = device
	return j
}

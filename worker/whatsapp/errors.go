package whatsapp

import "errors"

// Errors of Send and of the other calls; test them with errors.Is. The error itself carries the cause.
var (
	ErrOffline = errors.New(
		"whatsapp: not connected",
	) // nothing was sent; CONNECTED will be reported
	ErrUnknown = errors.New(
		"whatsapp: not acknowledged",
	) // may have been sent: repeat with the same id
	ErrRestricted = errors.New(
		"whatsapp: sending is restricted for a while",
	) // refused by WhatsApp, or paused after such a refusal
	ErrRefused   = errors.New("whatsapp: refused for good") // repeating does not help
	ErrLinked    = errors.New("whatsapp: a device is linked already")
	ErrNotLinked = errors.New("whatsapp: no device is linked")
	ErrClosed    = errors.New("whatsapp: client is closed")
)

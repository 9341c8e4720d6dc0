package flowhq

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an Error is; adapters turn it into a status code or an exit status.
type Code string

// The codes of an Error.
const (
	CodeInvalid      Code = "invalid"      // the caller's input is wrong; Fields names what
	CodeUnauthorized Code = "unauthorized" // no credential, or a wrong one
	CodeForbidden    Code = "forbidden"    // a known caller that may not do this
	CodeNotFound     Code = "not_found"
	CodeConflict     Code = "conflict" // the request does not fit the present state
	// the conflict that a worker runs already, which has a status of its own in the contract
	CodeRunning     Code = "running"
	CodeUnavailable Code = "unavailable" // something needed is away; the same call may succeed later
	CodeInternal    Code = "internal"    // a fault of ours; the message says nothing of its inside
)

// Error is a failure that may be shown to a person: Message is a whole sentence in plain words and never holds a secret
// or an error string of Go. What went wrong inside is wrapped in Cause, for the log alone.
//
// Text replaces Message: what is new sets Text (see Fail), what still sets Message is being moved over.
type Error struct {
	Code    Code
	Text    Text
	Message string
	Fields  []FieldError // for CodeInvalid: every wrong field, in the order of the form
	Outage  Outage       // for CodeUnavailable of the store: why it can't be used
	Cause   error
}

// FieldError names one wrong field of an input, as the caller named it, and says what is wrong with it: by Text, or by
// Message where it has no key.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Text    Text   `json:"text,omitzero"`
}

// Wrong makes a FieldError that says the text of a key, see Say.
func Wrong(field, key string, args ...any) FieldError {
	return FieldError{Field: field, Text: Say(key, args...)}
}

// String gives a text for logs.
func (f FieldError) String() string { return f.Field + ": " + cmp.Or(f.Message, f.Text.String()) }

// Error gives the code, the sentence, the fields and the cause: a text for logs.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, cmp.Or(e.Message, e.Text.String()))
	for _, f := range e.Fields {
		b.WriteString("; " + f.String())
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error of the given code with a formatted sentence.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Fail makes an Error of the given code that says the text of a key, see Say.
func Fail(code Code, key string, args ...any) *Error {
	return &Error{Code: code, Text: Say(key, args...)}
}

// NotFound makes the error for something that does not exist: "Tenant" says "Tenant not found", by the key
// missing.tenant.
func NotFound(what string) *Error {
	return Fail(CodeNotFound, "missing."+strings.ToLower(strings.ReplaceAll(what, " ", "_")))
}

// Invalid makes a CodeInvalid error from the wrong fields, or nil when there are none.
func Invalid(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.String()
	}
	return &Error{Code: CodeInvalid, Message: strings.Join(parts, "; "), Fields: fields}
}

// TextOf gives what a person may read of an error: the text of the first Error in its chain, else the error's own
// words.
func TextOf(err error) Text {
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return Text{}
	case !ok:
		return Plain(err.Error())
	case e.Text.Empty():
		return Plain(e.Message)
	}
	return e.Text
}

// CodeOf tells the code of err: that of the first Error in its chain, or CodeInternal; "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

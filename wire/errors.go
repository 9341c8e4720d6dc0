package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/creachadair/jrpc2"

	"flowhq"
)

// codeDomain is the JSON-RPC code of an error that carries a flowhq.Error as its data.
const codeDomain jrpc2.Code = -32010

// errorData crosses the wire. The key and arguments of Text came with protocol 2; an older peer shows the sentence.
type errorData struct {
	Code    flowhq.Code         `json:"code"`
	Text    *flowhq.Text        `json:"text,omitempty"`
	Message string              `json:"message"`
	Fields  []flowhq.FieldError `json:"fields,omitempty"`
}

// encodeError makes err one that may cross the wire: without its cause.
func encodeError(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok {
		e = flowhq.Errorf(flowhq.CodeInternal, "Something went wrong inside")
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			e = flowhq.Errorf(flowhq.CodeUnavailable, "It took too long")
		}
	}
	data := errorData{Code: e.Code, Message: cmp.Or(e.Message, e.Text.String()), Fields: e.Fields}
	if !e.Text.Empty() {
		data.Text = &e.Text
	}
	return (&jrpc2.Error{Code: codeDomain, Message: data.Message}).WithData(data)
}

// decodeError gives the flowhq.Error of a failed call. A failure that the other side did not report is CodeUnavailable.
func decodeError(err error, peer string) error {
	if err == nil {
		return nil
	}
	remote, ok := errors.AsType[*jrpc2.Error](err)
	if !ok {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: peer + " is not connected", Cause: err}
	}
	var data errorData
	if remote.Code == codeDomain && json.Unmarshal(remote.Data, &data) == nil && data.Code != "" {
		e := &flowhq.Error{Code: data.Code, Message: data.Message, Fields: data.Fields}
		if data.Text != nil {
			e.Text, e.Message = *data.Text, ""
		}
		return e
	}
	switch remote.Code {
	case jrpc2.Cancelled, jrpc2.DeadlineExceeded:
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: peer + " did not answer in time", Cause: err}
	default:
		return &flowhq.Error{Code: flowhq.CodeInternal, Message: peer + " did not understand the call", Cause: err}
	}
}

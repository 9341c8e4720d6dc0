package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/creachadair/jrpc2"

	"flowhq"
	"flowhq/locale/key"
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
		e = flowhq.Fail(flowhq.CodeInternal, key.WorkerInternal)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			e = flowhq.Fail(flowhq.CodeUnavailable, key.WorkerSlow)
		}
	}
	data := errorData{Code: e.Code, Message: cmp.Or(e.Message, e.Text.String()), Fields: e.Fields}
	if !e.Text.Empty() {
		data.Text = &e.Text
	}
	return (&jrpc2.Error{Code: codeDomain, Message: data.Message}).WithData(data)
}

// peerTexts are the keys of what a caller is told when the other side does not do its part.
type peerTexts struct{ away, silent, unclear string }

var (
	workerPeer    = peerTexts{key.WorkerAway, key.WorkerSilent, key.WorkerUnderstands}
	appliancePeer = peerTexts{key.WorkerApplianceAway, key.WorkerApplianceSilent, key.WorkerApplianceUnderstands}
)

func failed(code flowhq.Code, text string, cause error) *flowhq.Error {
	e := flowhq.Fail(code, text)
	e.Cause = cause
	return e
}

// decodeError gives the flowhq.Error of a failed call. A failure that the other side did not report is CodeUnavailable.
func decodeError(err error, peer peerTexts) error {
	if err == nil {
		return nil
	}
	remote, ok := errors.AsType[*jrpc2.Error](err)
	if !ok {
		return failed(flowhq.CodeUnavailable, peer.away, err)
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
		return failed(flowhq.CodeUnavailable, peer.silent, err)
	default:
		return failed(flowhq.CodeInternal, peer.unclear, err)
	}
}

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/locale/key"
)

// input is the body of a request, read field by field so that every wrong field is named, not only the first. Fields
// that nobody asks for are let pass: the portal's web app sends more than it must. A null is the same as nothing.
type input struct {
	fields map[string]json.RawMessage
	form   url.Values // set instead of fields when a form was sent
	isForm bool
	wrong  []flowhq.FieldError
}

func errBodyTooLarge() error {
	return fail(http.StatusRequestEntityTooLarge, "The body is larger than 1 MiB.")
}

// readInput reads a body: a JSON object or a form. None at all is an input without fields.
func readInput(c *gin.Context) (*input, error) {
	body, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	kind := c.GetHeader("Content-Type")
	if len(body) == 0 && kind == "" {
		return &input{}, nil
	}
	kind, params, err := mime.ParseMediaType(kind)
	if charset := params["charset"]; err != nil || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return nil, errContentType()
	}
	switch kind {
	case "application/json":
		return readJSON(body)
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, flowhq.Fail(flowhq.CodeInvalid, key.RefusalFormUnreadable)
		}
		return &input{form: form, isForm: true}, nil
	default:
		return nil, errContentType()
	}
}

func errContentType() error {
	return fail(http.StatusUnsupportedMediaType,
		"Send JSON (Content-Type: application/json) or a form (application/x-www-form-urlencoded), in UTF-8.")
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, access.MaxBody+1))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || len(body) > access.MaxBody {
		return nil, errBodyTooLarge()
	}
	if err != nil {
		return nil, flowhq.Fail(flowhq.CodeInvalid, key.RefusalBodyBrokenOff)
	}
	return body, nil
}

func readJSON(body []byte) (*input, error) {
	in := &input{}
	if len(bytes.TrimSpace(body)) == 0 {
		return in, nil
	}
	if err := json.Unmarshal(body, &in.fields); err != nil || in.fields == nil {
		if json.Valid(body) {
			return nil, flowhq.Fail(flowhq.CodeInvalid, key.RefusalBodyObject)
		}
		return nil, flowhq.Fail(flowhq.CodeInvalid, key.RefusalBodyJson)
	}
	return in, nil
}

// complain notes a wrong field.
func (in *input) complain(field, key string) {
	in.wrong = append(in.wrong, flowhq.Wrong(field, key))
}

// err gives all that was wrong, or nil.
func (in *input) err() error { return flowhq.Invalid(in.wrong) }

// has tells whether a field was sent and is not null.
func (in *input) has(name string) bool {
	if in.isForm {
		return in.form.Has(name)
	}
	raw, ok := in.fields[name]
	return ok && string(bytes.TrimSpace(raw)) != "null"
}

// text gives a text, "" when it was not sent.
func (in *input) text(name string) string {
	if !in.has(name) {
		return ""
	}
	s := ""
	if in.isForm {
		s = in.form.Get(name)
	} else if json.Unmarshal(in.fields[name], &s) != nil {
		in.complain(name, key.InputText)
		return ""
	}
	if strings.ContainsRune(s, 0) {
		in.complain(name, key.InputCharacter)
		return ""
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// maybeText gives a text, nil when it was not sent.
func (in *input) maybeText(name string) *string {
	if !in.has(name) {
		return nil
	}
	s := in.text(name)
	return &s
}

// flag gives a yes or no, no when it was not sent. A form says yes as browsers do ("on") or in words.
func (in *input) flag(name string) (yes bool) {
	if !in.has(name) {
		return false
	}
	if in.isForm {
		switch in.form.Get(name) {
		case "on", "true", "1":
			return true
		case "", "false", "0":
			return false
		}
		in.complain(name, key.InputBoolean)
	} else if json.Unmarshal(in.fields[name], &yes) != nil {
		in.complain(name, key.InputBoolean)
	}
	return yes
}

// number gives a whole number, 0 when it was not sent.
func (in *input) number(name string) int {
	if !in.has(name) {
		return 0
	}
	raw := in.fields[name]
	if in.isForm {
		raw = json.RawMessage(strings.TrimSpace(in.form.Get(name)))
	}
	var n int
	if json.Unmarshal(raw, &n) != nil {
		in.complain(name, key.FieldWholeNumber)
	}
	return n
}

// into decodes a field into dst, which says by its own UnmarshalJSON what is wrong; want says what it should have been.
func (in *input) into(name string, dst any, want string) {
	if !in.has(name) {
		return
	}
	raw := in.fields[name]
	if in.isForm {
		raw = json.RawMessage(in.form.Get(name))
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		in.complain(fieldPath(name, err), want)
	}
}

// fieldPath adds to name where inside of it the wrong type was found.
func fieldPath(name string, err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return name + "." + e.Field
	}
	return name
}

// openingHours gives opening hours, nil when they were not sent. What is wrong with them, they say themselves.
func (in *input) openingHours(name string) *flowhq.Hours {
	if !in.has(name) {
		return nil
	}
	raw := in.fields[name]
	if in.isForm {
		raw = json.RawMessage(in.form.Get(name))
	}
	var h flowhq.Hours
	if err := h.UnmarshalJSON(raw); err != nil {
		in.wrong = append(in.wrong, flowhq.FieldError{Field: name, Text: flowhq.TextOf(err)})
		return nil
	}
	return &h
}

// sent tells whether a field was sent at all, null included.
func (in *input) sent(name string) bool {
	if in.isForm {
		return in.form.Has(name)
	}
	_, ok := in.fields[name]
	return ok
}

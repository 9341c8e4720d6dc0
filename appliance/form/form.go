package form

import (
	"encoding/json"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"flowhq"
	"flowhq/locale/key"
)

// maxEmail is the length of the longest e-mail address in bytes (RFC 5321, section 4.5.3.1.3).
const maxEmail = 254

// Form checks the fields of one input and collects what is wrong with them, in the order of the calls. The zero value
// is ready to use; a Form belongs to one goroutine.
type Form struct{ wrong []flowhq.FieldError }

// New makes a Form that knows of some wrong fields already.
func New(wrong []flowhq.FieldError) *Form { return &Form{wrong: wrong} }

// Refuse notes that a field is wrong. The words follow the field's name: key.FieldEmpty.
func (f *Form) Refuse(field, key string, args ...any) {
	f.wrong = append(f.wrong, flowhq.Wrong(field, key, args...))
}

// RefuseFor names a wrong field by what an error says.
func (f *Form) RefuseFor(field string, err error) {
	f.wrong = append(f.wrong, flowhq.FieldError{Field: field, Text: flowhq.TextOf(err)})
}

// RefuseText names a wrong field with a text.
func (f *Form) RefuseText(field string, text flowhq.Text) {
	f.wrong = append(f.wrong, flowhq.FieldError{Field: field, Text: text})
}

// Err gives CodeInvalid with every wrong field, or nil.
func (f *Form) Err() error { return flowhq.Invalid(f.wrong) }

// Name trims a required name and checks it.
func (f *Form) Name(field, value string) string {
	value = strings.TrimSpace(value)
	switch {
	case strings.IndexFunc(value, visible) < 0:
		f.Refuse(field, key.FieldEmpty)
	case utf8.RuneCountInString(value) > flowhq.MaxNameLength:
		f.Refuse(field, key.FieldTooLong, "limit", flowhq.MaxNameLength)
	case strings.IndexFunc(value, unicode.IsControl) >= 0 || !utf8.ValidString(value):
		f.Refuse(field, key.FieldControlCharacters)
	}
	return value
}

// visible tells whether a name with this character alone could be seen.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
}

// Text trims a text and checks it: limit is in characters.
func (f *Form) Text(field, value string, limit int) string {
	value = strings.TrimSpace(value)
	if utf8.RuneCountInString(value) > limit {
		f.Refuse(field, key.FieldTooLong, "limit", limit)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		f.Refuse(field, key.FieldNotText)
	}
	return value
}

// Phone gives a number in its canonical form, see NormalizePhone.
func (f *Form) Phone(field, value string) string {
	number, err := NormalizePhone(value)
	if err != nil {
		f.RefuseFor(field, err)
	}
	return number
}

// Template checks a template type.
func (f *Form) Template(field string, value flowhq.TemplateType) flowhq.TemplateType {
	if !slices.Contains(flowhq.TemplateTypes(), value) {
		f.Refuse(field, key.FieldOneOf, "values", list(flowhq.TemplateTypes()))
	}
	return value
}

// Language checks a language.
func (f *Form) Language(field string, value flowhq.Language) flowhq.Language {
	if !slices.Contains(flowhq.Languages(), value) {
		f.Refuse(field, key.FieldOneOf, "values", list(flowhq.Languages()))
	}
	return value
}

// Email trims an e-mail address and checks it.
func (f *Form) Email(field, value string) string {
	value = strings.TrimSpace(value)
	address, err := mail.ParseAddress(value)
	switch {
	case value == "":
		f.Refuse(field, key.FieldEmpty)
	case err != nil || address.Address != value || len(value) > maxEmail:
		f.Refuse(field, key.FieldEmail)
	}
	return value
}

// Role checks the role of a portal user.
func (f *Form) Role(field string, value flowhq.UserRole) flowhq.UserRole {
	roles := []flowhq.UserRole{flowhq.RoleOwner, flowhq.RoleStaff, flowhq.RoleAdmin}
	if !slices.Contains(roles, value) {
		f.Refuse(field, key.FieldOneOf, "values", list(roles))
	}
	return value
}

// Hours reads opening hours as JSON and gives their canonical form.
func (f *Form) Hours(field string, raw []byte) []byte {
	if !json.Valid(raw) {
		f.Refuse(field, key.FieldJson)
		return nil
	}
	var h flowhq.Hours
	if err := json.Unmarshal(raw, &h); err != nil {
		f.RefuseFor(field, err)
		return nil
	}
	canonical, err := json.Marshal(h)
	if err != nil {
		f.RefuseFor(field, err)
	}
	return canonical
}

func list[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

// Optional replaces what a pointer of a patch points to by its checked form, in a copy of its own.
func Optional[T any](p **T, check func(T) T) {
	if *p != nil {
		v := check(**p)
		*p = &v
	}
}

// PageLimit checks the length of a part of a list: 1 to flowhq.MaxLimit, 0 is flowhq.DefaultLimit.
func PageLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return flowhq.DefaultLimit, nil
	case limit < 1 || limit > flowhq.MaxLimit:
		return 0, flowhq.Invalid([]flowhq.FieldError{
			flowhq.Wrong("limit", key.FieldBetween, "from", 1, "to", flowhq.MaxLimit)})
	}
	return limit, nil
}

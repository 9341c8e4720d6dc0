package fleet

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"flowhq"
)

// Bounds of what people write into forms, in characters.
const (
	maxEmail   = 254
	maxNotes   = 2000
	maxMessage = 4096 // of one text that an admin sends; WhatsApp takes more, phones show less
)

// form collects what is wrong with an input, in the order of its fields.
type form struct{ wrong []flowhq.FieldError }

func (f *form) refuse(field, format string, args ...any) {
	f.wrong = append(f.wrong, flowhq.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (f *form) err() error { return flowhq.Invalid(f.wrong) }

// name trims a required name and checks it.
func (f *form) name(field, value string) string {
	value = strings.TrimSpace(value)
	switch {
	case strings.IndexFunc(value, visible) < 0:
		f.refuse(field, "must not be empty")
	case utf8.RuneCountInString(value) > flowhq.MaxNameLength:
		f.refuse(field, "is longer than %d characters", flowhq.MaxNameLength)
	case strings.IndexFunc(value, unicode.IsControl) >= 0 || !utf8.ValidString(value):
		f.refuse(field, "may not hold control characters")
	}
	return value
}

// visible tells whether a name with this character alone could be seen.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
}

func (f *form) text(field, value string, limit int) string {
	value = strings.TrimSpace(value)
	if utf8.RuneCountInString(value) > limit {
		f.refuse(field, "is longer than %d characters", limit)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		f.refuse(field, "holds characters that are no text")
	}
	return value
}

func (f *form) phone(field, value string) string {
	number, err := NormalizePhone(value)
	if err != nil {
		f.refuse(field, "%s", err)
	}
	return number
}

func (f *form) template(field string, value flowhq.TemplateType) flowhq.TemplateType {
	if !slices.Contains(flowhq.TemplateTypes(), value) {
		f.refuse(field, "must be one of %s", list(flowhq.TemplateTypes()))
	}
	return value
}

func (f *form) language(field string, value flowhq.Language) flowhq.Language {
	if !slices.Contains(flowhq.Languages(), value) {
		f.refuse(field, "must be one of %s", list(flowhq.Languages()))
	}
	return value
}

func (f *form) email(field, value string) string {
	value = strings.TrimSpace(value)
	address, err := mail.ParseAddress(value)
	switch {
	case value == "":
		f.refuse(field, "must not be empty")
	case err != nil || address.Address != value || len(value) > maxEmail:
		f.refuse(field, "is no e-mail address like amina@example.com")
	}
	return value
}

func (f *form) role(field string, value flowhq.UserRole) flowhq.UserRole {
	roles := []flowhq.UserRole{flowhq.RoleOwner, flowhq.RoleStaff, flowhq.RoleAdmin}
	if !slices.Contains(roles, value) {
		f.refuse(field, "must be one of %s", list(roles))
	}
	return value
}

// hours reads opening hours and gives their canonical form.
func (f *form) hours(field string, raw []byte) []byte {
	if !json.Valid(raw) {
		f.refuse(field, "is no readable JSON")
		return nil
	}
	var h flowhq.Hours
	if err := json.Unmarshal(raw, &h); err != nil {
		f.refuse(field, "%s", plain(err))
		return nil
	}
	canonical, err := json.Marshal(h)
	if err != nil {
		f.refuse(field, "%s", plain(err))
	}
	return canonical
}

// plain gives an error of the domain's own decoders as a sentence; what a JSON decoder itself says is not for people.
func plain(err error) string {
	text := err.Error()
	if cut := strings.Index(text, ": json: "); cut > 0 {
		return text[:cut]
	}
	return text
}

func list[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

func checkNewTenant(in flowhq.NewTenant) (flowhq.NewTenant, error) {
	var f form
	in.Name = f.name("name", in.Name)
	in.PhoneNumber = f.phone("phone_number", in.PhoneNumber)
	in.TemplateType = f.template("template_type", in.TemplateType)
	in.BusinessName = f.name("business_name", in.BusinessName)
	in.Language = f.language("language", in.Language)
	return in, f.err()
}

func checkPatch(p flowhq.TenantPatch) (flowhq.TenantPatch, error) {
	var f form
	checked(&p.Name, func(v string) string { return f.name("name", v) })
	checked(&p.PhoneNumber, func(v string) string { return f.phone("phone_number", v) })
	checked(&p.TemplateType, func(v flowhq.TemplateType) flowhq.TemplateType { return f.template("template_type", v) })
	checked(&p.BusinessName, func(v string) string { return f.name("business_name", v) })
	checked(&p.Language, func(v flowhq.Language) flowhq.Language { return f.language("language", v) })
	if p.HoursJSON != nil {
		p.HoursJSON = f.hours("hours_json", p.HoursJSON)
	}
	return p, f.err()
}

// checked replaces what a pointer of a patch points to by its checked form, in a copy of its own.
func checked[T any](p **T, check func(T) T) {
	if *p != nil {
		v := check(**p)
		*p = &v
	}
}

func checkSetupRequest(in flowhq.NewSetupRequest) (flowhq.NewSetupRequest, error) {
	var f form
	in.BusinessName = f.name("businessName", in.BusinessName)
	in.TemplateType = f.template("templateType", in.TemplateType)
	in.WhatsAppNumber = f.phone("whatsappNumber", in.WhatsAppNumber)
	if in.Language == "" {
		in.Language = flowhq.Swahili
	}
	in.Language = f.language("language", in.Language)
	return in, f.err()
}

// page checks the length of a part of a list; 0 is the default.
func page(limit int) (int, error) {
	switch {
	case limit == 0:
		return flowhq.DefaultLimit, nil
	case limit < 1 || limit > flowhq.MaxLimit:
		return 0, flowhq.Invalid([]flowhq.FieldError{{Field: "limit", Message: fmt.Sprintf("must be between 1 and %d", flowhq.MaxLimit)}})
	}
	return limit, nil
}

package flowhq

import (
	"strings"
	"time"
)

// Defaults of a tenant's settings where nothing is said.
const (
	DefaultTimezone = "Africa/Dar_es_Salaam"
	DefaultCurrency = "TZS"
)

// Bounds of settings; what is over them is refused with the field's name.
const (
	MaxItems            = 500           // services or products of one tenant
	MaxTextLength       = 1000          // characters of a free text
	MaxNameLength       = 120           // characters of a name
	MaxPrice      int64 = 1_000_000_000 // whole units of the currency
)

// Settings are the facts of a business that its conversations use. They are kept in versions (SettingsVersion); this is
// the document inside one, and its JSON form is the stored one.
type Settings struct {
	Timezone string `json:"timezone"` // IANA name
	Currency string `json:"currency"` // ISO 4217
	Contact  string `json:"contact"`
	Address  string `json:"address"`
	Delivery string `json:"delivery"`
	Services []Item `json:"services"`
	Products []Item `json:"products"`
	// E.164; notices go there, else to the account's chat with itself
	OwnerNumber string `json:"owner_number,omitempty"`
	Greeting    string `json:"greeting,omitempty"` // replaces the template's greeting
	Hours       *Hours `json:"hours,omitempty"`    // nil: nothing was said, the bot never says "closed"

	Retention *RetentionOverride `json:"retention,omitempty"` // nil: rows are kept as long as the appliance keeps them

	// Limits are the tenant's own; where nothing is said, the server's count.
	Limits *OwnLimits `json:"limits,omitempty"`
}

// Normalize fills what was left empty with the defaults and trims texts. It returns the settings changed.
func (s Settings) Normalize() Settings {
	s.Timezone = orDefault(s.Timezone, DefaultTimezone)
	s.Currency = strings.ToUpper(orDefault(s.Currency, DefaultCurrency))
	for _, text := range []*string{&s.Contact, &s.Address, &s.Delivery, &s.Greeting, &s.OwnerNumber} {
		*text = strings.TrimSpace(*text)
	}
	s.Services, s.Products = normalizeItems(s.Services), normalizeItems(s.Products)
	return s
}

func orDefault(s, def string) string {
	if s = strings.TrimSpace(s); s == "" {
		return def
	}
	return s
}

// Check names every wrong field of normalized settings; nil when all is well.
func (s Settings) Check() []FieldError {
	var wrong []FieldError
	add := func(field, key string, args ...any) { wrong = append(wrong, Wrong(field, key, args...)) }
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
		add("timezone", "field.time_zone", "value", s.Timezone, "example", DefaultTimezone)
	}
	if len(s.Currency) != 3 || strings.Trim(s.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		add("currency", "field.currency")
	}
	texts := []struct{ name, value string }{
		{"contact", s.Contact}, {"address", s.Address}, {"delivery", s.Delivery}, {"greeting", s.Greeting},
	}
	for _, t := range texts {
		if len([]rune(t.value)) > MaxTextLength {
			add(t.name, "field.too_long", "limit", MaxTextLength)
		}
	}
	wrong = append(wrong, checkItems("services", s.Services)...)
	wrong = append(wrong, checkItems("products", s.Products)...)
	wrong = append(wrong, s.Retention.check()...)
	if s.Hours != nil {
		if err := s.Hours.Check(); err != nil {
			wrong = append(wrong, FieldError{Field: "hours", Text: TextOf(err)})
		}
	}
	wrong = append(wrong, s.Limits.check()...)
	return wrong
}

// Location gives the tenant's time zone; UTC when its name is not known on this machine.
func (s Settings) Location() *time.Location {
	loc, err := time.LoadLocation(orDefault(s.Timezone, DefaultTimezone))
	if err != nil {
		return time.UTC
	}
	return loc
}

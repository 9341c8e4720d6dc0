package flowhq

import (
	"encoding/json"
	"fmt"
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
	Timezone    string `json:"timezone"` // IANA name
	Currency    string `json:"currency"` // ISO 4217
	Contact     string `json:"contact"`
	Address     string `json:"address"`
	Delivery    string `json:"delivery"`
	Services    []Item `json:"services"`
	Products    []Item `json:"products"`
	OwnerNumber string `json:"owner_number,omitempty"` // E.164; notices go there, else to the account's chat with itself
	Greeting    string `json:"greeting,omitempty"`     // replaces the template's greeting
	Hours       *Hours `json:"hours,omitempty"`        // nil: nothing was said, the bot never says "closed"

	Retention *RetentionOverride `json:"retention,omitempty"` // nil: rows are kept as long as the appliance keeps them

	// Limits are the tenant's own; where nothing is said, the server's count.
	Limits *OwnLimits `json:"limits,omitempty"`
}

// OwnLimits are what one tenant keeps to instead of the server's limits; nil fields are the server's.
type OwnLimits struct {
	RepliesPerMinute *int `json:"replies_per_minute,omitempty"` // 1 to MaxReplies
	ContactReplies   *int `json:"contact_replies,omitempty"`    // in the server's window; 0: no cap
	HandoffHours     *int `json:"handoff_hours,omitempty"`      // 1 to MaxHandoffHours
}

// Bounds of a tenant's own limits.
const (
	MaxReplies      = 600
	MaxContact      = 1000
	MaxHandoffHours = 24 * 14
)

// Over gives the limits with the tenant's own in place of the server's.
func (o *OwnLimits) Over(l Limits) Limits {
	if o == nil {
		return l
	}
	if o.RepliesPerMinute != nil {
		l.RepliesPerMinute = *o.RepliesPerMinute
	}
	if o.ContactReplies != nil {
		l.ContactReplies = *o.ContactReplies
	}
	if o.HandoffHours != nil {
		l.Handoff = time.Duration(*o.HandoffHours) * time.Hour
	}
	return l
}

func (o *OwnLimits) check() []FieldError {
	if o == nil {
		return nil
	}
	var wrong []FieldError
	for _, f := range []struct {
		name     string
		value    *int
		from, to int
	}{
		{"limits.replies_per_minute", o.RepliesPerMinute, 1, MaxReplies},
		{"limits.contact_replies", o.ContactReplies, 0, MaxContact},
		{"limits.handoff_hours", o.HandoffHours, 1, MaxHandoffHours},
	} {
		if f.value != nil && (*f.value < f.from || *f.value > f.to) {
			wrong = append(wrong, FieldError{Field: f.name, Message: fmt.Sprintf("must be between %d and %d", f.from, f.to)})
		}
	}
	return wrong
}

// Item is a service or a product. Price is in whole units of the tenant's currency; 0 means "on request".
type Item struct {
	Name      string `json:"name"`
	Price     int64  `json:"price"`
	Unit      string `json:"unit,omitempty"`
	Available bool   `json:"available"`
}

// UnmarshalJSON reads an item; one that does not say whether it is available is.
func (i *Item) UnmarshalJSON(data []byte) error {
	var raw struct {
		Name      string `json:"name"`
		Price     int64  `json:"price"`
		Unit      string `json:"unit"`
		Available *bool  `json:"available"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*i = Item{Name: raw.Name, Price: raw.Price, Unit: raw.Unit, Available: raw.Available == nil || *raw.Available}
	return nil
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

func normalizeItems(items []Item) []Item {
	out := make([]Item, 0, len(items))
	for _, i := range items {
		i.Name, i.Unit = strings.TrimSpace(i.Name), strings.TrimSpace(i.Unit)
		out = append(out, i)
	}
	return out
}

// Check names every wrong field of normalized settings; nil when all is well.
func (s Settings) Check() []FieldError {
	var wrong []FieldError
	add := func(field, format string, args ...any) {
		wrong = append(wrong, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
		add("timezone", "%q is no time zone; use a name like %s", s.Timezone, DefaultTimezone)
	}
	if len(s.Currency) != 3 || strings.Trim(s.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		add("currency", "use the three letters of a currency, like TZS")
	}
	texts := []struct{ name, value string }{
		{"contact", s.Contact}, {"address", s.Address}, {"delivery", s.Delivery}, {"greeting", s.Greeting},
	}
	for _, t := range texts {
		if len([]rune(t.value)) > MaxTextLength {
			add(t.name, "is longer than %d characters", MaxTextLength)
		}
	}
	wrong = append(wrong, checkItems("services", s.Services)...)
	wrong = append(wrong, checkItems("products", s.Products)...)
	wrong = append(wrong, s.Retention.check()...)
	if s.Hours != nil {
		if err := s.Hours.Check(); err != nil {
			add("hours", "%s", err)
		}
	}
	wrong = append(wrong, s.Limits.check()...)
	return wrong
}

func checkItems(field string, items []Item) []FieldError {
	var wrong []FieldError
	add := func(at, format string, args ...any) {
		wrong = append(wrong, FieldError{Field: at, Message: fmt.Sprintf(format, args...)})
	}
	if len(items) > MaxItems {
		add(field, "has more than %d entries", MaxItems)
		return wrong
	}
	seen := make(map[string]bool, len(items))
	for n, i := range items {
		at := fmt.Sprintf("%s[%d]", field, n)
		switch key := strings.ToLower(i.Name); {
		case i.Name == "":
			add(at+".name", "must not be empty")
		case len([]rune(i.Name)) > MaxNameLength:
			add(at+".name", "is longer than %d characters", MaxNameLength)
		case seen[key]:
			add(at+".name", "%q stands there twice", i.Name)
		default:
			seen[key] = true
		}
		if i.Price < 0 || i.Price > MaxPrice {
			add(at+".price", "must be between 0 and %d", MaxPrice)
		}
	}
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

// SettingsState says what a version of the settings is used for.
type SettingsState string

// The states of a settings version: at most one DRAFT and one PUBLISHED for a tenant, any number OLD.
const (
	SettingsDraft     SettingsState = "DRAFT"
	SettingsPublished SettingsState = "PUBLISHED"
	SettingsOld       SettingsState = "OLD"
)

// SettingsVersion is one version of a tenant's settings and, when the tenant has a flow of its own, of its flow.
type SettingsVersion struct {
	ID          string
	TenantID    string
	Version     int // from 1, per tenant, never used twice
	State       SettingsState
	Settings    Settings
	FlowYAML    string // "": the template's own flow
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
}

// Business is all that a conversation knows of a tenant.
type Business struct {
	TenantID string       `json:"tenant_id"`
	Name     string       `json:"name"`
	Template TemplateType `json:"template"`
	Language Language     `json:"language"`
	Settings Settings     `json:"settings"`
}

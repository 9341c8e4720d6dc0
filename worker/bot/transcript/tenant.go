package transcript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"flowhq"
	"flowhq/worker/bot"
)

// tenant is a business in the short form of the files.
type tenant struct {
	Template     string   `yaml:"template"`
	Language     string   `yaml:"language"`
	BusinessName string   `yaml:"business_name"`
	Timezone     string   `yaml:"timezone"`
	Currency     string   `yaml:"currency"`
	Hours        any      `yaml:"hours"`
	Holidays     []string `yaml:"holidays"`
	Contact      string   `yaml:"contact"`
	Address      string   `yaml:"address"`
	Delivery     string   `yaml:"delivery"`
	Greeting     string   `yaml:"greeting"`
	OwnerNumber  string   `yaml:"owner_number"`
	Services     []item   `yaml:"services"`
	Products     []item   `yaml:"products"`
	Flow         string   `yaml:"flow"` // the YAML of a flow of its own
}

type item struct {
	Name      string `yaml:"name"`
	Price     int64  `yaml:"price"`
	Unit      string `yaml:"unit"`
	Available *bool  `yaml:"available"`
}

// UnmarshalYAML also takes a name alone: services: [Facial, Kusuka].
func (i *item) UnmarshalYAML(text []byte) error {
	type plainItem item
	if err := yaml.Unmarshal(text, (*plainItem)(i)); err == nil {
		return nil
	}
	return yaml.Unmarshal(text, &i.Name)
}

// business gives the tenant as the conversations know it, and its flow.
func (t tenant) business(id string) (flowhq.Business, *bot.Flow, error) {
	biz := flowhq.Business{
		TenantID: id, Name: t.BusinessName, Template: flowhq.TemplateType(t.Template),
		Language: flowhq.Language(t.Language),
		Settings: flowhq.Settings{
			Timezone: t.Timezone, Currency: t.Currency, Contact: t.Contact, Address: t.Address, Delivery: t.Delivery,
			Greeting: t.Greeting, OwnerNumber: t.OwnerNumber, Services: items(t.Services), Products: items(t.Products),
		}.Normalize(),
	}
	if short, ok := t.Hours.(map[string]any); ok {
		hours, err := readHours(short, t.Holidays)
		if err != nil {
			return biz, nil, fmt.Errorf("%s: hours: %w", id, err)
		}
		biz.Settings.Hours = hours
	}
	if !slices.Contains(flowhq.TemplateTypes(), biz.Template) || !slices.Contains(flowhq.Languages(), biz.Language) {
		return biz, nil, fmt.Errorf("%s: there is no template %q in %q", id, t.Template, t.Language)
	}
	if t.Flow == "" {
		return biz, bot.Default(biz.Template, biz.Language), nil
	}
	flow, err := bot.Load([]byte(t.Flow))
	return biz, flow, err
}

func items(list []item) []flowhq.Item {
	var out []flowhq.Item
	for _, i := range list {
		out = append(out, flowhq.Item{Name: i.Name, Price: i.Price, Unit: i.Unit, Available: i.Available == nil ||
			*i.Available})
	}
	return out
}

// readHours reads {mon-sat: "08:00-19:00", sun: closed}; several days are joined by a comma, and so are several times
// of a day, which may also be a list.
func readHours(short map[string]any, holidays []string) (*flowhq.Hours, error) {
	h := &flowhq.Hours{Holidays: holidays}
	for _, name := range sortedKeys(short) {
		if name == "holidays" {
			for _, day := range list(short[name]) {
				h.Holidays = append(h.Holidays, plain(day))
			}
			continue
		}
		var spans []flowhq.Span
		for _, text := range list(short[name]) {
			more, err := readSpans(plain(text))
			if err != nil {
				return nil, err
			}
			spans = append(spans, more...)
		}
		for days := range strings.SplitSeq(name, ",") {
			if err := setDays(h, strings.TrimSpace(days), spans); err != nil {
				return nil, err
			}
		}
	}
	return h, h.Check()
}

// setDays gives the same times to a day or a range of days.
func setDays(h *flowhq.Hours, days string, spans []flowhq.Span) error {
	from, to, err := dayRange(days)
	if err != nil {
		return err
	}
	for day := from; ; day = (day + 1) % 7 {
		h.Days[day] = spans
		if day == to {
			return nil
		}
	}
}

func dayRange(days string) (from, to int, err error) {
	names := flowhq.DayKeys()
	first, last, ok := strings.Cut(strings.ToLower(days), "-")
	if !ok {
		last = first
	}
	if days == "all" || days == "daily" {
		first, last = "sun", "sat"
	}
	from, to = slices.Index(names[:], strings.TrimSpace(first)), slices.Index(names[:], strings.TrimSpace(last))
	if from < 0 || to < 0 {
		return 0, 0, fmt.Errorf("%q are no days like mon-fri", days)
	}
	return from, to, nil
}

func readSpans(text string) ([]flowhq.Span, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "closed", "", "off", "none", "false", "null", "imefungwa":
		return nil, nil
	}
	var out []flowhq.Span
	for part := range strings.SplitSeq(text, ",") {
		open, end, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			return nil, fmt.Errorf("%q is no time like 08:00-17:00", part)
		}
		out = append(out, flowhq.Span{Open: strings.TrimSpace(open), Close: strings.TrimSpace(end)})
	}
	return out, nil
}

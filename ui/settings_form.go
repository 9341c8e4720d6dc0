package ui

import (
	"flowhq/locale/key"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// settingsForm are a tenant's settings as one types them: every field a text, whatever it says. Rows are added and
// removed by buttons that send the form, so that it works without JavaScript.
type settingsForm struct {
	URL                                   string
	Timezone, Currency, Contact           field
	Address, Delivery, Greeting, Owner    field
	Services, Products                    itemList
	HoursKnown                            bool
	HoursWrong                            string
	Days                                  []dayRow
	Holidays                              []field
	Replies, ContactReplies, HandoffHours field
	Server                                flowhq.Limits // shown beside: what holds where nothing is said
	Zones                                 []string
}

type itemList struct {
	Name, Title, Hint, Add string
	Wrong                  string
	Rows                   []itemRow
}

type itemRow struct {
	Index             int
	Name, Price, Unit field
	Available         bool
}

type dayRow struct {
	Key, Name string
	Spans     [2]spanRow // a break in the middle makes two
}

type spanRow struct{ Open, Close string }

// zones are offered; any other IANA name may be typed.
func zones() []string {
	return []string{
		"Africa/Dar_es_Salaam", "Africa/Nairobi", "Africa/Kampala", "Africa/Kigali", "Africa/Bujumbura",
		"Africa/Lubumbashi",
		"Africa/Kinshasa", "Africa/Lusaka", "Africa/Maputo", "Africa/Addis_Ababa", "Africa/Mogadishu",
		"Africa/Johannesburg", "Africa/Lagos",
	}
}

func emptyForm(l translator, id string) settingsForm {
	return settingsForm{
		URL: tenantURL(id, "/settings"), Zones: zones(),
		Services: itemList{Name: "service", Title: l.text(key.PageSettingsServices),
			Hint: l.text(key.PageSettingsServicesHint), Add: l.text(key.PageSettingsAddService)},
		Products: itemList{Name: "product", Title: l.text(key.PageSettingsProducts),
			Hint: l.text(key.PageSettingsProductsHint), Add: l.text(key.PageSettingsAddProduct)},
	}
}

func newSettingsForm(l translator, id string, s flowhq.Settings) settingsForm {
	v := emptyForm(l, id)
	v.Timezone, v.Currency, v.Contact = field{Value: s.Timezone}, field{Value: s.Currency}, field{Value: s.Contact}
	v.Address, v.Delivery, v.Greeting = field{Value: s.Address}, field{Value: s.Delivery}, field{Value: s.Greeting}
	v.Owner = field{Value: s.OwnerNumber}
	v.Services.Rows, v.Products.Rows = itemRows(s.Services), itemRows(s.Products)
	v.HoursKnown = s.Hours != nil
	hours := s.Hours
	if hours == nil {
		hours = &flowhq.Hours{}
	}
	for i := range 7 {
		day := (i + 1) % 7
		row := dayRow{Key: flowhq.DayKeys()[day], Name: l.weekday(time.Weekday(day))}
		for n, span := range hours.Days[day] {
			if n < len(row.Spans) {
				row.Spans[n] = spanRow{span.Open, span.Close}
			}
		}
		v.Days = append(v.Days, row)
	}
	for _, d := range hours.Holidays {
		v.Holidays = append(v.Holidays, field{Value: d})
	}
	if s.Limits != nil {
		v.Replies, v.ContactReplies = numberField(s.Limits.RepliesPerMinute), numberField(s.Limits.ContactReplies)
		v.HandoffHours = numberField(s.Limits.HandoffHours)
	}
	return v
}

func numberField(n *int) field {
	if n == nil {
		return field{}
	}
	return field{Value: strconv.Itoa(*n)}
}

func itemRows(items []flowhq.Item) []itemRow {
	var rows []itemRow
	for i, item := range items {
		row := itemRow{Index: i, Name: field{Value: item.Name}, Unit: field{Value: item.Unit},
			Available: item.Available}
		if item.Price != 0 {
			row.Price.Value = strconv.FormatInt(item.Price, 10)
		}
		rows = append(rows, row)
	}
	return rows
}

// readSettingsForm reads what was typed.
func readSettingsForm(l translator, id string, c *gin.Context) settingsForm {
	v := emptyForm(l, id)
	typed := func(name string) field { return field{Value: strings.TrimSpace(c.PostForm(name))} }
	v.Timezone, v.Currency, v.Contact, v.Address = typed("timezone"), typed("currency"), typed("contact"),
		typed("address")
	v.Delivery, v.Greeting, v.Owner = typed("delivery"), typed("greeting"), typed("owner_number")
	v.Replies, v.ContactReplies, v.HandoffHours = typed("replies_per_minute"), typed("contact_replies"),
		typed("handoff_hours")
	v.Services.Rows, v.Products.Rows = readItems(c, "service"), readItems(c, "product")
	v.HoursKnown = c.PostForm("hours_known") != ""
	for i := range 7 {
		day := (i + 1) % 7
		key := flowhq.DayKeys()[day]
		row := dayRow{Key: key, Name: l.weekday(time.Weekday(day))}
		for n := range row.Spans {
			row.Spans[n] = spanRow{typed(fmt.Sprintf("%s.%d.open", key, n)).Value,
				typed(fmt.Sprintf("%s.%d.close", key, n)).Value}
		}
		v.Days = append(v.Days, row)
	}
	for _, d := range c.PostFormArray("holiday") {
		if d = strings.TrimSpace(d); d != "" {
			v.Holidays = append(v.Holidays, field{Value: d})
		}
	}
	return v
}

func readItems(c *gin.Context, name string) []itemRow {
	var rows []itemRow
	for i := range flowhq.MaxItems + 1 {
		at := fmt.Sprintf("%s.%d.", name, i)
		if _, there := c.GetPostForm(at + "name"); !there {
			break
		}
		typed := func(part string) field { return field{Value: strings.TrimSpace(c.PostForm(at + part))} }
		rows = append(rows, itemRow{Index: i, Name: typed("name"), Price: typed("price"), Unit: typed("unit"),
			Available: c.PostForm(at+"available") != ""})
	}
	return rows
}

// edit does what a button inside of the form asks for: one more row, or one less. False: the form is to be saved.
func (v *settingsForm) edit(do string) bool {
	what, where, _ := strings.Cut(do, ".")
	list := map[string]*itemList{"service": &v.Services, "product": &v.Products}
	switch what {
	case "add":
		if l := list[where]; l != nil {
			l.Rows = append(l.Rows, itemRow{Index: len(l.Rows), Available: true})
		}
		if where == "holiday" {
			v.Holidays = append(v.Holidays, field{})
		}
		return true
	case "remove":
		name, number, _ := strings.Cut(where, ".")
		i, err := strconv.Atoi(number)
		if l := list[name]; l != nil && err == nil && i >= 0 && i < len(l.Rows) {
			l.Rows = slices.Delete(l.Rows, i, i+1)
			for n := range l.Rows {
				l.Rows[n].Index = n
			}
		}
		return true
	}
	return false
}

// settings gives what was typed as settings, and names what is no number.
func (v *settingsForm) settings() (flowhq.Settings, []flowhq.FieldError) {
	var wrong []flowhq.FieldError
	s := flowhq.Settings{
		Timezone: v.Timezone.Value, Currency: v.Currency.Value, Contact: v.Contact.Value, Address: v.Address.Value,
		Delivery: v.Delivery.Value,
		Greeting: v.Greeting.Value, OwnerNumber: v.Owner.Value,
		Services: v.Services.items(&wrong), Products: v.Products.items(&wrong),
	}
	if v.HoursKnown {
		s.Hours = v.hours()
	}
	limits := flowhq.OwnLimits{
		RepliesPerMinute: ownLimit(v.Replies, "limits.replies_per_minute", &wrong),
		ContactReplies:   ownLimit(v.ContactReplies, "limits.contact_replies", &wrong),
		HandoffHours:     ownLimit(v.HandoffHours, "limits.handoff_hours", &wrong),
	}
	if limits != (flowhq.OwnLimits{}) {
		s.Limits = &limits
	}
	return s, wrong
}

func ownLimit(f field, name string, wrong *[]flowhq.FieldError) *int {
	if f.Value == "" {
		return nil
	}
	n, err := strconv.Atoi(f.Value)
	if err != nil {
		*wrong = append(*wrong, flowhq.Wrong(name, key.FieldWholeNumber))
	}
	return &n
}

func (v *settingsForm) hours() *flowhq.Hours {
	h := &flowhq.Hours{}
	for i, day := range v.Days {
		for _, span := range day.Spans {
			if span.Open != "" || span.Close != "" {
				h.Days[(i+1)%7] = append(h.Days[(i+1)%7], flowhq.Span{Open: span.Open, Close: span.Close})
			}
		}
	}
	for _, d := range v.Holidays {
		if d.Value != "" && !slices.Contains(h.Holidays, d.Value) {
			h.Holidays = append(h.Holidays, d.Value)
		}
	}
	slices.Sort(h.Holidays)
	return h
}

// items gives the rows that say anything; one that was left quite empty is none. What is wrong is named by its place
// among the rest.
func (l *itemList) items(wrong *[]flowhq.FieldError) []flowhq.Item {
	var kept []itemRow
	var items []flowhq.Item
	for _, row := range l.Rows {
		if row.Name.Value == "" && row.Price.Value == "" && row.Unit.Value == "" {
			continue
		}
		row.Index = len(kept)
		item := flowhq.Item{Name: row.Name.Value, Unit: row.Unit.Value, Available: row.Available}
		if row.Price.Value != "" {
			price, err := strconv.ParseInt(plainNumber(row.Price.Value), 10, 64)
			if err != nil {
				*wrong = append(*wrong, flowhq.Wrong(fmt.Sprintf("%ss[%d].price", l.Name, row.Index),
					key.FieldWholeNumber))
			}
			item.Price = price
		}
		kept, items = append(kept, row), append(items, item)
	}
	l.Rows = kept
	return items
}

// plainNumber takes out what people write between thousands, and the sign of a price without cents.
func plainNumber(s string) string {
	return strings.NewReplacer(",", "", " ", "", "\u00a0", "", "'", "", "/=", "", "/-", "").Replace(s)
}

// mark puts each complaint beside its field.
func (v *settingsForm) mark(fields map[string]string) {
	for name, place := range map[string]*field{
		"timezone": &v.Timezone, "currency": &v.Currency, "contact": &v.Contact, "address": &v.Address,
		"delivery": &v.Delivery,
		"greeting": &v.Greeting, "owner_number": &v.Owner, "limits.replies_per_minute": &v.Replies,
		"limits.contact_replies": &v.ContactReplies, "limits.handoff_hours": &v.HandoffHours,
	} {
		place.Wrong = fields[name]
	}
	v.HoursWrong = fields["hours"]
	for _, l := range []*itemList{&v.Services, &v.Products} {
		l.Wrong = fields[l.Name+"s"]
		for i := range l.Rows {
			at := fmt.Sprintf("%ss[%d].", l.Name, i)
			l.Rows[i].Name.Wrong, l.Rows[i].Price.Wrong = fields[at+"name"], fields[at+"price"]
		}
	}
}

package ui

import (
	"encoding/json"
	"flowhq/locale/key"
	"strconv"
	"strings"

	"flowhq"
)

// newDraftView says what publishing the draft would change, fact by fact.
func newDraftView(l translator, id string, published flowhq.SettingsVersion, draft *flowhq.SettingsVersion) draftView {
	v := draftView{ID: id}
	if draft == nil {
		return v
	}
	v.There, v.Author = true, draft.Author
	v.Flow = draft.FlowYAML != published.FlowYAML
	from, to := published.Settings, draft.Settings
	texts := []struct{ key, from, to string }{
		{"contact", from.Contact, to.Contact}, {"address", from.Address, to.Address},
		{"delivery", from.Delivery, to.Delivery},
		{"greeting", from.Greeting, to.Greeting}, {"owner", from.OwnerNumber, to.OwnerNumber},
		{"timezone", from.Timezone, to.Timezone},
		{"currency", from.Currency, to.Currency},
	}
	for _, t := range texts {
		v.change(l.word("settings", t.key), flowhq.Shorten(t.from, 80), flowhq.Shorten(t.to, 80))
	}
	v.items(l, from.Services, to.Services, to.Currency)
	v.items(l, from.Products, to.Products, to.Currency)
	v.change(l.text(key.PageSettingsHours), hoursText(l, from.Hours), hoursText(l, to.Hours))
	v.change(l.text(key.PageSettingsLimits), limitsText(from.Limits), limitsText(to.Limits))
	return v
}

func (v *draftView) change(what, from, to string) {
	if from != to {
		v.Changes = append(v.Changes, settingsChange{what, from, to})
	}
}

func (v *draftView) items(l translator, from, to []flowhq.Item, currency string) {
	was := map[string]string{}
	for _, i := range from {
		was[i.Name] = itemText(l, i, currency)
	}
	for _, i := range to {
		v.change(i.Name, was[i.Name], itemText(l, i, currency))
		delete(was, i.Name)
	}
	for _, i := range from {
		if text, gone := was[i.Name]; gone {
			v.change(i.Name, text, "")
		}
	}
}

func itemText(l translator, i flowhq.Item, currency string) string {
	text := l.text(key.PageSettingsOnRequest)
	if i.Price > 0 {
		text = currency + " " + l.number(i.Price)
	}
	if i.Unit != "" {
		text += " / " + i.Unit
	}
	if !i.Available {
		text += " · " + l.text(key.PageSettingsUnavailable)
	}
	return text
}

// hoursText writes hours in one line: what follows each other and is the same is joined.
func hoursText(l translator, h *flowhq.Hours) string {
	if h == nil {
		return l.text(key.PageSettingsHoursUnsaid)
	}
	keys := flowhq.DayKeys()
	var parts []string
	for i := 0; i < 7; {
		j := i
		for j+1 < 7 && spansText(h.Days[(j+2)%7]) == spansText(h.Days[(i+1)%7]) {
			j++
		}
		days := l.word("day", keys[(i+1)%7])
		if j > i {
			days += "–" + l.word("day", keys[(j+1)%7])
		}
		spans := spansText(h.Days[(i+1)%7])
		if spans == "" {
			spans = l.text(key.PageSettingsClosed)
		}
		parts = append(parts, days+" "+spans)
		i = j + 1
	}
	if n := len(h.Holidays); n > 0 {
		parts = append(parts, l.text(key.PageSettingsHolidays)+" "+strings.Join(h.Holidays, ", "))
	}
	return strings.Join(parts, " · ")
}

func spansText(spans []flowhq.Span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, s.Open+"–"+s.Close)
	}
	return strings.Join(parts, ", ")
}

func limitsText(o *flowhq.OwnLimits) string {
	if o == nil {
		return ""
	}
	raw, err := json.Marshal(o)
	if err != nil {
		return ""
	}
	var all map[string]int
	if json.Unmarshal(raw, &all) != nil {
		return ""
	}
	var parts []string
	for _, name := range []string{"replies_per_minute", "contact_replies", "handoff_hours"} {
		if n, ok := all[name]; ok {
			parts = append(parts, name+" "+strconv.Itoa(n))
		}
	}
	return strings.Join(parts, ", ")
}

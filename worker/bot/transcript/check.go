package transcript

import (
	"fmt"
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot"
)

// check compares what came of a conversation with what the case wants.
func (c *chat) check(want conversation) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	text, asks, says := c.answer()
	if w := alternatives(want.Asks); w != "" && !asked(w, asks) {
		fault("asks %s, wants %s", orNone(asks), w)
	}
	for _, word := range list(want.Shows) {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(plain(word))) {
			fault("does not show %q", plain(word))
		}
	}
	for _, word := range list(want.Hides) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(plain(word))) {
			fault("shows %q", plain(word))
		}
	}
	if w := alternatives(want.Says); w != "" && !said(w, says) {
		fault("says %s, wants %s", orNone(says), w)
	}
	faults = append(faults, c.checkOutcome(want.Outcome)...)
	if want.ThenSilent {
		c.send(bot.Message{Kind: flowhq.KindText, Text: "Habari"})
		if text, _, _ := c.answer(); text != "" {
			fault("is not silent: %q", text)
		}
	}
	if len(faults) > 0 {
		faults = append(faults, fmt.Sprintf("the answer was %q", text))
	}
	return faults
}

// answer joins the replies to the last message.
func (c *chat) answer() (text string, asks, says []string) {
	for _, a := range c.last {
		if a.Kind != bot.ActionReply {
			continue
		}
		text = strings.TrimSpace(text + "\n" + a.Text)
		asks = append(asks, parts(a.Asks, "_or_")...)
		says = append(says, parts(a.Says, ",")...)
	}
	return text, asks, says
}

// alternatives writes what a case allows, a text or a list, as one text.
func alternatives(v any) string {
	var out []string
	for _, one := range list(v) {
		out = append(out, plain(one))
	}
	return strings.Join(out, "_or_")
}

func parts(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "_or_")
}

// asked tells whether what a reply asks for is one of the alternatives that the case allows.
func asked(want string, got []string) bool {
	for _, w := range strings.Split(want, "_or_") {
		switch {
		case w == "none" && len(got) == 0, w == "any" && len(got) > 0, slices.Contains(got, w):
			return true
		}
	}
	return false
}

func said(want string, got []string) bool {
	for _, w := range strings.Split(want, "_or_") {
		if w == "none" && len(got) == 0 || w == "any" && len(got) > 0 || slices.Contains(got, w) {
			return true
		}
	}
	return false
}

func (c *chat) checkOutcome(want map[string]any) []string {
	var faults []string
	var request flowhq.RequestEvent
	if n := len(c.requests); n > 0 {
		request = c.requests[n-1]
	}
	for _, key := range sortedKeys(want) {
		if f := c.checkOne(key, want[key], request); f != "" {
			faults = append(faults, f)
		}
	}
	return faults
}

func (c *chat) checkOne(key string, want any, r flowhq.RequestEvent) string {
	got := ""
	switch key {
	case "request":
		got = string(r.Type)
		if got == "" {
			got = "none"
		}
	case "requests":
		got = fmt.Sprint(len(c.requests))
	case "request_started":
		return c.checkStarted(want)
	case "handoff":
		got = fmt.Sprint(c.handoff)
	case "opted_out":
		got = fmt.Sprint(c.optedOut)
	case "notified":
		return contains(key, strings.Join(c.notices, "\n"), want)
	case "items":
		return checkItems(want, r.Fields.Items)
	case "detail":
		return contains(key, r.Fields.Detail, want)
	case "delivery":
		return contains(key, r.Fields.Delivery, want)
	default:
		var ok bool
		if got, ok = field(key, r); !ok {
			return fmt.Sprintf("outcome: %q is not known", key)
		}
	}
	if !strings.EqualFold(got, plain(want)) {
		return fmt.Sprintf("%s is %q, wants %q", key, got, plain(want))
	}
	return ""
}

func field(key string, r flowhq.RequestEvent) (string, bool) {
	switch key {
	case "status":
		return string(r.Status), true
	case "service":
		return r.Fields.Service, true
	case "date":
		return r.Fields.Date, true
	case "time":
		return r.Fields.Time, true
	case "name":
		return r.Fields.Name, true
	case "total":
		return fmt.Sprint(r.Fields.Total), true
	case "currency":
		return r.Fields.Currency, true
	}
	return "", false
}

// checkStarted wants a request that has begun: true, false, or a type of request.
func (c *chat) checkStarted(want any) string {
	started := c.state.InStep() || len(c.requests) > 0
	w := plain(want)
	if w == "true" || w == "false" {
		if fmt.Sprint(started) != w {
			return fmt.Sprintf("request_started is %t, wants %s", started, w)
		}
		return ""
	}
	kind := c.flow.RecordOf(c.state)
	if kind == "" && len(c.requests) > 0 {
		kind = c.requests[len(c.requests)-1].Type
	}
	if !strings.EqualFold(string(kind), w) {
		return fmt.Sprintf("request_started is %q, wants %q", kind, w)
	}
	return ""
}

func contains(key, got string, want any) string {
	if !strings.Contains(strings.ToLower(got), strings.ToLower(plain(want))) {
		return fmt.Sprintf("%s is %q, wants %q in it", key, got, plain(want))
	}
	return ""
}

func checkItems(want any, items []flowhq.OrderItem) string {
	m, ok := want.(map[string]any)
	if !ok {
		return fmt.Sprintf("items: %v is no list of products with quantities", want)
	}
	for _, i := range items {
		if plain(m[i.Product]) != fmt.Sprint(i.Quantity) {
			return fmt.Sprintf("items: %d × %s, wants %v", i.Quantity, i.Product, m)
		}
	}
	if len(items) != len(m) {
		return fmt.Sprintf("items: there are %d, wants %v", len(items), m)
	}
	return ""
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package bot

import (
	"strings"
)

// filled tells whether a fact is known.
func (t *turn) filled(q *question) bool {
	f := &t.st.Facts
	switch q.fact {
	case "service":
		return f.Service != ""
	case "items":
		return len(f.Items) > 0 && t.pendingItem() < 0
	case "date":
		return f.Date != ""
	case "time":
		return f.Time != ""
	case "name":
		return f.Name != ""
	case "delivery":
		return f.Delivery != ""
	case "detail":
		return f.Detail != ""
	}
	return f.More[q.fact] != ""
}

// pendingItem is the first product whose quantity is not known; -1 when there is none.
func (t *turn) pendingItem() int {
	for i, item := range t.st.Facts.Items {
		if item.Quantity == 0 {
			return i
		}
	}
	return -1
}

// questionText writes a question and names what it asks for.
func (t *turn) questionText(task *task, q *question) (text, kind string) {
	if q.kind == askItems {
		if n := t.pendingItem(); n >= 0 {
			item := t.st.Facts.Items[n].Product
			return t.renderText(q.quantity, 0, func(name string) string {
				if name == "item" {
					return item
				}
				return t.factText(name)
			}), "quantity"
		}
	}
	kind = t.kindOf(q)
	values := func(name string) string {
		if name == "list" {
			return t.choices(q)
		}
		return t.factText(name)
	}
	asked := q.ask
	if (q.kind == askChoice || q.kind == askItems) && len(q.other) > 0 && t.choices(q) == "" {
		asked = q.other
	}
	if q.kind == askTime && len(t.st.Facts.Readings) > 0 {
		return t.whichTime(), kind
	}
	text, _ = t.renderFilled(asked, 0, values)
	if text == "" {
		text = t.renderText(q.label, 0, nil) + "?"
	}
	return text, kind
}

// kindOf names what a question asks for, as Action.Asks has it.
func (t *turn) kindOf(q *question) string {
	if q.kind == askItems {
		return "product_or_quantity"
	}
	return q.fact
}

// choices lists what a question lets choose from.
func (t *turn) choices(q *question) string {
	switch q.source {
	case fromServices:
		return t.priceList(t.biz.Settings.Services, true)
	case fromProducts:
		return t.priceList(t.biz.Settings.Products, true)
	case fromOptions:
		var b strings.Builder
		for n, o := range q.options {
			if n > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(grouped(int64(n+1)) + ". " + o.Name)
		}
		return b.String()
	}
	return ""
}

// whichTime asks between the readings of an hour: "10:00 or 16:00?".
func (t *turn) whichTime() string {
	var b strings.Builder
	readings := t.st.Facts.Readings
	for i, m := range readings {
		switch {
		case i == 0:
		case i == len(readings)-1:
			b.WriteString(" " + t.plain("or") + " ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(hourText(m, t.flow.Language))
	}
	return t.render("which_time", func(string) string { return b.String() })
}

func boundsOf(low, high int64) func(string) string {
	return func(name string) string {
		switch name {
		case "min":
			return grouped(low)
		case "max":
			return grouped(high)
		}
		return ""
	}
}

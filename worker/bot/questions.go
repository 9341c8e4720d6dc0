package bot

import (
	"strconv"
	"strings"
)

// asker writes questions, and facts as the texts show them.
type asker struct{ *composer }

// question writes a question and names what it asks for.
func (a *asker) question(q *question) (text, kind string) {
	if q.kind == askItems {
		if n := a.pendingItem(); n >= 0 {
			item := a.state.Facts.Items[n].Product
			return a.renderText(q.quantity, 0, func(name string) string {
				if name == "item" {
					return item
				}
				return a.factText(name)
			}), "quantity"
		}
	}
	kind = a.kindOf(q)
	values := func(name string) string {
		if name == "list" {
			return a.choices(q)
		}
		return a.factText(name)
	}
	asked := q.ask
	if (q.kind == askChoice || q.kind == askItems) && len(q.other) > 0 && a.choices(q) == "" {
		asked = q.other
	}
	if q.kind == askTime && len(a.state.Facts.Readings) > 0 {
		return a.whichTime(), kind
	}
	text, _ = a.renderFilled(asked, 0, values)
	if text == "" {
		text = a.renderText(q.label, 0, nil) + "?"
	}
	return text, kind
}

// kindOf names what a question asks for, as Action.Asks has it.
func (a *asker) kindOf(q *question) string {
	if q.kind == askItems {
		return "product_or_quantity"
	}
	return q.fact
}

// choices lists what a question lets choose from.
func (a *asker) choices(q *question) string {
	switch q.source {
	case fromServices:
		return a.priceList(a.business.Settings.Services, true)
	case fromProducts:
		return a.priceList(a.business.Settings.Products, true)
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
func (a *asker) whichTime() string {
	var b strings.Builder
	readings := a.state.Facts.Readings
	for i, m := range readings {
		switch {
		case i == 0:
		case i == len(readings)-1:
			b.WriteString(" " + a.plain("or") + " ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(hourText(m, a.flow.Language))
	}
	return a.render("which_time", func(string) string { return b.String() })
}

func (a *asker) labelOf(q *question) string {
	if len(q.label) == 0 {
		return strings.ReplaceAll(q.fact, "_", " ")
	}
	s, _ := q.label[0].render(func(string) string { return "" })
	return s
}

func (a *asker) changeQuestion(task *task) string {
	var labels []string
	for n, q := range task.asks {
		labels = append(labels, strconv.Itoa(n+1)+". "+a.labelOf(q))
	}
	facts := strings.Join(labels, "\n")
	return a.render("change_what", func(name string) string {
		if name == "facts" {
			return facts
		}
		return ""
	})
}

// changeKinds names everything that the question what to change may be answered with.
func (a *asker) changeKinds(task *task) string {
	var kinds []string
	for _, q := range task.asks {
		kinds = append(kinds, a.kindOf(q))
	}
	return strings.Join(append(kinds, askConfirmation), "_or_")
}

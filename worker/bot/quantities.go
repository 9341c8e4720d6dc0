package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
	"flowhq/worker/bot/when"
)

// MaxLines is how many different products one order has at most.
const MaxLines = 20

// line is a product of an order as a message names it.
type line struct {
	item     flowhq.Item
	quantity int  // 0: not said
	bad      bool // a quantity was said that cannot be ordered
}

// quantity is a number in a message that can say how many.
type quantity struct {
	at, end int
	value   int64
	bad     bool // below zero, or with a fraction
}

// quantities reads the numbers of a message.
type quantities struct {
	*when.Cursor
	text string // of the message
}

// lines joins the products of a message with their quantities: "kanga 3 na viatu 1", "3 kanga and 2 shoes".
func (q quantities) lines(l *listing, hits []itemMatch, most int64) []line {
	all := q.all(hits)
	before := quantitiesLead(hits, all)
	out := make([]line, 0, len(hits))
	for n, h := range hits {
		from, to := h.end, q.Len()
		if n+1 < len(hits) {
			to = hits[n+1].at
		}
		if before {
			from, to = 0, h.at
			if n > 0 {
				from = hits[n-1].end
			}
		}
		one := line{item: l.items[h.index]}
		if a := quantityIn(all, from, to, before); a != nil {
			one.set(*a, most)
		}
		out = append(out, one)
	}
	return mergeLines(out, most)
}

func (l *line) set(a quantity, most int64) {
	if a.bad || a.value < 1 || a.value > most {
		l.bad = true
		return
	}
	l.quantity = int(a.value)
}

// mergeLines adds up lines of the same product.
func mergeLines(lines []line, most int64) []line {
	var out []line
	for _, l := range lines {
		at := -1
		for i := range out {
			if out[i].item.Name == l.item.Name {
				at = i
			}
		}
		if at < 0 {
			out = append(out, l)
			continue
		}
		out[at].quantity += l.quantity
		out[at].bad = out[at].bad || l.bad || int64(out[at].quantity) > most
	}
	return out
}

// quantitiesLead tells whether the numbers stand before the products, as in English: the first one does, and none
// stands behind the last product.
func quantitiesLead(hits []itemMatch, all []quantity) bool {
	if len(hits) == 0 {
		return false
	}
	last := hits[len(hits)-1].end
	return quantityIn(all, 0, hits[0].at, false) != nil && quantityIn(all, last, lexicon.MaxTokens, false) == nil
}

// quantityIn gives the first quantity between two tokens, or the last one.
func quantityIn(all []quantity, from, to int, last bool) *quantity {
	var found *quantity
	for i := range all {
		if a := &all[i]; a.at >= from && a.end <= to {
			found = a
			if !last {
				return found
			}
		}
	}
	return found
}

// any tells whether the message has a number that can be a quantity.
func (q quantities) any() bool { return len(q.all(nil)) > 0 }

// sole gives the one number of an answer to "how many?".
func (q quantities) sole() (quantity, bool) {
	all := slices.DeleteFunc(q.all(nil), func(a quantity) bool { return q.Refused(a.at) }) // sio 2 ni 3
	if len(all) != 1 {
		return quantity{}, false
	}
	return all[0], true
}

// all gives the numbers of a message that are no part of a product's name, no price and no size.
func (q quantities) all(hits []itemMatch) []quantity {
	var out []quantity
	for i := 0; i < q.Len(); {
		if h := hitAt(hits, i); h != nil {
			i = h.end
			continue
		}
		a, ok := q.quantityAt(i)
		if !ok && q.IsArticle(i) && hitAt(hits, i+1) != nil {
			a, ok = quantity{at: i, end: i + 1, value: 1}, true // a hammer
		}
		if !ok {
			i++
			continue
		}
		if !q.isPrice(a) {
			out = append(out, a)
		}
		i = a.end
	}
	return out
}

func hitAt(hits []itemMatch, i int) *itemMatch {
	for n := range hits {
		if hits[n].at == i {
			return &hits[n]
		}
	}
	return nil
}

func (q quantities) quantityAt(i int) (quantity, bool) {
	switch w := q.Text(i); {
	case w == "mia":
		return q.swahiliUnit(i, 100), true
	case w == "elfu":
		return q.swahiliUnit(i, 1000), true
	case q.IsHalf(i) && isDozen(q.Text(i+1)):
		return quantity{at: i, end: i + 2, value: 6}, true
	}
	n, end, ok := q.Number(i)
	if !ok {
		return quantity{}, false
	}
	a := quantity{at: i, end: end, value: n}
	word := q.Token(i).Kind == lexicon.WordToken
	if !word {
		q.fraction(&a)
	}
	if n == 12 && word || isDozen(q.Text(end)) {
		a = q.dozens(a)
	}
	if q.AddsFraction(a.end) {
		a.bad, a.end = true, a.end+2 // mbili na nusu
	}
	return a, true
}

// swahiliUnit reads "mia moja", "elfu mbili": the unit stands first.
func (q quantities) swahiliUnit(i int, unit int64) quantity {
	if n, end, ok := q.Number(i + 1); ok && n < lexicon.Unreadable/unit {
		return quantity{at: i, end: end, value: n * unit}
	}
	return quantity{at: i, end: i + 1, value: unit}
}

// fraction marks a number in digits that is below zero or has a fraction: "-3", "2.5".
func (q quantities) fraction(a *quantity) {
	a.bad = minusBefore(q.text, q.Token(a.at).From)
	if f, ok := q.Digits(a.end); ok && q.Token(a.end).Glued(".") && f > 0 {
		a.bad = true
		a.end++
	}
}

// dozens reads "2 dozen" and "dazeni mbili".
func (q quantities) dozens(a quantity) quantity {
	if isDozen(q.Text(a.end)) && a.value < lexicon.Unreadable/12 {
		a.value *= 12
		a.end++
	} else if isDozen(q.Text(a.at)) {
		if n, end, ok := q.Number(a.end); ok && n < lexicon.Unreadable/12 {
			a.value, a.end = n*12, end
		}
	}
	return a
}

func isDozen(w string) bool { return w == "dozen" || w == "dozens" || w == "dazeni" || w == "dozeni" }

// minusBefore tells whether a minus stands right before a number and belongs to it: "-3", not "kanga - 3" or "kanga-3".
func minusBefore(text string, at int) bool {
	return at > 0 && at <= len(text) && text[at-1] == '-' && (at == 1 || text[at-2] == ' ')
}

// isPrice tells whether a number is a price, or a size.
func (q quantities) isPrice(a quantity) bool {
	before, after := q.Text(a.at-1), q.Text(a.end)
	if isCurrency(after) || after == "k" || after == "elfu" || isCurrency(before) || isSize(before) {
		return true
	}
	return q.Token(a.at).Sep == "@" || a.end < q.Len() && strings.HasPrefix(q.Token(a.end).Sep, "/=")
}

func isCurrency(w string) bool {
	switch w {
	case "tsh", "tzs", "sh", "shs", "shilingi", "shillings", "kes", "ksh", "ugx", "usd":
		return true
	}
	return false
}

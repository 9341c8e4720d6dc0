package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// MaxLines is how many different products one order has at most.
const MaxLines = 20

// line is a product of an order as a message names it.
type line struct {
	item     flowhq.Item
	quantity int  // 0: not said
	bad      bool // a quantity was said that cannot be ordered
}

// amount is a number in a message that can be a quantity.
type amount struct {
	at, end int
	value   int64
	bad     bool // below zero, or with a fraction
}

// lines joins the products of a message with their quantities: "kanga 3 na viatu 1", "3 kanga and 2 shoes".
func (r *reader) lines(l *listing, hits []itemHit, text string, most int64) []line {
	amounts := r.amounts(hits, text)
	before := quantitiesLead(hits, amounts)
	out := make([]line, 0, len(hits))
	for n, h := range hits {
		from, to := h.end, len(r.tokens)
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
		if a := amountIn(amounts, from, to, before); a != nil {
			one.set(*a, most)
		}
		out = append(out, one)
	}
	return mergeLines(out, most)
}

func (l *line) set(a amount, most int64) {
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

// quantitiesLead tells that the numbers stand before the products, as in English: the first one does, and none behind the
// last product.
func quantitiesLead(hits []itemHit, amounts []amount) bool {
	if len(hits) == 0 {
		return false
	}
	return amountIn(amounts, 0, hits[0].at, false) != nil && amountIn(amounts, hits[len(hits)-1].end, lexicon.MaxTokens, false) == nil
}

// amountIn gives the first amount between two tokens, or the last one.
func amountIn(amounts []amount, from, to int, last bool) *amount {
	var found *amount
	for i := range amounts {
		if a := &amounts[i]; a.at >= from && a.end <= to {
			found = a
			if !last {
				return found
			}
		}
	}
	return found
}

// amounts gives the numbers of a message that are no part of a product's name, no price and no size.
func (r *reader) amounts(hits []itemHit, text string) []amount {
	var out []amount
	for i := 0; i < len(r.tokens); {
		if h := hitAt(hits, i); h != nil {
			i = h.end
			continue
		}
		a, ok := r.amountAt(i, text)
		if !ok && r.kind(i) == wordA && hitAt(hits, i+1) != nil {
			a, ok = amount{at: i, end: i + 1, value: 1}, true // a hammer
		}
		if !ok {
			i++
			continue
		}
		if !r.isPrice(a) {
			out = append(out, a)
		}
		i = a.end
	}
	return out
}

func hitAt(hits []itemHit, i int) *itemHit {
	for n := range hits {
		if hits[n].at == i {
			return &hits[n]
		}
	}
	return nil
}

func (r *reader) amountAt(i int, text string) (amount, bool) {
	if r.text(i) == "mia" || r.text(i) == "elfu" {
		unit := int64(100)
		if r.text(i) == "elfu" {
			unit = 1000
		}
		if n, end, ok := r.numberAt(i + 1); ok && n < lexicon.Unreadable/unit {
			return amount{at: i, end: end, value: n * unit}, true
		}
		return amount{at: i, end: i + 1, value: unit}, true
	}
	if r.kind(i) == wordHalf && isDozen(r.text(i+1)) {
		return amount{at: i, end: i + 2, value: 6}, true
	}
	n, end, ok := r.numberAt(i)
	if !ok {
		return amount{}, false
	}
	a := amount{at: i, end: end, value: n}
	t := r.tokens[i]
	if t.Kind == lexicon.NumberToken {
		a.bad = minusBefore(text, t.From)
		if f, ok := r.digits(end); ok && r.tokens[end].Glued(".") && f > 0 {
			a.bad = true
			a.end = end + 1
		}
	}
	if n == 12 && t.Kind == lexicon.WordToken || isDozen(r.text(end)) {
		a = r.dozens(a)
	}
	if k := r.kind(a.end + 1); r.kind(a.end) == wordAnd && (k == wordHalf || k == wordQuarter) {
		a.bad, a.end = true, a.end+2 // mbili na nusu
	}
	return a, true
}

// dozens reads "2 dozen" and "dazeni mbili".
func (r *reader) dozens(a amount) amount {
	if isDozen(r.text(a.end)) && a.value < lexicon.Unreadable/12 {
		a.value *= 12
		a.end++
	} else if isDozen(r.text(a.at)) {
		if n, end, ok := r.numberAt(a.end); ok && n < lexicon.Unreadable/12 {
			a.value, a.end = n*12, end
		}
	}
	return a
}

func isDozen(w string) bool { return w == "dozen" || w == "dozens" || w == "dazeni" || w == "dozeni" }

// minusBefore tells that a minus stands right before a number and belongs to it: "-3", not "kanga - 3" or "kanga-3".
func minusBefore(text string, at int) bool {
	return at > 0 && at <= len(text) && text[at-1] == '-' && (at == 1 || text[at-2] == ' ')
}

func (r *reader) isPrice(a amount) bool {
	currency := func(s string) bool {
		switch s {
		case "tsh", "tzs", "sh", "shs", "shilingi", "shillings", "kes", "ksh", "ugx", "usd", "k", "elfu":
			return true
		}
		return false
	}
	if currency(r.text(a.end)) || a.at > 0 && currency(r.text(a.at-1)) && r.text(a.at-1) != "elfu" && r.text(a.at-1) != "k" {
		return true
	}
	if isSize(r.text(a.at - 1)) {
		return true
	}
	return r.tokens[a.at].Sep == "@" || a.end < len(r.tokens) && strings.HasPrefix(r.tokens[a.end].Sep, "/=")
}

// soleAmount gives the one number of an answer to "how many?".
func (r *reader) soleAmount(text string) (amount, bool) {
	amounts := slices.DeleteFunc(r.amounts(nil, text), func(a amount) bool { return r.turnedDown(a.at) }) // sio 2 ni 3
	if len(amounts) != 1 {
		return amount{}, false
	}
	return amounts[0], true
}

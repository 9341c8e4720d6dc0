package when

import "flowhq/worker/bot/lexicon"

// Number reads a number at token i, in digits or in words of either language: "3", "tatu", "kumi na mbili", "twenty
// one". It gives the value and the token after it; ok is false when there is no number.
func (c *Cursor) Number(i int) (value int64, end int, ok bool) {
	if i >= len(c.tokens) {
		return 0, i, false
	}
	if c.tokens[i].Kind == lexicon.NumberToken {
		return c.tokens[i].Value, i + 1, true
	}
	switch w := c.words[i]; w.kind {
	case wordTens:
		return c.tens(i, w)
	case wordNumber:
		if w.n == 10 && !w.english {
			return c.tens(i, w)
		}
		return int64(w.n), i + 1, true
	}
	return 0, i, false
}

// tens reads what may follow a ten: "kumi na moja", "twenty one", "twenty-one".
func (c *Cursor) tens(i int, ten calendarWord) (value int64, end int, ok bool) {
	next := i + 1
	if !ten.english {
		if c.kind(next) != wordAnd {
			return int64(ten.n), next, true
		}
		next++
	}
	if u := c.word(next); u.kind == wordNumber && u.n >= 1 && u.n <= 9 && u.english == ten.english {
		return int64(ten.n + u.n), next + 1, true
	}
	return int64(ten.n), i + 1, true
}

// Ordinal reads "first", "ya pili", "twentieth".
func (c *Cursor) Ordinal(i int) (n int, ok bool) {
	w := c.word(i)
	return w.n, w.kind == wordOrdinal
}

// Digits reads a number of up to four digits.
func (c *Cursor) Digits(i int) (n int64, ok bool) {
	if i >= len(c.tokens) || c.tokens[i].Kind != lexicon.NumberToken || c.tokens[i].Value > 9999 {
		return 0, false
	}
	return c.tokens[i].Value, true
}

// numberBelow reads a number that is smaller than a bound.
func (c *Cursor) numberBelow(i int, bound int64) (n, end int, ok bool) {
	value, end, ok := c.Number(i)
	if !ok || value >= bound {
		return 0, i, false
	}
	return int(value), end, true
}

// dayNumber reads the day of a month: "26", "26th", "ishirini na sita", "kwanza", "first".
func (c *Cursor) dayNumber(i int) (day, end int, ok bool) {
	w, next := c.word(i), c.word(i+1)
	switch {
	case w.kind == wordOrdinal:
		return w.n, i + 1, true
	case w.kind == wordTens && w.english && next.kind == wordOrdinal && next.n < 10:
		return w.n + next.n, i + 2, true
	}
	day, end, ok = c.numberBelow(i, 10000)
	if ok && c.kind(end) == wordThTh && c.tokens[end].Glued("") {
		end++
	}
	return day, end, ok
}

package bot

import "flowhq/worker/bot/lexicon"

// numberAt reads a number at token i, in digits or in words of either language: "3", "tatu", "kumi na mbili", "twenty
// one", "mia moja". It gives the value and the token after it; ok is false when there is none.
func (r *reader) numberAt(i int) (value int64, end int, ok bool) {
	if i >= len(r.tokens) {
		return 0, i, false
	}
	if r.tokens[i].Kind == lexicon.NumberToken {
		return r.tokens[i].Value, i + 1, true
	}
	switch w := r.words[i]; w.kind {
	case wordTens:
		return r.tensAt(i, w)
	case wordNumber:
		if w.n == 10 && !w.english {
			return r.tensAt(i, w)
		}
		return int64(w.n), i + 1, true
	}
	return 0, i, false
}

// tensAt reads what may follow a ten: "kumi na moja", "twenty one", "twenty-one".
func (r *reader) tensAt(i int, tens calendarWord) (value int64, end int, ok bool) {
	next := i + 1
	if !tens.english && r.kind(next) == wordAnd {
		next++
	} else if !tens.english {
		return int64(tens.n), i + 1, true
	}
	if u := r.word(next); u.kind == wordNumber && u.n >= 1 && u.n <= 9 && u.english == tens.english {
		return int64(tens.n + u.n), next + 1, true
	}
	return int64(tens.n), i + 1, true
}

// dayNumberAt reads the day of a month: "26", "26th", "ishirini na sita", "kwanza", "first".
func (r *reader) dayNumberAt(i int) (day, end int, ok bool) {
	if w := r.word(i); w.kind == wordOrdinal {
		return w.n, i + 1, true
	}
	if tens, next := r.word(i), r.word(i+1); tens.kind == wordTens && tens.english && next.kind == wordOrdinal && next.n < 10 {
		return tens.n + next.n, i + 2, true
	}
	n, end, ok := r.numberAt(i)
	if !ok || n > 9999 {
		return 0, i, false
	}
	if r.kind(end) == wordThTh && r.tokens[end].Glued("") {
		end++
	}
	return int(n), end, true
}

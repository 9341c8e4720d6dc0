package bot

import (
	"time"

	"flowhq/worker/bot/lexicon"
)

// longAgo is how many days back a day without a year is taken as past; one further back is meant for next year.
const longAgo = 180

// numericDay reads 2026-04-02, 26/3, 26.3.2026, 26-3-26, also after "tarehe".
func (r *reader) numericDay(i int) (dayFound, bool) {
	at, dated := i, false
	if r.kind(at) == wordDate {
		at, dated = at+1, true
	}
	a, ok := r.digits(at)
	if !ok {
		return dayFound{}, false
	}
	b, okB := r.digits(at + 1)
	if !okB {
		return dayFound{}, false
	}
	sep := r.tokens[at+1].Sep
	if r.tokens[at+1].Space || sep != "/" && sep != "-" && sep != "." {
		return dayFound{}, false
	}
	c, okC := r.digits(at + 2)
	okC = okC && r.tokens[at+2].Glued(sep)
	switch {
	case okC && len(r.tokens[at].Text) == 4:
		return r.explicit(at+3, int(a), int(b), int(c)), true
	case okC && c < 10000:
		if b > 12 && b <= 31 && a <= 12 {
			a, b = b, a // 03/26/2026
		}
		return r.explicit(at+3, fullYear(int(c)), int(b), int(a)), true
	case dated || sep == "/" && len(r.tokens[at].Text) <= 2, sep == "-" && r.dayAndMonth(at, a, b):
		return r.yearless(at+2, int(b), int(a)), true
	}
	return dayFound{}, false
}

// dayAndMonth tells that "15-3" before an hour is a day of a month and no range: a range of hours goes upward.
func (r *reader) dayAndMonth(at int, a, b int64) bool {
	return a > 12 && a <= 31 && b >= 1 && b <= 12 && len(r.tokens[at].Text) <= 2 && r.kind(at+2) == wordSaa
}

func (r *reader) digits(i int) (int64, bool) {
	if i >= len(r.tokens) || r.tokens[i].Kind != lexicon.NumberToken || r.tokens[i].Value > 9999 {
		return 0, false
	}
	return r.tokens[i].Value, true
}

func fullYear(y int) int {
	if y < 100 {
		return 2000 + y
	}
	return y
}

// namedDay reads "26 March", "tarehe 5 mwezi wa nne", "tarehe 26", "the 26th", "5th of next month".
func (r *reader) namedDay(i int) (dayFound, bool) {
	at, dated := i, false
	if r.kind(at) == wordDate || r.text(at) == "the" {
		dated = r.kind(at) == wordDate
		at++
	}
	day, end, ok := r.dayNumberAt(at)
	if !ok {
		return dayFound{}, false
	}
	numbered := r.kind(end-1) == wordThTh
	if !dated && r.kind(i-1) == wordSaa {
		return dayFound{}, false
	}
	after := end
	for r.kind(after) == wordOf || r.text(after) == "of" {
		after++
	}
	if month, next, ok := r.monthAt(after); ok {
		year, next := r.yearAt(next)
		if year != 0 {
			return r.explicit(next, year, month, day), true
		}
		return r.yearless(next, month, day), true
	}
	if offset, next, ok := r.monthAround(after); ok {
		first := time.Date(r.now.Year(), r.now.Month()+time.Month(offset), 1, 0, 0, 0, 0, r.now.Location())
		return r.explicit(next, first.Year(), int(first.Month()), day), true
	}
	if dated || numbered || r.text(i-1) == "on" && !r.partFollows(end) && r.kind(end) != wordAm && r.kind(end) != wordPm && (end >= len(r.tokens) || r.tokens[end].Sep != ":") {
		return r.dayOfMonth(i, end, day), true
	}
	return dayFound{}, false
}

// monthFirst reads "March 26th", "mwezi wa tatu tarehe 26", "mwezi ujao tarehe 5".
func (r *reader) monthFirst(i int) (dayFound, bool) {
	offset, end, around := r.monthAround(i)
	month := 0
	if !around {
		var ok bool
		if month, end, ok = r.monthAt(i); !ok {
			return dayFound{}, false
		}
	}
	if r.kind(end) == wordDate || r.text(end) == "the" {
		end++
	} else if around {
		return dayFound{}, false
	}
	day, next, ok := r.dayNumberAt(end)
	if !ok || r.kind(next) == wordAm || r.kind(next) == wordPm || next < len(r.tokens) && r.tokens[next].Glued(":") {
		return dayFound{}, false
	}
	if around {
		first := time.Date(r.now.Year(), r.now.Month()+time.Month(offset), 1, 0, 0, 0, 0, r.now.Location())
		return r.explicit(next, first.Year(), int(first.Month()), day), true
	}
	year, next := r.yearAt(next)
	if year != 0 {
		return r.explicit(next, year, month, day), true
	}
	return r.yearless(next, month, day), true
}

// monthAt reads a month's name, or "mwezi wa nne".
func (r *reader) monthAt(i int) (month, end int, ok bool) {
	if w := r.word(i); w.kind == wordMonth {
		return w.n, i + 1, true
	}
	if r.kind(i) != wordMonthUnit {
		return 0, i, false
	}
	at := i + 1
	if r.kind(at) == wordOf {
		at++
	}
	n, end, ok := r.dayNumberAt(at)
	if !ok || n < 1 || n > 12 {
		return 0, i, false
	}
	return n, end, true
}

// monthAround reads "next month", "mwezi ujao", "mwezi huu": how many months from this one.
func (r *reader) monthAround(i int) (offset, end int, ok bool) {
	a, b := r.kind(i), r.kind(i+1)
	if b == wordMonthUnit {
		a, b = b, a
	}
	if a != wordMonthUnit {
		return 0, i, false
	}
	switch b {
	case wordNext:
		return 1, i + 2, true
	case wordThis:
		return 0, i + 2, true
	}
	return 0, i, false
}

func (r *reader) yearAt(i int) (year, end int) {
	if r.kind(i) == wordYear { // mwaka huu, mwaka ujao, mwaka 2026
		switch r.kind(i + 1) {
		case wordThis:
			return r.now.Year(), i + 2
		case wordNext:
			return r.now.Year() + 1, i + 2
		}
		if year, end = r.yearAt(i + 1); year != 0 {
			return year, end
		}
		return 0, i
	}
	if k := r.kind(i); (k == wordThis || k == wordNext) && r.kind(i+1) == wordYear && r.word(i+1).english {
		return r.now.Year() + map[calendarKind]int{wordNext: 1}[k], i + 2
	}
	if n, ok := r.digits(i); ok && n >= 1900 && n <= 2199 && len(r.tokens[i].Text) == 4 && !r.clockFollows(i) {
		return int(n), i + 1
	}
	return 0, i
}

// clockFollows tells that the number at i is the beginning of a clock: "1900 hrs".
func (r *reader) clockFollows(i int) bool { return r.kind(i+1) == wordHour }

// explicit is a day that was said with its year.
func (r *reader) explicit(end, year, month, day int) dayFound {
	d, ok := civil(year, month, day, r.now.Location())
	return dayFound{end: end, day: d, bad: !ok, named: true}
}

// yearless is a day of a month without a year: this year's, or next year's when this year's is long past.
func (r *reader) yearless(end, month, day int) dayFound {
	if month > 12 && day <= 12 {
		month, day = day, month
	}
	d, ok := civil(r.now.Year(), month, day, r.now.Location())
	if ok && d.Before(r.daysOn(-longAgo)) {
		d, ok = civil(r.now.Year()+1, month, day, r.now.Location())
	}
	return dayFound{end: end, day: d, bad: !ok, named: true}
}

// dayOfMonth is a day without a month: this month's while it is not over, else next month's.
func (r *reader) dayOfMonth(at, end, day int) dayFound {
	d, ok := civil(r.now.Year(), int(r.now.Month()), day, r.now.Location())
	if ok && d.Before(dayOf(r.now)) {
		next := time.Date(r.now.Year(), r.now.Month()+1, 1, 0, 0, 0, 0, r.now.Location())
		d, ok = civil(next.Year(), int(next.Month()), day, r.now.Location())
	}
	return dayFound{at: at, end: end, day: d, bad: !ok, named: true}
}

// civil makes a day; false when the calendar has none such.
func civil(year, month, day int, loc *time.Location) (time.Time, bool) {
	if year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, loc)
	return d, d.Day() == day
}

package bot

import "time"

// dayAt reads a day at token i.
func (r *reader) dayAt(i int) (dayFound, bool) {
	for _, try := range [...]func(int) (dayFound, bool){r.numericDay, r.namedDay, r.monthFirst, r.relativeDay, r.countedDay, r.weekdayAt, r.vagueDay} {
		if d, ok := try(i); ok {
			d.at = i
			return d, true
		}
	}
	return dayFound{}, false
}

// relativeDay reads leo, kesho, kesho kutwa, tomorrow, the day after tomorrow.
func (r *reader) relativeDay(i int) (dayFound, bool) {
	w := r.word(i)
	switch {
	case w.kind == wordTonight:
		return dayFound{end: i + 1, day: r.daysOn(0)}, true
	case w.kind == wordThis && r.kind(i+1) == wordPart:
		return dayFound{end: i + 1, day: r.daysOn(0)}, true
	case w.kind == wordDay && (r.greets(i) || r.kind(i-1) == wordYear):
		return dayFound{}, false
	case w.kind == wordDay && w.n == 1 && r.kind(i+1) == wordKutwa:
		return dayFound{end: i + 2, day: r.daysOn(2)}, true
	case w.kind == wordDay:
		return dayFound{end: i + 1, day: r.daysOn(w.n)}, true
	case w.kind == wordDayUnit && r.text(i+1) == "after" && r.kind(i+2) == wordDay && r.words[i+2].n == 1:
		return dayFound{end: i + 3, day: r.daysOn(2)}, true
	case w.kind == wordDayUnit && r.kind(i+1) == wordBefore && r.kind(i+2) == wordDay && r.words[i+2].n == -1:
		return dayFound{end: i + 3, day: r.daysOn(-2)}, true
	}
	return dayFound{}, false
}

func (r *reader) daysOn(n int) time.Time { return dayOf(r.now).AddDate(0, 0, n) }

// countedDay reads "in two days", "baada ya siku tatu", "siku 3 zijazo", "a week from now", "baada ya wiki moja".
func (r *reader) countedDay(i int) (dayFound, bool) {
	at, introduced := i, false
	if r.kind(at) == wordIn {
		introduced = true
		if at++; r.kind(at) == wordOf {
			at++
		}
	}
	n, unit, end, ok := r.countAt(at)
	if !ok {
		return dayFound{}, false
	}
	from := dayOf(r.now)
	if !introduced {
		var back bool
		if from, end, back, ok = r.countsFrom(end); !ok {
			return dayFound{}, false
		}
		if back {
			n = -n
		}
	}
	if n > 400 || n < -400 {
		return dayFound{end: end, bad: true}, true
	}
	switch unit {
	case wordDayUnit:
		return dayFound{end: end, day: from.AddDate(0, 0, int(n))}, true
	case wordWeek:
		return dayFound{end: end, day: from.AddDate(0, 0, int(n)*7)}, true
	default:
		return dayFound{end: end, day: from.AddDate(0, int(n), 0)}, true
	}
}

// countsFrom reads behind a number of days from when they are counted, and whether backwards: "from now", "from Friday",
// "kutoka leo", "zijazo", "ago".
func (r *reader) countsFrom(end int) (from time.Time, next int, back, ok bool) {
	today := dayOf(r.now)
	switch {
	case r.kind(end) == wordFrom && r.kind(end+1) == wordNow:
		return today, end + 2, false, true
	case r.kind(end) == wordFrom && r.kind(end+1) == wordDay:
		return r.daysOn(r.words[end+1].n), end + 2, false, true
	case r.kind(end) == wordFrom:
		if day, next, ok := r.weekdayName(end + 1); ok {
			return r.weekdayDate(day, wordNone), next, false, true
		}
	case r.kind(end) == wordNext && !r.word(end).english:
		return today, end + 1, false, true
	case r.kind(end) == wordLast && !r.word(end).english, r.text(end) == "ago":
		return today, end + 1, true, true
	}
	return today, end, false, false
}

// countAt reads a number of days, weeks or months, in the order of either language.
func (r *reader) countAt(i int) (n int64, unit calendarKind, end int, ok bool) {
	if r.isLongUnit(i) {
		if n, end, ok := r.numberAt(i + 1); ok {
			return n, r.kind(i), end, true
		}
		return 1, r.kind(i), i + 1, !r.word(i).english && r.kind(i-1) == wordOf
	}
	if n, end, ok = r.numberAt(i); !ok && r.kind(i) == wordA {
		if n, end, ok = r.numberAt(i + 1); !ok {
			n, end, ok = 1, i+1, true
		}
	}
	if r.text(end) == "of" { // a couple of days
		end++
	}
	if !ok || !r.isLongUnit(end) {
		return 0, wordNone, i, false
	}
	return n, r.kind(end), end + 1, true
}

func (r *reader) isLongUnit(i int) bool {
	k := r.kind(i)
	return k == wordDayUnit || k == wordWeek || k == wordMonthUnit
}

// weekdayAt reads Ijumaa, juma tatu, next Monday, jumapili ijayo, wiki ijayo jumatano, Wednesday next week.
func (r *reader) weekdayAt(i int) (dayFound, bool) {
	at, which := i, wordNone
	if weeks, end, ok := r.weekAt(at); ok {
		for r.filler(end) {
			end++
		}
		if day, end, ok := r.weekdayName(end); ok {
			return dayFound{end: end, day: r.inWeek(weeks, day), weekday: true}, true
		}
		return dayFound{}, false
	}
	if k := r.kind(at); k == wordNext || k == wordThis || k == wordLast {
		which = k
		at++
	}
	day, end, ok := r.weekdayName(at)
	if !ok {
		return dayFound{}, false
	}
	from := end
	if r.kind(from) == wordOf {
		from++
	}
	if weeks, after, ok := r.weekAt(from); ok && which == wordNone {
		return dayFound{end: after, day: r.inWeek(weeks, day), weekday: true}, true
	}
	if k := r.kind(end); which == wordNone && (k == wordNext || k == wordThis || k == wordLast) {
		which = k
		end++
	}
	if which == wordNone && r.text(end) == "week" { // friday week
		return dayFound{end: end + 1, day: r.weekdayDate(day, wordNone).AddDate(0, 0, 7), weekday: true}, true
	}
	return dayFound{end: end, day: r.weekdayDate(day, which), weekday: true, bare: which == wordNone}, true
}

func (r *reader) filler(i int) bool {
	k := r.kind(i)
	return k == wordOf || k == wordIn || k == wordDayUnit && !r.word(i).english
}

func (r *reader) weekdayName(i int) (day time.Weekday, end int, ok bool) {
	w := r.word(i)
	if w.kind == wordWeekday {
		return weekday(w.n), i + 1, true
	}
	if next := r.word(i + 1); r.text(i) == "al" && r.text(i+1) == "hamisi" && next.kind == wordNone {
		return time.Thursday, i + 2, true
	}
	if w.kind != wordJuma {
		return 0, i, false
	}
	switch next := r.word(i + 1); {
	case next.kind == wordNumber && !next.english && next.n >= 3 && next.n <= 5:
		return weekday(next.n - 2), i + 2, true
	case r.text(i+1) == "mosi":
		return time.Saturday, i + 2, true
	case r.text(i+1) == "pili":
		return time.Sunday, i + 2, true
	}
	return 0, i, false
}

// weekAt reads "wiki ijayo", "next week", "this week": how many weeks from this one.
func (r *reader) weekAt(i int) (weeks, end int, ok bool) {
	which := r.kind(i + 1)
	isWeek := func(i int) bool { return r.kind(i) == wordWeek || r.kind(i) == wordJuma }
	if !isWeek(i) {
		if !isWeek(i + 1) {
			return 0, i, false
		}
		which = r.kind(i)
	}
	switch which {
	case wordNext:
		return 1, i + 2, true
	case wordThis:
		return 0, i + 2, true
	case wordLast:
		return -1, i + 2, true
	}
	return 0, i, false
}

// inWeek gives the day of the week that lies so many weeks from this one; weeks begin on Monday.
func (r *reader) inWeek(weeks int, day time.Weekday) time.Time {
	monday := -(int(r.now.Weekday()+6) % 7)
	return r.daysOn(monday + weeks*7 + int(day+6)%7)
}

func (r *reader) weekdayDate(day time.Weekday, which calendarKind) time.Time {
	ahead := (int(day) - int(r.now.Weekday()) + 7) % 7
	switch {
	case which == wordNext && ahead == 0:
		ahead = 7
	case which == wordLast:
		ahead -= 7
	}
	return r.daysOn(ahead)
}

// vagueDay reads what names no single day and must be asked back: "next week", "mwezi ujao", "weekend".
func (r *reader) vagueDay(i int) (dayFound, bool) {
	if weeks, end, ok := r.weekAt(i); ok && weeks != 0 {
		return dayFound{end: end, bad: true}, true
	}
	if _, end, ok := r.monthAround(i); ok {
		return dayFound{end: end, bad: true}, true
	}
	if k := r.kind(i + 1); r.kind(i) == wordYear && (k == wordNext || k == wordDay) || r.kind(i) == wordNext && k == wordYear {
		return dayFound{end: i + 2, bad: true}, true
	}
	if r.text(i) == "end" || r.text(i) == "mwisho" {
		end := i + 1
		for r.kind(end) == wordOf || r.text(end) == "this" {
			end++
		}
		if r.kind(end) == wordMonthUnit || r.kind(end) == wordWeek {
			return dayFound{end: end + 1, bad: true}, true
		}
	}
	if r.text(i) == "weekend" || r.text(i) == "wikendi" || r.text(i) == "wikiendi" {
		return dayFound{end: i + 1, bad: true}, true
	}
	return dayFound{}, false
}

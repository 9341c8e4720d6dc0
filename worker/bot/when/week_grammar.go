package when

import "time"

// weekGrammar reads days of a week: Ijumaa, juma tatu, next Monday, jumapili ijayo, wiki ijayo jumatano.
type weekGrammar struct {
	*Cursor
	*calendar
}

// weekdayAt reads a weekday with what says which one is meant.
func (g *weekGrammar) weekdayAt(i int) (dayFound, bool) {
	if weeks, end, ok := g.weekAt(i); ok {
		return g.weekFirst(weeks, end)
	}
	which := g.which(i)
	if which != wordNone {
		i++
	}
	day, end, ok := g.weekdayName(i)
	if !ok {
		return dayFound{}, false
	}
	if which == wordNone {
		if d, ok := g.weekBehind(day, end); ok {
			return d, true
		}
		if which = g.which(end); which != wordNone {
			end++
		}
	}
	return dayFound{end: end, day: g.weekdayDate(day, which), weekday: true, bare: which == wordNone}, true
}

// which reads "next", "this" or "last"; wordNone when none of them stands at i.
func (g *weekGrammar) which(i int) calendarKind {
	switch k := g.kind(i); k {
	case wordNext, wordThis, wordLast:
		return k
	}
	return wordNone
}

// weekFirst reads the weekday behind a week: "wiki ijayo jumatano", "next week on Friday".
func (g *weekGrammar) weekFirst(weeks, end int) (dayFound, bool) {
	for g.joinsWeekday(end) {
		end++
	}
	day, end, ok := g.weekdayName(end)
	if !ok {
		return dayFound{}, false
	}
	return dayFound{end: end, day: g.inWeek(weeks, day), weekday: true}, true
}

// weekBehind reads the week behind a weekday: "Wednesday next week", "jumatano ya wiki ijayo", "friday week".
func (g *weekGrammar) weekBehind(day time.Weekday, end int) (dayFound, bool) {
	from := end
	if g.kind(from) == wordOf {
		from++
	}
	if weeks, after, ok := g.weekAt(from); ok {
		return dayFound{end: after, day: g.inWeek(weeks, day), weekday: true}, true
	}
	if g.Text(end) == "week" {
		return dayFound{end: end + 1, day: g.weekdayDate(day, wordNone).AddDate(0, 0, 7), weekday: true}, true
	}
	return dayFound{}, false
}

// joinsWeekday tells whether the word at i may stand between a week and its day.
func (g *weekGrammar) joinsWeekday(i int) bool {
	k := g.kind(i)
	return k == wordOf || k == wordIn || k == wordDayUnit && !g.word(i).english
}

// weekdayName reads the name of a weekday, in one word or in two: "ijumaa", "juma tatu", "al hamisi".
func (g *weekGrammar) weekdayName(i int) (day time.Weekday, end int, ok bool) {
	switch w := g.word(i); {
	case w.kind == wordWeekday:
		return weekday(w.n), i + 1, true
	case g.Text(i) == "al" && g.Text(i+1) == "hamisi" && g.kind(i+1) == wordNone:
		return time.Thursday, i + 2, true
	case w.kind == wordJuma:
		day, ok = g.behindJuma(i + 1)
		return day, i + 2, ok
	}
	return 0, i, false
}

// behindJuma reads the second half of "juma tatu".
func (g *weekGrammar) behindJuma(i int) (time.Weekday, bool) {
	switch w := g.word(i); {
	case w.kind == wordNumber && !w.english && w.n >= 3 && w.n <= 5:
		return weekday(w.n - 2), true
	case g.Text(i) == "mosi":
		return time.Saturday, true
	case g.Text(i) == "pili":
		return time.Sunday, true
	}
	return 0, false
}

// weekAt reads "wiki ijayo", "next week", "this week": how many weeks from this one.
func (g *weekGrammar) weekAt(i int) (weeks, end int, ok bool) {
	which := g.kind(i + 1)
	if !g.isWeek(i) {
		if !g.isWeek(i + 1) {
			return 0, i, false
		}
		which = g.kind(i)
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

func (g *weekGrammar) isWeek(i int) bool { return g.kind(i) == wordWeek || g.kind(i) == wordJuma }

package when

// dateGrammar reads days of a month: 26/3/2026, "26 March", "tarehe 5 mwezi wa nne", "March 26th", "the 26th".
type dateGrammar struct {
	*Cursor
	*calendar
}

// numeric reads 2026-04-02, 26/3, 26.3.2026, 26-3-26, also after "tarehe".
func (g *dateGrammar) numeric(i int) (dayFound, bool) {
	at, dated := i, false
	if g.kind(at) == wordDate {
		at, dated = at+1, true
	}
	a, okA := g.Digits(at)
	b, okB := g.Digits(at + 1)
	if !okA || !okB {
		return dayFound{}, false
	}
	sep := g.tokens[at+1].Sep
	if g.tokens[at+1].Space || sep != "/" && sep != "-" && sep != "." {
		return dayFound{}, false
	}
	if c, ok := g.Digits(at + 2); ok && g.tokens[at+2].Glued(sep) {
		return g.threeNumbers(at, a, b, c), true
	}
	if dated || g.dayAndMonth(at, a, b) {
		return g.yearless(at+2, int(b), int(a)), true
	}
	return dayFound{}, false
}

// threeNumbers reads year, month and day, or day, month and year; 03/26/2026 can only be an American one.
func (g *dateGrammar) threeNumbers(at int, a, b, c int64) dayFound {
	if len(g.tokens[at].Text) == 4 {
		return g.explicit(at+3, int(a), int(b), int(c))
	}
	if b > 12 && b <= 31 && a <= 12 {
		a, b = b, a
	}
	return g.explicit(at+3, fullYear(int(c)), int(b), int(a))
}

// dayAndMonth tells whether two numbers are a day and its month: "26/3". "15-3" is a range of hours, but before an hour
// it can only be a day: a range goes upward.
func (g *dateGrammar) dayAndMonth(at int, a, b int64) bool {
	if len(g.tokens[at].Text) > 2 {
		return false
	}
	switch g.tokens[at+1].Sep {
	case "/":
		return true
	case "-":
		return a > 12 && a <= 31 && b >= 1 && b <= 12 && g.kind(at+2) == wordSaa
	}
	return false
}

// named reads "26 March", "tarehe 5 mwezi wa nne", "tarehe 26", "the 26th", "5th of next month".
func (g *dateGrammar) named(i int) (dayFound, bool) {
	at, dated := i, g.kind(i) == wordDate
	if dated || g.Text(at) == "the" {
		at++
	}
	day, end, ok := g.dayNumber(at)
	if !ok || !dated && g.kind(i-1) == wordSaa {
		return dayFound{}, false
	}
	if d, ok := g.dayThenMonth(end, day); ok {
		return d, true
	}
	if dated || g.kind(end-1) == wordThTh || g.Text(i-1) == "on" && !g.isHour(end) {
		return g.dayOfMonth(i, end, day), true
	}
	return dayFound{}, false
}

// isHour tells whether what stands behind a number makes an hour of it: "10 asubuhi", "10 am", "10:30".
func (g *dateGrammar) isHour(end int) bool {
	return g.partFollows(end) || g.kind(end) == wordAm || g.kind(end) == wordPm || end < len(g.tokens) &&
		g.tokens[end].Sep == ":"
}

// dayThenMonth reads the month of a day before it, with a year or without.
func (g *dateGrammar) dayThenMonth(end, day int) (dayFound, bool) {
	for g.kind(end) == wordOf {
		end++
	}
	if month, next, ok := g.monthAt(end); ok {
		return g.inYear(next, month, day), true
	}
	if offset, next, ok := g.monthAround(end); ok {
		return g.monthsOn(next, offset, day), true
	}
	return dayFound{}, false
}

// inYear reads the year behind a day and its month, if there is one.
func (g *dateGrammar) inYear(i, month, day int) dayFound {
	if year, end := g.yearAt(i); year != 0 {
		return g.explicit(end, year, month, day)
	}
	return g.yearless(i, month, day)
}

// monthFirst reads "March 26th", "mwezi wa tatu tarehe 26", "mwezi ujao tarehe 5".
func (g *dateGrammar) monthFirst(i int) (dayFound, bool) {
	offset, end, around := g.monthAround(i)
	month, named := 0, false
	if !around {
		if month, end, named = g.monthAt(i); !named {
			return dayFound{}, false
		}
	}
	if g.kind(end) == wordDate || g.Text(end) == "the" {
		end++
	} else if around {
		return dayFound{}, false
	}
	day, next, ok := g.dayNumber(end)
	switch {
	case !ok || g.kind(next) == wordAm || g.kind(next) == wordPm || g.glued(next, ":"):
		return dayFound{}, false
	case around:
		return g.monthsOn(next, offset, day), true
	}
	return g.inYear(next, month, day), true
}

// monthAt reads a month's name, or "mwezi wa nne".
func (g *dateGrammar) monthAt(i int) (month, end int, ok bool) {
	if w := g.word(i); w.kind == wordMonth {
		return w.n, i + 1, true
	}
	if g.kind(i) != wordMonthUnit {
		return 0, i, false
	}
	at := i + 1
	if g.kind(at) == wordOf {
		at++
	}
	n, end, ok := g.dayNumber(at)
	if !ok || n < 1 || n > 12 {
		return 0, i, false
	}
	return n, end, true
}

// monthAround reads "next month", "mwezi ujao", "mwezi huu": how many months from this one.
func (g *dateGrammar) monthAround(i int) (offset, end int, ok bool) {
	a, b := g.kind(i), g.kind(i+1)
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

// yearAt reads a year: "2026", "mwaka huu", "next year". It gives 0 when there is none.
func (g *dateGrammar) yearAt(i int) (year, end int) {
	if g.kind(i) == wordYear { // mwaka huu, mwaka ujao, mwaka 2026
		if year, ok := g.yearAround(g.kind(i + 1)); ok {
			return year, i + 2
		}
		if year, end = g.yearAt(i + 1); year != 0 {
			return year, end
		}
		return 0, i
	}
	if year, ok := g.yearAround(g.kind(i)); ok && g.kind(i+1) == wordYear && g.word(i+1).english {
		return year, i + 2
	}
	if g.isYear(i) {
		return int(g.tokens[i].Value), i + 1
	}
	return 0, i
}

func (g *dateGrammar) yearAround(which calendarKind) (year int, ok bool) {
	switch which {
	case wordThis:
		return g.now.Year(), true
	case wordNext:
		return g.now.Year() + 1, true
	}
	return 0, false
}

// isYear tells whether the number at i is a year and not the beginning of a clock: "1900 hrs".
func (g *dateGrammar) isYear(i int) bool {
	n, ok := g.Digits(i)
	return ok && n >= 1900 && n <= 2199 && len(g.tokens[i].Text) == 4 && g.kind(i+1) != wordHour
}

package when

// dayGrammar reads any day: those of the other grammars, those that words name (leo, tomorrow), and vague ones.
type dayGrammar struct {
	*Cursor
	*calendar
	dates  *dateGrammar
	weeks  *weekGrammar
	counts *countGrammar
}

// dayAt reads a day at token i.
func (g *dayGrammar) dayAt(i int) (dayFound, bool) {
	for _, try := range [...]func(int) (dayFound, bool){
		g.dates.numeric, g.dates.named, g.dates.monthFirst, g.relative, g.counts.dayAt, g.weeks.weekdayAt, g.vague,
	} {
		if d, ok := try(i); ok {
			d.at = i
			return d, true
		}
	}
	return dayFound{}, false
}

// relative reads leo, kesho, kesho kutwa, tonight, this morning, tomorrow, the day after tomorrow.
func (g *dayGrammar) relative(i int) (dayFound, bool) {
	switch g.kind(i) {
	case wordTonight:
		return g.dayOn(i+1, 0), true
	case wordThis:
		return g.dayOn(i+1, 0), g.kind(i+1) == wordPart
	case wordDay:
		return g.dayWord(i)
	case wordDayUnit:
		return g.dayBeyond(i)
	}
	return dayFound{}, false
}

func (g *dayGrammar) dayOn(end, days int) dayFound { return dayFound{end: end, day: g.daysOn(days)} }

func (g *dayGrammar) dayWord(i int) (dayFound, bool) {
	w := g.words[i]
	switch {
	case g.greets(i) || g.kind(i-1) == wordYear:
		return dayFound{}, false
	case w.n == 1 && g.kind(i+1) == wordKutwa:
		return g.dayOn(i+2, 2), true
	}
	return g.dayOn(i+1, w.n), true
}

// dayBeyond reads "day after tomorrow" and "day before yesterday".
func (g *dayGrammar) dayBeyond(i int) (dayFound, bool) {
	if g.kind(i+2) != wordDay {
		return dayFound{}, false
	}
	switch n := g.words[i+2].n; {
	case g.Text(i+1) == "after" && n == 1:
		return g.dayOn(i+3, 2), true
	case g.kind(i+1) == wordBefore && n == -1:
		return g.dayOn(i+3, -2), true
	}
	return dayFound{}, false
}

// vague reads what names no single day and must be asked back: "next week", "mwezi ujao", "weekend".
func (g *dayGrammar) vague(i int) (dayFound, bool) {
	if weeks, end, ok := g.weeks.weekAt(i); ok && weeks != 0 {
		return dayFound{end: end, bad: true}, true
	}
	if _, end, ok := g.dates.monthAround(i); ok {
		return dayFound{end: end, bad: true}, true
	}
	if g.vagueYear(i) {
		return dayFound{end: i + 2, bad: true}, true
	}
	switch g.Text(i) {
	case "end", "mwisho":
		return g.vagueEnd(i + 1)
	case "weekend", "wikendi", "wikiendi":
		return dayFound{end: i + 1, bad: true}, true
	}
	return dayFound{}, false
}

func (g *dayGrammar) vagueYear(i int) bool {
	next := g.kind(i + 1)
	switch g.kind(i) {
	case wordYear:
		return next == wordNext || next == wordDay
	case wordNext:
		return next == wordYear
	}
	return false
}

// vagueEnd reads what follows "end": "of the month", "wa wiki".
func (g *dayGrammar) vagueEnd(i int) (dayFound, bool) {
	for g.kind(i) == wordOf || g.Text(i) == "this" {
		i++
	}
	return dayFound{end: i + 1, bad: true}, g.kind(i) == wordMonthUnit || g.kind(i) == wordWeek
}

package when

import "time"

// maxCount is how many days, weeks or months may be counted.
const maxCount = 400

// countGrammar reads days that are counted: "in two days", "baada ya siku tatu", "siku 3 zijazo", "a week from now".
type countGrammar struct {
	*Cursor
	*calendar
	weeks *weekGrammar
}

// dayAt reads a counted day.
func (g *countGrammar) dayAt(i int) (dayFound, bool) {
	at, introduced := i, g.kind(i) == wordIn
	if introduced {
		if at++; g.kind(at) == wordOf {
			at++
		}
	}
	n, unit, end, ok := g.countAt(at)
	if !ok {
		return dayFound{}, false
	}
	from := StartOfDay(g.now)
	if !introduced {
		var back bool
		if from, end, back, ok = g.countsFrom(end); !ok {
			return dayFound{}, false
		}
		if back {
			n = -n
		}
	}
	if n > maxCount || n < -maxCount {
		return dayFound{end: end, bad: true}, true
	}
	return dayFound{end: end, day: addUnits(from, int(n), unit)}, true
}

func addUnits(from time.Time, n int, unit calendarKind) time.Time {
	switch unit {
	case wordDayUnit:
		return from.AddDate(0, 0, n)
	case wordWeek:
		return from.AddDate(0, 0, n*7)
	}
	return from.AddDate(0, n, 0)
}

// countsFrom reads behind a number of days from when they are counted, and whether backwards: "from now", "from
// Friday", "kutoka leo", "zijazo", "ago".
func (g *countGrammar) countsFrom(end int) (from time.Time, next int, back, ok bool) {
	today := StartOfDay(g.now)
	switch k := g.kind(end); {
	case k == wordFrom:
		from, next, ok = g.startAt(end + 1)
		return from, next, false, ok
	case k == wordNext && !g.word(end).english:
		return today, end + 1, false, true
	case k == wordLast && !g.word(end).english, g.Text(end) == "ago":
		return today, end + 1, true, true
	}
	return today, end, false, false
}

// startAt reads what days are counted from: now, today, Friday.
func (g *countGrammar) startAt(i int) (from time.Time, next int, ok bool) {
	switch g.kind(i) {
	case wordNow:
		return StartOfDay(g.now), i + 1, true
	case wordDay:
		return g.daysOn(g.words[i].n), i + 1, true
	}
	day, next, ok := g.weeks.weekdayName(i)
	return g.weekdayDate(day, wordNone), next, ok
}

// countAt reads a number of days, weeks or months, in the order of either language.
func (g *countGrammar) countAt(i int) (n int64, unit calendarKind, end int, ok bool) {
	if g.isLongUnit(i) {
		if n, end, ok := g.Number(i + 1); ok {
			return n, g.kind(i), end, true
		}
		return 1, g.kind(i), i + 1, !g.word(i).english && g.kind(i-1) == wordOf
	}
	if n, end, ok = g.Number(i); !ok && g.kind(i) == wordA {
		if n, end, ok = g.Number(i + 1); !ok {
			n, end, ok = 1, i+1, true
		}
	}
	if g.Text(end) == "of" { // a couple of days
		end++
	}
	if !ok || !g.isLongUnit(end) {
		return 0, wordNone, i, false
	}
	return n, g.kind(end), end + 1, true
}

func (g *countGrammar) isLongUnit(i int) bool {
	k := g.kind(i)
	return k == wordDayUnit || k == wordWeek || k == wordMonthUnit
}

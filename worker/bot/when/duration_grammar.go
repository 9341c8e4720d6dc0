package when

import "time"

// Bounds of a length of time: what is longer is not a time for an appointment.
const (
	maxDuration = 60 * 24 * 60 // minutes
	maxUnits    = 100_000
)

// durationGrammar reads what is counted from now in hours and minutes: "in two hours", "baada ya dakika 30".
type durationGrammar struct {
	*Cursor
	*calendar
}

// instantAt reads a time that is counted from now.
func (g *durationGrammar) instantAt(i int) (clockFound, bool) {
	at, introduced := g.introduction(i)
	minutes, end, ok := g.durationAt(at, introduced || g.kind(at) == wordSaa)
	if !ok {
		return clockFound{}, false
	}
	if !introduced {
		if end, ok = g.fromNow(end); !ok {
			return clockFound{}, false
		}
	}
	if minutes > maxDuration {
		return clockFound{at: i, end: end, bad: true}, true
	}
	when := g.now.Add(time.Duration(minutes) * time.Minute).Truncate(time.Minute)
	return clockFound{at: i, end: end, instant: true, when: when}, true
}

// introduction reads "in", "baada ya", "in the next".
func (g *durationGrammar) introduction(i int) (at int, introduced bool) {
	if g.kind(i) != wordIn {
		return i, false
	}
	i++
	for g.kind(i) == wordOf || g.kind(i) == wordNext {
		i++
	}
	return i, true
}

// fromNow reads what says that a length of time is counted from now: "from now", "zijazo".
func (g *durationGrammar) fromNow(i int) (end int, ok bool) {
	switch {
	case g.kind(i) == wordFrom && g.kind(i+1) == wordNow:
		return i + 2, true
	case g.kind(i) == wordNext && !g.word(i).english: // dakika 20 zijazo
		return i + 1, true
	}
	return i, false
}

// durationAt reads a length of time in minutes. "saa mbili" is one only when introduced and when no part of the day
// makes an hour of the clock of it.
func (g *durationGrammar) durationAt(i int, introduced bool) (minutes int64, end int, ok bool) {
	switch k := g.kind(i); {
	case k == wordHalf:
		return g.halfHour(i + 1)
	case k == wordHour, k == wordMinute, k == wordSaa && introduced:
		return g.unitFirst(i, k)
	case k == wordA && g.kind(i+1) == wordHour:
		minutes, end = g.anHour(i)
		return minutes, end, true
	case k == wordA:
		return g.countFirst(i + 1)
	}
	return g.countFirst(i)
}

// halfHour reads "half an hour", "nusu saa".
func (g *durationGrammar) halfHour(i int) (minutes int64, end int, ok bool) {
	if g.kind(i) == wordA {
		i++
	}
	return 30, i + 1, g.kind(i) == wordHour || g.kind(i) == wordSaa
}

// anHour reads "an hour", "an hour and a half".
func (g *durationGrammar) anHour(i int) (minutes int64, end int) {
	if g.kind(i+2) == wordAnd && g.kind(i+3) == wordA && g.kind(i+4) == wordHalf {
		return 90, i + 5
	}
	return 60, i + 2
}

// unitFirst reads the Swahili order: "dakika 30", "masaa mawili na nusu", "lisaa".
func (g *durationGrammar) unitFirst(i int, unit calendarKind) (minutes int64, end int, ok bool) {
	n, end, ok := g.Number(i + 1)
	if !ok && unit == wordHour && !g.word(i).english {
		n, end, ok = 1, i+1, true
	}
	if !ok || n > maxUnits || unit == wordSaa && g.kind(end) == wordPart {
		return 0, i, false
	}
	if unit != wordMinute && g.kind(end) == wordAnd && g.kind(end+1) == wordHalf {
		return n*60 + 30, end + 2, true
	}
	return n * unitMinutes(unit), end, true
}

// countFirst reads the English order: "two hours", "couple of hours", "45 minutes".
func (g *durationGrammar) countFirst(i int) (minutes int64, end int, ok bool) {
	n, end, ok := g.Number(i)
	if g.Text(end) == "of" {
		end++
	}
	unit := g.kind(end)
	if !ok || n > maxUnits || unit != wordHour && unit != wordMinute {
		return 0, i, false
	}
	return n * unitMinutes(unit), end + 1, true
}

func unitMinutes(k calendarKind) int64 {
	if k == wordMinute {
		return 1
	}
	return 60
}

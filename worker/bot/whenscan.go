package bot

import (
	"time"

	"flowhq/worker/bot/lexicon"
)

// A day, an hour or a part of the day that stands in a message, tokens at to end.
type (
	dayFound struct {
		at, end int
		day     time.Time
		bare    bool // a weekday with nothing that says which
		weekday bool
		named   bool // a day of a month
		bad     bool // there is no such day, or it may be several
		refused bool
	}
	clockFound struct {
		at, end  int
		hour     int
		add      int // minutes, also negative
		saa      bool
		swahili  bool // said with a Swahili number
		part     int  // token of the part of the day that stands within: "saa nne asubuhi na nusu"; 0: none
		western  bool // written as a clock of 24 hours
		am, pm   bool
		midnight bool
		instant  bool // counted from now: when says it all
		when     time.Time
		bad      bool
		refused  bool
	}
	partFound struct {
		at, end int
		part    int
	}
)

// scan finds every day, hour and part of the day, marks their tokens as used, and marks what is refused.
func (r *reader) scan(e expectation) ([]dayFound, []clockFound, []partFound) {
	var days []dayFound
	var clocks []clockFound
	var parts []partFound
	for i := 0; i < len(r.tokens); {
		if c, ok := r.instantAt(i); ok {
			clocks, i = append(clocks, c), c.end
			continue
		}
		if d, ok := r.dayAt(i); ok {
			if r.kind(i) == wordTonight {
				parts = append(parts, partFound{at: i, end: i + 1, part: partNight})
			}
			days, i = append(days, d), d.end
			continue
		}
		afterDay := len(days) > 0 && (days[len(days)-1].end == i || days[len(days)-1].end == i-1 && len(parts) > 0 && parts[len(parts)-1].end == i)
		afterOr := len(clocks) > 0 && clocks[len(clocks)-1].end == i-1 && r.kind(i-1) == wordOr // saa nne au tano
		if c, ok := r.clockAt(i, afterDay || afterOr, e); ok {
			if c.part > 0 {
				parts = append(parts, partFound{at: c.part, end: c.part + 1, part: r.words[c.part].n})
			}
			clocks, i = append(clocks, c), c.end
			continue
		}
		if r.kind(i) == wordPart && !r.greets(i) {
			parts = append(parts, partFound{at: i, end: i + 1, part: r.words[i].n})
		}
		i++
	}
	if e.date && len(days) == 0 && len(clocks) == 0 {
		days = r.bareDay(days)
	}
	r.refuse(days, clocks)
	for _, d := range days {
		r.use(d.at, d.end)
	}
	for _, c := range clocks {
		r.use(c.at, c.end)
	}
	for _, p := range parts {
		r.use(p.at, p.end)
	}
	return days, clocks, parts
}

// bareDay takes the only number of an answer to "which day?" as a day of the month.
func (r *reader) bareDay(days []dayFound) []dayFound {
	for i := range r.tokens {
		if n, end, ok := r.dayNumberAt(i); ok {
			return append(days, r.dayOfMonth(i, end, n))
		}
	}
	return days
}

// greets tells whether the part of the day at i belongs to a greeting: "habari za asubuhi", "good morning", "usiku mwema".
func (r *reader) greets(i int) bool {
	if r.kind(i-1) == wordGood || r.kind(i+1) == wordGood || r.kind(i-1) == wordNews {
		return true
	}
	switch r.text(i - 1) {
	case "za":
		switch r.kind(i - 2) {
		case wordNumber, wordTens, wordHalf, wordQuarter, wordLessQuarter, wordClock:
			return false
		}
		return i < 2 || r.tokens[i-2].Kind != lexicon.NumberToken
	case "ya", "yako", "zako":
		return r.kind(i-2) == wordNews
	}
	return false
}

// refuse marks days and hours that the customer turns down: "not tomorrow", "badala ya saa nne", "kesho siwezi".
func (r *reader) refuse(days []dayFound, clocks []clockFound) {
	for i := range days {
		days[i].refused = r.turnedDown(days[i].at)
	}
	for i := range clocks {
		clocks[i].refused = r.turnedDown(clocks[i].at)
	}
	for k := range r.words {
		if r.words[k].kind == wordCannot && !refuseNear(days, clocks, k, true) {
			refuseNear(days, clocks, k, false)
		}
	}
}

func (r *reader) turnedDown(at int) bool {
	switch {
	case r.kind(at-1) == wordNot, r.kind(at-1) == wordInstead:
		return true
	case r.kind(at-2) == wordInstead && r.kind(at-1) == wordOf:
		return true
	}
	return false
}

// refuseNear refuses what ends just before token k, or what begins just after it.
func refuseNear(days []dayFound, clocks []clockFound, k int, before bool) bool {
	near := func(at, end int) bool {
		if before {
			return end == k || end == k-1
		}
		return at == k+1 || at == k+2
	}
	found := false
	for i := range days {
		if near(days[i].at, days[i].end) {
			days[i].refused, found = true, true
		}
	}
	for i := range clocks {
		if near(clocks[i].at, clocks[i].end) {
			clocks[i].refused, found = true, true
		}
	}
	return found
}

// chooseDay takes the last day that is not refused. A weekday beside a day of the month must be that day's.
func (r *reader) chooseDay(days []dayFound, m *moment) {
	var chosen, weekday, before *dayFound
	for i := range days {
		d := &days[i]
		if d.refused {
			continue
		}
		if d.weekday && !d.bad {
			weekday = d
		}
		if chosen != nil && chosen.named && d.weekday {
			continue
		}
		if chosen != nil && !chosen.bad && !d.bad && r.sameBreath(chosen, d) {
			if chosen.day.Weekday() != d.day.Weekday() {
				m.askDay = true // kesho ijumaa, and tomorrow is no Friday
				return
			}
			if d.weekday {
				continue // the weekday of the day that was named
			}
		}
		before, chosen = chosen, d
	}
	switch {
	case chosen == nil:
		return
	case chosen.bad, r.alternative(before, chosen):
		m.askDay = true
	case chosen.named && weekday != nil && weekday.day.Weekday() != chosen.day.Weekday():
		m.askDay = true
	default:
		m.day, m.anyWeekday = chosen.day, chosen.bare
	}
}

// sameBreath tells that a weekday and a day counted from today stand beside each other: "kesho jumatano".
func (r *reader) sameBreath(a, b *dayFound) bool {
	return a.weekday != b.weekday && !a.named && !b.named && a.end == b.at && r.tokens[b.at].Sep == "" && !r.tokens[b.at].Line
}

// alternative tells that two days are joined by "or".
func (r *reader) alternative(a, b *dayFound) bool {
	return a != nil && b != nil && r.kind(b.at-1) == wordOr && a.end == b.at-1 && !sameDay(a.day, b.day)
}

// chooseClock takes the last hour that is not refused, and of a range ("from 10 to 12") the first.
func (r *reader) chooseClock(clocks []clockFound, m *moment) (clockFound, bool) {
	var chosen clockFound
	found := false
	for _, c := range clocks {
		if c.refused {
			continue
		}
		if found && (r.joins(chosen.end, c.at, wordTo) || r.between(chosen) && r.joins(chosen.end, c.at, wordAnd)) {
			if !chosen.am && !chosen.pm && chosen.hour <= c.hour {
				chosen.am, chosen.pm = c.am, c.pm
			}
			continue
		}
		if found && r.joins(chosen.end, c.at, wordOr) {
			m.ask = true
			return clockFound{}, false
		}
		chosen, found = c, true
	}
	return chosen, found
}

// between tells that "between" or "kati ya" stands before an hour.
func (r *reader) between(c clockFound) bool {
	at := c.at - 1
	if r.kind(at) == wordOf {
		at--
	}
	return r.text(at) == "between" || r.text(at) == "kati"
}

// joins tells that a word of the given kind, or for a range a dash, stands between two expressions.
func (r *reader) joins(end, at int, kind calendarKind) bool {
	if end == at {
		return kind == wordTo && at < len(r.tokens) && r.tokens[at].Sep == "-"
	}
	for i := end; i < at && i < end+3; i++ {
		if r.kind(i) == kind {
			return true
		}
	}
	return false
}

// choosePart takes the part of the day that follows the hour, else the last one.
func (r *reader) choosePart(parts []partFound, clock clockFound, hasClock bool, m *moment) {
	if len(parts) == 0 {
		return
	}
	chosen := parts[len(parts)-1]
	if hasClock {
		for _, p := range parts {
			if p.at >= clock.end || p.at == clock.part && clock.part > 0 {
				chosen = p
				break
			}
		}
	}
	m.part = chosen.part
	if !hasClock {
		m.partText = r.tokens[chosen.at].Text
	}
}

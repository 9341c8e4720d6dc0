package when

// chooser picks, of the days and hours that a message says, those that count: the last ones that are not refused.
type chooser struct{ *Cursor }

// dayChoice is what a chooser knows while it goes through the days.
type dayChoice struct {
	chosen, before *dayFound // the last day, and the one before it
	weekday        *dayFound // the last weekday
}

// chooseDay takes the last day that is not refused. A weekday beside a day of the month must be that day's.
func (c *chooser) chooseDay(days []dayFound, m *Moment) {
	var choice dayChoice
	for i := range days {
		if days[i].refused {
			continue
		}
		if !c.takeDay(&choice, &days[i]) {
			m.AskDay = true // kesho ijumaa, and tomorrow is not a Friday
			return
		}
	}
	chosen := choice.chosen
	switch {
	case chosen == nil:
	case chosen.bad, c.alternative(choice.before, chosen), choice.contradicts():
		m.AskDay = true
	default:
		m.Day, m.anyWeekday = chosen.day, chosen.bare
	}
}

// takeDay looks at one more day; false when it contradicts the one beside it.
func (c *chooser) takeDay(choice *dayChoice, d *dayFound) bool {
	if d.weekday && !d.bad {
		choice.weekday = d
	}
	chosen := choice.chosen
	if chosen != nil && chosen.named && d.weekday {
		return true
	}
	if chosen != nil && !chosen.bad && !d.bad && c.sameBreath(chosen, d) {
		if chosen.day.Weekday() != d.day.Weekday() {
			return false
		}
		if d.weekday {
			return true // the weekday of the day that was named
		}
	}
	choice.before, choice.chosen = chosen, d
	return true
}

// contradicts tells whether a day of a month was named together with another weekday than its own.
func (d *dayChoice) contradicts() bool {
	return d.chosen.named && d.weekday != nil && d.weekday.day.Weekday() != d.chosen.day.Weekday()
}

// sameBreath tells whether a weekday and a day counted from today stand beside each other: "kesho jumatano".
func (c *chooser) sameBreath(a, b *dayFound) bool {
	if a.weekday == b.weekday || a.named || b.named {
		return false
	}
	return a.end == b.at && c.tokens[b.at].Sep == "" && !c.tokens[b.at].Line
}

// alternative tells whether two days are joined by "or".
func (c *chooser) alternative(a, b *dayFound) bool {
	return a != nil && b != nil && c.kind(b.at-1) == wordOr && a.end == b.at-1 && !SameDay(a.day, b.day)
}

// chooseClock takes the last hour that is not refused, and of a range ("from 10 to 12") the first.
func (c *chooser) chooseClock(clocks []clockFound, m *Moment) (chosen clockFound, ok bool) {
	for _, next := range clocks {
		switch {
		case next.refused:
		case ok && c.isRange(chosen, next):
			if !chosen.am && !chosen.pm && chosen.hour <= next.hour {
				chosen.am, chosen.pm = next.am, next.pm
			}
		case ok && c.joins(chosen.end, next.at, wordOr):
			m.Ask = true
			return clockFound{}, false
		default:
			chosen, ok = next, true
		}
	}
	return chosen, ok
}

// isRange tells whether two hours are the ends of a range: "10 to 12", "between 10 and 12".
func (c *chooser) isRange(from, to clockFound) bool {
	return c.joins(from.end, to.at, wordTo) || c.between(from.at) && c.joins(from.end, to.at, wordAnd)
}

// joins tells whether a word of the given kind, or for a range a dash, stands between two expressions.
func (c *chooser) joins(end, at int, kind calendarKind) bool {
	if end == at {
		return kind == wordTo && at < len(c.tokens) && c.tokens[at].Sep == "-"
	}
	for i := end; i < at && i < end+3; i++ {
		if c.kind(i) == kind {
			return true
		}
	}
	return false
}

// choosePart takes the part of the day that follows the hour, else the last one.
func (c *chooser) choosePart(parts []partFound, clock clockFound, hasClock bool, m *Moment) {
	if len(parts) == 0 {
		return
	}
	chosen := parts[len(parts)-1]
	if hasClock {
		chosen = partOf(clock, parts)
	} else {
		m.PartText = c.tokens[chosen.at].Text
	}
	m.Part = chosen.part
}

// partOf gives the part of the day that stands behind an hour or within it, else the last one.
func partOf(clock clockFound, parts []partFound) partFound {
	for _, p := range parts {
		if p.at >= clock.end || p.at == clock.part && clock.part > 0 {
			return p
		}
	}
	return parts[len(parts)-1]
}

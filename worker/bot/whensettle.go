package bot

import "time"

// settle turns an hour that was said into a minute of the day, or into the readings to choose from.
func (r *reader) settle(c clockFound, m *moment, e expectation) {
	m.night = isNight(m.part) || c.midnight
	switch {
	case c.bad:
		m.ask = true
	case c.am || c.pm:
		m.minute = wrap(halfDay(c)*60 + c.add)
	case c.western && (m.part == partNone || c.hour > 12 || c.hour == 0):
		m.minute = wrap(c.hour*60 + c.add)
	case m.part != partNone:
		r.settleByPart(c, m)
	default:
		r.settleByHours(c, m, e)
	}
}

func wrap(minute int) int { return (minute + 24*60) % (24 * 60) }

func halfDay(c clockFound) int {
	switch {
	case c.pm && c.hour <= 12:
		return c.hour%12 + 12
	case c.pm:
		return c.hour
	}
	return c.hour % 12
}

// readings gives the four minutes of the day that an hour without a part of the day may mean: Swahili day, Swahili night,
// western morning, western afternoon.
func readings(c clockFound) [4]int {
	h := c.hour % 12
	return [4]int{wrap((h+6)%24*60 + c.add), wrap((h+18)%24*60 + c.add), wrap(h*60 + c.add), wrap((h+12)*60 + c.add)}
}

// settleByPart takes the Swahili reading that falls into the part of the day that was said, else the western one. An hour
// said in English alone is western first.
func (r *reader) settleByPart(c clockFound, m *moment) {
	all := readings(c)
	order := [4]int{0, 1, 2, 3}
	if m.part >= partMorning && !c.saa && !c.swahili {
		order = [4]int{2, 3, 0, 1}
	}
	for pair := range 2 { // one counting, then the other; in each, the full hour may lie in the part where its minutes do not
		for _, add := range [2]int{0, c.add} {
			for _, i := range order[2*pair : 2*pair+2] {
				if inPart(m.part, wrap(all[i]-add)) {
					m.minute = all[i]
					return
				}
			}
		}
	}
	m.ask = true
	m.readings = r.possible(all[:], m)
}

// settleByHours lets the readings outside opening hours fall away; one that is left is taken.
func (r *reader) settleByHours(c clockFound, m *moment, e expectation) {
	all := readings(c)
	left := r.possible(all[:], m)
	if m.anyWeekday && m.hasDay() && sameDay(m.day, r.now) && r.allPast(left, m) {
		m.day, m.anyWeekday = m.day.AddDate(0, 0, 7), false
		left = r.possible(all[:], m)
	}
	if chosen := common(left, e.offer); len(chosen) == 1 {
		left = chosen
	}
	switch len(left) {
	case 0:
		m.ask, m.closed = true, true
	case 1:
		m.minute = left[0]
	default:
		m.ask, m.readings = true, left
	}
}

// possible keeps the readings at which the business is open; of today's, those to come if there are any.
func (r *reader) possible(all []int, m *moment) []int {
	var open []int
	for _, minute := range all {
		if r.couldBe(minute, m) {
			open = append(open, minute)
		}
	}
	if !m.hasDay() || !sameDay(m.day, r.now) {
		return open
	}
	var later []int
	now := r.now.Hour()*60 + r.now.Minute()
	for _, minute := range open {
		if minute >= now {
			later = append(later, minute)
		}
	}
	if len(later) > 0 {
		return later
	}
	return open
}

func (r *reader) couldBe(minute int, m *moment) bool {
	switch {
	case m.hasDay():
		return within(r.spans(m.day), minute)
	case r.hours == nil:
		return minute >= usualOpen && minute < usualClose
	}
	return r.everOpen(minute)
}

func (r *reader) allPast(minutes []int, m *moment) bool {
	for _, minute := range minutes {
		at := time.Date(m.day.Year(), m.day.Month(), m.day.Day(), 0, minute, 0, 0, m.day.Location())
		if !at.Before(r.now.Truncate(time.Minute)) {
			return false
		}
	}
	return true
}

func common(a, b []int) []int {
	var out []int
	for _, x := range a {
		for _, y := range b {
			if x == y {
				out = append(out, x)
			}
		}
	}
	return out
}

package when

// settler decides which minute of the day an hour means that was said, and judges what came of it.
type settler struct {
	*calendar
	*opening
}

// settle turns an hour that was said into a minute of the day, or into the readings to choose from.
func (s *settler) settle(c clockFound, m *Moment, e Expectation) {
	m.night = isNight(m.Part) || c.midnight
	switch {
	case c.bad:
		m.Ask = true
	case c.am || c.pm:
		m.Minute = wrap(halfDay(c)*60 + c.add)
	case c.western && (m.Part == PartNone || c.hour > 12 || c.hour == 0):
		m.Minute = wrap(c.hour*60 + c.add)
	case m.Part != PartNone:
		s.settleByPart(c, m)
	default:
		s.settleByHours(c, m, e)
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

// readings gives the four minutes of the day that an hour without a part of the day may mean: Swahili day, Swahili
// night, western morning, western afternoon.
func readings(c clockFound) [4]int {
	h := c.hour % 12
	return [4]int{
		wrap((h+6)%24*60 + c.add), wrap((h+18)%24*60 + c.add), wrap(h*60 + c.add), wrap((h+12)*60 + c.add),
	}
}

// settleByPart takes the Swahili reading that falls into the part of the day that was said, else the western one. An
// hour said in English alone is western first.
func (s *settler) settleByPart(c clockFound, m *Moment) {
	all := readings(c)
	order := [4]int{0, 1, 2, 3}
	if m.Part >= partMorning && !c.saa && !c.swahili {
		order = [4]int{2, 3, 0, 1}
	}
	for pair := range 2 { // one counting, then the other; the full hour may lie in the part where its minutes do not
		for _, add := range [2]int{0, c.add} {
			for _, i := range order[2*pair : 2*pair+2] {
				if InPart(m.Part, wrap(all[i]-add)) {
					m.Minute = all[i]
					return
				}
			}
		}
	}
	m.Ask = true
	m.Readings = s.possible(all[:], m)
}

// settleByHours lets the readings outside opening hours fall away; one that is left is taken.
func (s *settler) settleByHours(c clockFound, m *Moment, e Expectation) {
	all := readings(c)
	left := s.possible(all[:], m)
	if m.anyWeekday && m.HasDay() && s.isToday(m.Day) && s.allPast(left, m) {
		m.Day, m.anyWeekday = m.Day.AddDate(0, 0, 7), false
		left = s.possible(all[:], m)
	}
	if chosen := common(left, e.Offer); len(chosen) == 1 {
		left = chosen
	}
	switch len(left) {
	case 0:
		m.Ask, m.Closed = true, true
	case 1:
		m.Minute = left[0]
	default:
		m.Ask, m.Readings = true, left
	}
}

// possible keeps the readings at which the business is open; of today's, those to come if there are any.
func (s *settler) possible(all []int, m *Moment) []int {
	var open []int
	for _, minute := range all {
		if s.couldBe(minute, m) {
			open = append(open, minute)
		}
	}
	if !m.HasDay() || !s.isToday(m.Day) {
		return open
	}
	var later []int
	now := minuteOfDay(s.now)
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

func (s *settler) couldBe(minute int, m *Moment) bool {
	switch {
	case m.HasDay():
		return Within(s.Spans(m.Day), minute)
	case s.hours == nil:
		return minute >= UsualOpen && minute < UsualClose
	}
	return s.everOpen(minute)
}

func (s *settler) allPast(minutes []int, m *Moment) bool {
	for _, minute := range minutes {
		if !atMinute(m.Day, minute).Before(s.thisMinute()) {
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

// moveWeekday moves a bare weekday that is today by a week when its hour, or all of today's opening time, is over.
func (s *settler) moveWeekday(m *Moment) {
	if !m.anyWeekday || !m.HasDay() || !s.isToday(m.Day) {
		return
	}
	over := !s.OpenLater(s.now)
	if m.HasHour() {
		over = m.at().Before(s.thisMinute())
	} else if len(m.Readings) > 0 {
		over = false
	}
	if over {
		m.Day = m.Day.AddDate(0, 0, 7)
	}
}

// rollNight moves an hour after midnight to the next calendar day: it is still the night of the day that was named,
// unless that night is the one that is now.
func (s *settler) rollNight(m *Moment) {
	if !m.night || !m.HasHour() || m.Minute >= 4*60 || !m.HasDay() {
		return
	}
	if s.isToday(m.Day) && s.now.Hour() < 4 && !m.at().Before(s.now) {
		return
	}
	m.Day = m.Day.AddDate(0, 0, 1)
}

// judge marks what is past or closed.
func (s *settler) judge(m Moment) Moment {
	switch {
	case m.AskDay:
		m.Ask = true
	case !m.HasDay():
		m.Closed = m.HasHour() && !s.everOpen(m.Minute)
	case m.Day.Before(StartOfDay(s.now)):
		m.Past, m.Ask, m.Readings = true, false, nil // an hour that was said is good for another day
	case m.HasHour() && m.at().Before(s.thisMinute()):
		m.Past, m.Minute = true, -1
	case m.HasHour():
		m.Closed = !s.openAt(m.at())
	default:
		m.Closed = m.Closed || s.closedAllDay(m)
	}
	return m
}

// closedAllDay tells whether the business does not open on the day any more.
func (s *settler) closedAllDay(m Moment) bool {
	return len(s.Spans(m.Day)) == 0 || s.isToday(m.Day) && !s.OpenLater(s.now)
}

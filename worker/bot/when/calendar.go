package when

import "time"

// longAgo is how many days back a day without a year is taken as past; one further back is meant for next year.
const longAgo = 180

// calendar finds days as they are counted from the present.
type calendar struct {
	now time.Time // in the business's zone
}

func (c *calendar) daysOn(n int) time.Time { return StartOfDay(c.now).AddDate(0, 0, n) }

func (c *calendar) isToday(day time.Time) bool { return SameDay(day, c.now) }

// thisMinute is the present without its seconds.
func (c *calendar) thisMinute() time.Time { return c.now.Truncate(time.Minute) }

// inWeek gives the day of the week that lies so many weeks from this one; weeks begin on Monday.
func (c *calendar) inWeek(weeks int, day time.Weekday) time.Time {
	monday := -(int(c.now.Weekday()+6) % 7)
	return c.daysOn(monday + weeks*7 + int(day+6)%7)
}

// weekdayDate gives the next such day, today included; wordNext leaves today out, wordLast looks back.
func (c *calendar) weekdayDate(day time.Weekday, which calendarKind) time.Time {
	ahead := (int(day) - int(c.now.Weekday()) + 7) % 7
	switch {
	case which == wordNext && ahead == 0:
		ahead = 7
	case which == wordLast:
		ahead -= 7
	}
	return c.daysOn(ahead)
}

// monthsOn gives a day of the month that lies so many months from this one.
func (c *calendar) monthsOn(end, months, day int) dayFound {
	first := time.Date(c.now.Year(), c.now.Month()+time.Month(months), 1, 0, 0, 0, 0, c.now.Location())
	return c.explicit(end, first.Year(), int(first.Month()), day)
}

// explicit is a day that was said with its year.
func (c *calendar) explicit(end, year, month, day int) dayFound {
	d, ok := civil(year, month, day, c.now.Location())
	return dayFound{end: end, day: d, bad: !ok, named: true}
}

// yearless is a day of a month without a year: this year's, or next year's when this year's is long past.
func (c *calendar) yearless(end, month, day int) dayFound {
	if month > 12 && day <= 12 {
		month, day = day, month
	}
	d, ok := civil(c.now.Year(), month, day, c.now.Location())
	if ok && d.Before(c.daysOn(-longAgo)) {
		d, ok = civil(c.now.Year()+1, month, day, c.now.Location())
	}
	return dayFound{end: end, day: d, bad: !ok, named: true}
}

// dayOfMonth is a day without a month: this month's while it is not over, else next month's.
func (c *calendar) dayOfMonth(at, end, day int) dayFound {
	d, ok := civil(c.now.Year(), int(c.now.Month()), day, c.now.Location())
	if ok && d.Before(StartOfDay(c.now)) {
		next := time.Date(c.now.Year(), c.now.Month()+1, 1, 0, 0, 0, 0, c.now.Location())
		d, ok = civil(next.Year(), int(next.Month()), day, c.now.Location())
	}
	return dayFound{at: at, end: end, day: d, bad: !ok, named: true}
}

func fullYear(y int) int {
	if y < 100 {
		return 2000 + y
	}
	return y
}

// civil makes a day; false when the calendar has no such day.
func civil(year, month, day int, loc *time.Location) (time.Time, bool) {
	if year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, loc)
	return d, d.Day() == day
}

// StartOfDay gives midnight of the day of t, in its zone.
func StartOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// SameDay tells whether two times, both in one zone, lie on the same day.
func SameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

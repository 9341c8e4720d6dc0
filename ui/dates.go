package ui

import (
	"flowhq/locale/key"
	"strconv"
	"time"

	"flowhq"
)

// day writes a day: "Thu 26 Nov", "Alh 26 Nov". t is in the zone that it is to be read in.
func (l translator) day(t time.Time) string {
	return l.weekday(t.Weekday()) + " " + strconv.Itoa(t.Day()) + " " + l.month(t.Month())
}

func (l translator) weekday(d time.Weekday) string {
	return l.text("time.weekday_" + strconv.Itoa(int(d)))
}

// hour writes an hour of the day as it is said: 14:30, and in Swahili with the hours counted from six as well.
func (l translator) hour(clock string) string {
	t, err := time.Parse("15:04", clock)
	if err != nil || l.lang != flowhq.Swahili {
		return clock
	}
	said := (t.Hour() + 6) % 12
	if said == 0 {
		said = 12
	}
	hour := strconv.Itoa(said)
	if t.Minute() != 0 {
		hour += t.Format(":04")
	}
	return l.text(key.TimeClockFromSix, "clock", clock, "hour", hour, "part", l.text(partOfDay(t.Hour())))
}

// partOfDay gives the key of the part of the day that an hour lies in.
func partOfDay(hour int) string {
	switch {
	case hour < 4, hour >= 19:
		return key.TimePartNight
	case hour < 6:
		return key.TimePartDawn
	case hour < 12:
		return key.TimePartMorning
	case hour < 16:
		return key.TimePartAfternoon
	}
	return key.TimePartEvening
}

// relativeDay names a day as seen from today; both are local dates.
func (l translator) relativeDay(date, today time.Time) string {
	switch days := int(date.Sub(today).Round(24*time.Hour) / (24 * time.Hour)); days {
	case 0:
		return l.text(key.PageDayToday) + " · " + l.day(date)
	case 1:
		return l.text(key.PageDayTomorrow) + " · " + l.day(date)
	case -1:
		return l.text(key.PageDayYesterday) + " · " + l.day(date)
	}
	return l.day(date)
}

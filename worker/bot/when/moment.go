package when

import (
	"fmt"
	"strconv"
	"time"
)

// Moment is what a message says of a day and an hour.
type Moment struct {
	Day      time.Time // midnight of the day; zero: not said
	Minute   int       // of the day; -1: not said or not certain
	Part     int       // part of the day; PartNone: none was said
	PartText string    // the part of the day that was said without an hour, as it was written
	Readings []int     // minutes of the day to choose from, when the hour is ambiguous
	Ask      bool      // impossible ("31 February", "25:00") or ambiguous: it must be asked back
	AskDay   bool      // it is the day that is impossible
	Past     bool      // the day, or the hour of that day, is over
	Closed   bool      // the business is closed on that day or at that hour
	Said     bool      // anything of a day or an hour was said
	NoDay    bool      // a day was turned down and no other one named
	NoHour   bool      // an hour was turned down and no other one named

	anyWeekday bool // a bare weekday: today or in a week
	night      bool // said to be of the night: after midnight belongs to the day before
}

// HasDay tells whether a day is known.
func (m Moment) HasDay() bool { return !m.Day.IsZero() }

// HasHour tells whether an hour is known.
func (m Moment) HasHour() bool { return m.Minute >= 0 }

// at is the time itself; day and hour must be known.
func (m Moment) at() time.Time { return atMinute(m.Day, m.Minute) }

func atMinute(day time.Time, minute int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, day.Location())
}

func minuteOfDay(t time.Time) int { return t.Hour()*60 + t.Minute() }

// ClockText writes a minute of the day as 15:04; "" for anything else.
func ClockText(minute int) string {
	if minute < 0 || minute >= 24*60 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", minute/60, minute%60)
}

// ParseClock reads 15:04 as a minute of the day; -1 for anything else.
func ParseClock(clock string) int {
	if len(clock) != 5 || clock[2] != ':' {
		return -1
	}
	h, errH := strconv.Atoi(clock[:2])
	m, errM := strconv.Atoi(clock[3:])
	if errH != nil || errM != nil || h < 0 || h > 23 || m < 0 || m > 59 {
		return -1
	}
	return h*60 + m
}

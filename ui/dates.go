package ui

import (
	"fmt"
	"strconv"
	"time"

	"flowhq"
)

// day writes a day: "Thu 26 Nov", "Alh 26 Nov". t is in the zone that it is to be read in.
func (l locale) day(t time.Time) string {
	return l.weekday(t.Weekday()) + " " + strconv.Itoa(t.Day()) + " " + l.month(t.Month())
}

func (l locale) weekday(d time.Weekday) string {
	if l.lang == flowhq.Swahili {
		return [...]string{"Jumapili", "Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi"}[d]
	}
	return d.String()
}

// hour writes an hour of the day as it is said: 14:30, and in Swahili with the hours counted from six as well.
func (l locale) hour(clock string) string {
	t, err := time.Parse("15:04", clock)
	if err != nil || l.lang != flowhq.Swahili {
		return clock
	}
	said := (t.Hour() + 6) % 12
	if said == 0 {
		said = 12
	}
	part := "usiku"
	switch h := t.Hour(); {
	case h >= 4 && h < 6:
		part = "alfajiri"
	case h >= 6 && h < 12:
		part = "asubuhi"
	case h >= 12 && h < 16:
		part = "mchana"
	case h >= 16 && h < 19:
		part = "jioni"
	}
	minutes := ""
	if t.Minute() != 0 {
		minutes = fmt.Sprintf(":%02d", t.Minute())
	}
	return fmt.Sprintf("%s (saa %d%s %s)", clock, said, minutes, part)
}

// relativeDay names a day as seen from today; both are local dates.
func (l locale) relativeDay(date, today time.Time) string {
	switch days := int(date.Sub(today).Round(24*time.Hour) / (24 * time.Hour)); days {
	case 0:
		return l.text("day.today") + " · " + l.day(date)
	case 1:
		return l.text("day.tomorrow") + " · " + l.day(date)
	case -1:
		return l.text("day.yesterday") + " · " + l.day(date)
	}
	return l.day(date)
}

package ui

import (
	"flowhq/locale"
	"flowhq/locale/key"
	"strconv"
	"time"

	"flowhq"
)

// Times are shown in the zone that most businesses here live in; the script shows each reader the own one.
func readersZone() *time.Location {
	zone, err := time.LoadLocation(flowhq.DefaultTimezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// clock writes a time for a reader without JavaScript: "25 Nov 2026, 15:04 EAT".
func (l translator) clock(t time.Time) string {
	t = t.In(readersZone())
	return strconv.Itoa(t.Day()) + " " + l.month(t.Month()) + t.Format(" 2006, 15:04 MST")
}

func (l translator) month(m time.Month) string {
	return l.text("time.month_" + strconv.Itoa(int(m)))
}

// number writes a whole number with its thousands apart.
func (l translator) number(n int64) string { return locale.Number(n) }

// bytes writes an amount of memory or disk: "9.4 MB", "1.2 GB".
func (l translator) bytes(n int64) string {
	const kb, mb, gb = 1 << 10, 1 << 20, 1 << 30
	switch {
	case n < kb:
		return l.number(n) + " B"
	case n < mb:
		return strconv.FormatFloat(float64(n)/kb, 'f', 0, 64) + " KB"
	case n < 100*mb:
		return strconv.FormatFloat(float64(n)/mb, 'f', 1, 64) + " MB"
	case n < gb:
		return strconv.FormatFloat(float64(n)/mb, 'f', 0, 64) + " MB"
	default:
		return strconv.FormatFloat(float64(n)/gb, 'f', 1, 64) + " GB"
	}
}

// duration writes a length of time as a person says it: "4 s", "3 min", "2 h".
func (l translator) duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return l.text(key.TimeMilliseconds, "count", d.Milliseconds())
	case d < 10*time.Second && d%time.Second != 0:
		return l.text(key.TimeSeconds, "count", strconv.FormatFloat(d.Seconds(), 'f', 1, 64))
	case d < time.Minute:
		return l.text(key.TimeSeconds, "count", int64(d/time.Second))
	case d < time.Hour:
		return l.text(key.TimeMinutes, "count", int64(d/time.Minute))
	case d < 2*day:
		return l.text(key.TimeHours, "count", int64(d/time.Hour))
	}
	return l.text(key.TimeDays, "count", int64(d/day))
}

// ago says how long something is past, as the script does.
func (l translator) ago(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return l.text(key.TimeNow)
	case d < time.Hour:
		return l.text(key.TimeMinutesAgo, "count", int64(d/time.Minute))
	case d < day:
		return l.text(key.TimeHoursAgo, "count", int64(d/time.Hour))
	}
	return l.text(key.TimeDaysAgo, "count", int64(d/day))
}

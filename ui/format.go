package ui

import (
	"strconv"
	"strings"
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
func (l locale) clock(t time.Time) string {
	t = t.In(readersZone())
	return strconv.Itoa(t.Day()) + " " + l.month(t.Month()) + t.Format(" 2006, 15:04 MST")
}

func (l locale) month(m time.Month) string {
	if l.lang == flowhq.Swahili {
		return [...]string{"Jan", "Feb", "Mac", "Apr", "Mei", "Jun", "Jul", "Ago", "Sep", "Okt", "Nov", "Des"}[m-1]
	}
	return m.String()[:3]
}

// number writes a whole number with its thousands apart: 12,345 in both languages, as is usual in East Africa.
func (l locale) number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return sign + strings.Join(append([]string{s}, parts...), ",")
}

// bytes writes an amount of memory or disk: "9.4 MB", "1.2 GB".
func (l locale) bytes(n int64) string {
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
func (l locale) duration(d time.Duration) string {
	day, hour, minute := "d", "h", "min"
	if l.lang == flowhq.Swahili {
		day, hour, minute = "siku", "saa", "dak"
	}
	unit := func(n int64, u string) string {
		if l.lang == flowhq.Swahili && u != "ms" {
			return u + " " + l.number(n)
		}
		return l.number(n) + " " + u
	}
	second := map[bool]string{true: "sek", false: "s"}[l.lang == flowhq.Swahili]
	switch {
	case d < time.Second:
		return unit(d.Milliseconds(), "ms")
	case d < 10*time.Second && d%time.Second != 0:
		tenths := strconv.FormatFloat(d.Seconds(), 'f', 1, 64)
		if l.lang == flowhq.Swahili {
			return second + " " + tenths
		}
		return tenths + " " + second
	case d < time.Minute:
		return unit(int64(d/time.Second), second)
	case d < time.Hour:
		return unit(int64(d/time.Minute), minute)
	case d < 48*time.Hour:
		return unit(int64(d/time.Hour), hour)
	default:
		return unit(int64(d/(24*time.Hour)), day)
	}
}

// ago says how long something is past, as the script does.
func (l locale) ago(d time.Duration) string {
	type form struct{ one, many string }
	minute, hour, day, now := form{"1 minute ago", "% minutes ago"}, form{"1 hour ago", "% hours ago"}, form{"1 day ago", "% days ago"}, "just now"
	if l.lang == flowhq.Swahili {
		minute, hour, day, now = form{"dakika 1 iliyopita", "dakika % zilizopita"}, form{"saa 1 iliyopita", "saa % zilizopita"},
			form{"siku 1 iliyopita", "siku % zilizopita"}, "sasa hivi"
	}
	count := func(n int64, f form) string {
		if n == 1 {
			return f.one
		}
		return strings.Replace(f.many, "%", strconv.FormatInt(n, 10), 1)
	}
	switch {
	case d < time.Minute:
		return now
	case d < time.Hour:
		return count(int64(d/time.Minute), minute)
	case d < 24*time.Hour:
		return count(int64(d/time.Hour), hour)
	default:
		return count(int64(d/(24*time.Hour)), day)
	}
}

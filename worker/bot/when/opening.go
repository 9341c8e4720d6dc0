package when

import (
	"time"

	"flowhq"
)

// A business that never said its hours is taken to work from six in the morning to ten at night, every day. Both are
// minutes of the day.
const (
	UsualOpen  = 6 * 60
	UsualClose = 22 * 60
)

// opening answers questions about the hours of a business; nil hours were never said.
type opening struct {
	hours *flowhq.Hours
}

// Spans gives the opening times of a day in minutes of the day, from and to.
func (o *opening) Spans(day time.Time) [][2]int { return SpansOn(o.hours, day) }

// SpansOn gives the opening times of a day in minutes of the day, from and to.
func SpansOn(hours *flowhq.Hours, day time.Time) [][2]int {
	if hours == nil {
		return [][2]int{{UsualOpen, UsualClose}}
	}
	spans := hours.On(day)
	out := make([][2]int, 0, len(spans))
	for _, s := range spans {
		if from, to, err := s.Minutes(); err == nil {
			out = append(out, [2]int{from, to})
		}
	}
	return out
}

// Within tells whether a minute of the day lies in one of the spans.
func Within(spans [][2]int, minute int) bool {
	for _, s := range spans {
		if s[0] <= minute && minute < s[1] {
			return true
		}
	}
	return false
}

func (o *opening) openAt(t time.Time) bool {
	return o.hours == nil || Within(o.Spans(t), minuteOfDay(t))
}

// OpenLater tells whether the business is open at t or later on that day.
func (o *opening) OpenLater(t time.Time) bool {
	if o.hours == nil {
		return true
	}
	for _, s := range o.Spans(t) {
		if minuteOfDay(t) < s[1] {
			return true
		}
	}
	return false
}

// everOpen tells whether the business is open at that minute on any day of the week.
func (o *opening) everOpen(minute int) bool {
	if o.hours == nil {
		return true
	}
	for _, day := range o.hours.Days {
		for _, s := range day {
			if from, to, err := s.Minutes(); err == nil && from <= minute && minute < to {
				return true
			}
		}
	}
	return false
}

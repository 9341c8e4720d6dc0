package flowhq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Hours are a business's opening hours on local clocks, one list of spans for each day of the week, and whole days on
// which it is closed. Their canonical JSON form is
//
//	{"mon":[{"open":"08:00","close":"17:00"}], …, "sun":[], "holidays":["2026-12-25"]}
//
// A missing or empty day is closed. The single object a day that the product's predecessor wrote
// ({"mon":{"open":"08:00","close":"17:00"}}) is read as well. A nil *Hours means that nothing was said about hours.
type Hours struct {
	Days     [7][]Span // by time.Weekday: Sunday is 0
	Holidays []string  // local dates, 2006-01-02
}

// Span is one opening time on one day, local, "15:04"; Close may be "24:00". It never runs over midnight.
type Span struct {
	Open  string `json:"open"`
	Close string `json:"close"`
}

// DayKeys are the JSON names of the days, by time.Weekday.
func DayKeys() [7]string { return [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// MarshalJSON writes the canonical form, all seven days from Monday on.
func (h Hours) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	keys := DayKeys()
	for i := range 7 {
		day := (i + 1) % 7
		spans := h.Days[day]
		if spans == nil {
			spans = []Span{}
		}
		j, err := json.Marshal(spans)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s,", keys[day], j)
	}
	holidays := h.Holidays
	if holidays == nil {
		holidays = []string{}
	}
	j, err := json.Marshal(holidays)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "{%s\"holidays\":%s}", b.String(), j), nil
}

// UnmarshalJSON reads the canonical form and the predecessor's. Unknown names are an error, so that a slip of the pen
// ("monday") does not close a business.
func (h *Hours) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return wrongHours(err, "hours.object")
	}
	keys := DayKeys()
	var out Hours
	for name, value := range raw {
		if name == "holidays" {
			if err := json.Unmarshal(value, &out.Holidays); err != nil {
				return wrongHours(err, "hours.holidays")
			}
			continue
		}
		day := slices.Index(keys[:], name)
		if day < 0 {
			return wrongHours(nil, "hours.day_name", "name", name)
		}
		spans, err := readDay(value)
		if err != nil {
			return wrongHours(nil, "hours.of_day", "day", Say("hours."+name), "problem", TextOf(err))
		}
		out.Days[day] = spans
	}
	*h = out
	return h.Check()
}

func wrongHours(cause error, key string, args ...any) error {
	return &Error{Code: CodeInvalid, Text: Say(key, args...), Cause: cause}
}

func readDay(value json.RawMessage) ([]Span, error) {
	var spans []Span
	if err := json.Unmarshal(value, &spans); err == nil {
		return spans, nil
	}
	var one Span
	if err := json.Unmarshal(value, &one); err != nil {
		return nil, wrongHours(err, "hours.list")
	}
	if one == (Span{}) {
		return nil, nil
	}
	return []Span{one}, nil
}

// Check says what is wrong with the hours, in words, or nil: every span must open before it closes, spans of one day
// must be in order and apart, holidays must be dates.
func (h *Hours) Check() error {
	keys := DayKeys()
	for day, spans := range h.Days {
		last := -1
		for _, s := range spans {
			from, to, err := s.Minutes()
			if err != nil {
				return wrongHours(nil, "hours.of_day", "day", Say("hours."+keys[day]), "problem", TextOf(err))
			}
			if from < last {
				return wrongHours(nil, "hours.overlap", "day", Say("hours."+keys[day]), "open", s.Open, "close",
					s.Close)
			}
			last = to
		}
	}
	for _, d := range h.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return wrongHours(err, "hours.holiday_date", "value", d)
		}
	}
	return nil
}

// Minutes gives the span in minutes since local midnight, 0 to 1440.
func (s Span) Minutes() (from, to int, err error) {
	if from, err = minutes(s.Open); err != nil {
		return 0, 0, wrongHours(nil, "hours.open", "problem", TextOf(err))
	}
	if to, err = minutes(s.Close); err != nil {
		return 0, 0, wrongHours(nil, "hours.close", "problem", TextOf(err))
	}
	if from >= to {
		return 0, 0, wrongHours(nil, "hours.order", "open", s.Open, "close", s.Close)
	}
	return from, to, nil
}

func minutes(clock string) (int, error) {
	if clock == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, wrongHours(err, "hours.clock", "value", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// On gives the spans of the local day that t lies in; none on a holiday. t must be in the tenant's zone.
func (h *Hours) On(t time.Time) []Span {
	if slices.Contains(h.Holidays, t.Format(time.DateOnly)) {
		return nil
	}
	return h.Days[t.Weekday()]
}

// OpenAt tells whether the business is open at t, which must be in the tenant's zone. The closing minute is closed.
func (h *Hours) OpenAt(t time.Time) bool {
	now := t.Hour()*60 + t.Minute()
	for _, s := range h.On(t) {
		if from, to, err := s.Minutes(); err == nil && from <= now && now < to {
			return true
		}
	}
	return false
}

// NextOpen gives the next moment at or after t at which the business is open, looking 60 days ahead; false when there
// is none. t must be in the tenant's zone.
func (h *Hours) NextOpen(t time.Time) (time.Time, bool) {
	if h.OpenAt(t) {
		return t, true
	}
	for day := range 60 {
		d := time.Date(t.Year(), t.Month(), t.Day()+day, 0, 0, 0, 0, t.Location())
		for _, s := range h.On(d) {
			from, _, err := s.Minutes()
			if err != nil {
				continue
			}
			open := time.Date(d.Year(), d.Month(), d.Day(), 0, from, 0, 0, t.Location())
			if !open.Before(t) {
				return open, true
			}
		}
	}
	return time.Time{}, false
}

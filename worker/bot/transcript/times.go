package transcript

import (
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/bot"
)

// TimeExpressions runs rows of "lang,text,date,time". For every row it is 2026-03-10 09:00, a Tuesday, in Dar es
// Salaam, and the business is open every day from 07:00 to 21:00. In time, "past" means that it lies in the past, "ask"
// that it must be asked back; an empty column was not said.
func TimeExpressions(text string) ([]Result, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(flowhq.DefaultTimezone)
	if err != nil {
		return nil, err
	}
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, loc)
	hours := everyDay("07:00", "21:00")
	var out []Result
	for n, row := range rows {
		if n == 0 && len(row) > 0 && row[0] == "lang" {
			continue
		}
		if len(row) < 2 {
			return out, fmt.Errorf("row %d wants lang,text,date,time", n+1)
		}
		row = append(row, "", "")
		out = append(out, timeExpression(row, now, hours))
	}
	return out, nil
}

func timeExpression(row []string, now time.Time, hours *flowhq.Hours) Result {
	w := bot.ParseWhen(row[1], now, hours, flowhq.Language(row[0]))
	got := w.Time
	switch {
	case w.Past:
		got = "past"
	case w.Ask:
		got = "ask"
	}
	r := Result{Name: row[0] + " " + row[1]}
	if date := strings.TrimSpace(row[2]); w.Date != date {
		r.Faults = append(r.Faults, fmt.Sprintf("date is %q, wants %q", w.Date, date))
	}
	if clock := strings.TrimSpace(row[3]); got != clock {
		r.Faults = append(r.Faults, fmt.Sprintf("time is %q, wants %q", got, clock))
	}
	return r
}

func everyDay(open, end string) *flowhq.Hours {
	var h flowhq.Hours
	for day := range h.Days {
		h.Days[day] = []flowhq.Span{{Open: open, Close: end}}
	}
	return &h
}

package bot

import (
	"encoding/csv"
	"os"
	"testing"
	"time"

	"flowhq"
)

func everyDay(open, end string) *flowhq.Hours {
	var h flowhq.Hours
	for d := range h.Days {
		h.Days[d] = []flowhq.Span{{Open: open, Close: end}}
	}
	return &h
}

func TestTimeExpressionsOfTheSample(t *testing.T) {
	file, err := os.Open("testdata/time_expressions.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	loc, err := time.LoadLocation("Africa/Dar_es_Salaam")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, loc)
	for _, row := range rows[1:] {
		w := ParseWhen(row[1], now, everyDay("07:00", "21:00"), flowhq.Language(row[0]))
		got := w.Time
		if w.Past {
			got = "past"
		} else if w.Ask {
			got = "ask"
		}
		if w.Date != row[2] || got != row[3] {
			t.Errorf("%s: got %q %q, want %q %q (%+v)", row[1], w.Date, got, row[2], row[3], w)
		}
	}
}

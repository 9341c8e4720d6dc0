package bot

import (
	"time"

	"flowhq"
	"flowhq/worker/bot/lexicon"
	"flowhq/worker/bot/when"
)

// When is what a text says of a day and an hour. A field that was not said is empty.
type When struct {
	Date    string   // local, 2006-01-02; also set when that day is past or closed
	Time    string   // local, 15:04; empty while it is not said or not certain
	Part    string   // part of the day that was said without an hour, as it was written
	Past    bool     // the day, or the hour of that day, is over
	Ask     bool     // impossible ("31 February", "25:00") or ambiguous: it must be asked back
	Closed  bool     // the business is closed on that day or at that hour
	Options []string // the readings (15:04) to choose from, when an hour is ambiguous
}

// ParseWhen reads what a text says of a day and an hour, in either language and in either counting: Swahili hours are
// counted from sunrise (saa nne asubuhi is 10:00). now must be in the tenant's zone; days are counted from it. Hours
// may be nil, when the business never said any. The text's own words decide how it is read; lang only orders Options.
func ParseWhen(text string, now time.Time, hours *flowhq.Hours, lang flowhq.Language) When {
	tokens := lexicon.Tokenize(text)
	r := when.NewReader(tokens, baseVocabulary().Words(tokens), when.Context{Now: now, Hours: hours, Language: lang})
	m := r.Read(when.Expectation{})
	w := When{Past: m.Past, Ask: m.Ask, Closed: m.Closed, Part: m.PartText}
	if m.HasDay() {
		w.Date = m.Day.Format(time.DateOnly)
	}
	if m.HasHour() && !m.Past {
		w.Time = when.ClockText(m.Minute)
	}
	for _, minute := range r.Order(m.Readings) {
		w.Options = append(w.Options, when.ClockText(minute))
	}
	return w
}

package bot

import (
	"fmt"
	"time"

	"flowhq"
	"flowhq/worker/bot/lexicon"
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
	r := newReader(tokens, baseVocabulary().Words(tokens))
	r.now, r.hours, r.language = now, hours, lang
	return r.readWhen(expectation{}).when(r)
}

// expectation is what a conversation knows already when it reads a day or an hour.
type expectation struct {
	day   time.Time // the day said before; zero: none
	part  int       // the part of the day said before
	hour  bool      // the question was about an hour: a bare number is one
	date  bool      // the question was about a day: a bare number is a day of the month
	offer []int     // readings offered before, minutes of the day: "10:00 or 16:00?"
}

// reader reads one message: numbers, days, hours. Used marks the tokens that became part of something.
type reader struct {
	tokens   []lexicon.Token
	lexical  []lexicon.Word
	words    []calendarWord
	used     []bool
	now      time.Time
	hours    *flowhq.Hours
	language flowhq.Language
}

func newReader(tokens []lexicon.Token, words []lexicon.Word) *reader {
	r := &reader{tokens: tokens, lexical: words, words: make([]calendarWord, len(tokens)), used: make([]bool, len(tokens))}
	table := calendarWords()
	for i, h := range words {
		if w, ok := table[h.Exact]; ok {
			r.words[i] = w
			continue
		}
		r.words[i] = oneMeaning(table, h.Typos)
	}
	return r
}

// oneMeaning gives the calendar word that a slip stands for; none when it may be two different ones.
func oneMeaning(table map[string]calendarWord, slips []string) calendarWord {
	var found calendarWord
	for _, s := range slips {
		w, ok := table[s]
		if !ok {
			continue
		}
		if found.kind != wordNone && (found.kind != w.kind || found.n != w.n) {
			return calendarWord{}
		}
		found = w
	}
	return found
}

func (r *reader) word(i int) calendarWord {
	if i < 0 || i >= len(r.words) {
		return calendarWord{}
	}
	return r.words[i]
}

func (r *reader) kind(i int) calendarKind { return r.word(i).kind }

func (r *reader) text(i int) string {
	if i < 0 || i >= len(r.tokens) {
		return ""
	}
	return r.lexical[i].Exact
}

func (r *reader) use(from, to int) {
	for i := from; i < to && i < len(r.used); i++ {
		r.used[i] = true
	}
}

// moment is what was read of a day and an hour, before it is judged.
type moment struct {
	day        time.Time // midnight of the day; zero: not said
	anyWeekday bool      // a bare weekday: today or in a week
	minute     int       // of the day; -1: not said or not certain
	part       int
	partText   string
	night      bool  // said to be of the night: after midnight belongs to the day before
	readings   []int // when the hour is ambiguous
	ask        bool  // impossible or ambiguous
	askDay     bool  // it is the day that is impossible
	past       bool
	closed     bool
	said       bool // anything of a day or an hour was said
	noDay      bool // a day was turned down and no other one named
	noHour     bool // the same of an hour
}

func (m moment) hasDay() bool  { return !m.day.IsZero() }
func (m moment) hasHour() bool { return m.minute >= 0 }

func (m moment) when(r *reader) When {
	w := When{Past: m.past, Ask: m.ask, Closed: m.closed, Part: m.partText}
	if m.hasDay() {
		w.Date = m.day.Format(time.DateOnly)
	}
	if m.hasHour() && !m.past {
		w.Time = clockText(m.minute)
	}
	for _, minute := range r.order(m.readings) {
		w.Options = append(w.Options, clockText(minute))
	}
	return w
}

// order gives the readings in the order in which a speaker of the tenant's language expects them: they come Swahili
// counting first; in English the western ones lead.
func (r *reader) order(readings []int) []int {
	if r.language != flowhq.English || len(readings) < 2 {
		return readings
	}
	return append(append([]int{}, readings[1:]...), readings[0])
}

func clockText(minute int) string {
	if minute < 0 || minute >= 24*60 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", minute/60, minute%60)
}

// readWhen reads the whole message and judges what it says: the last day and the last hour count, but those that are
// refused ("not tomorrow", "badala ya saa nne") do not.
func (r *reader) readWhen(e expectation) moment {
	m := moment{minute: -1, part: e.part}
	days, clocks, parts := r.scan(e)
	m.said = len(days)+len(clocks)+len(parts) > 0
	clock, hasClock := r.chooseClock(clocks, &m)
	m.noHour = len(clocks) > 0 && !hasClock && !m.ask
	if hasClock && clock.instant {
		m.day, m.minute = dayOf(clock.when), clock.when.Hour()*60+clock.when.Minute()
		return m.judge(r)
	}
	r.chooseDay(days, &m)
	m.noDay = len(days) > 0 && !m.hasDay() && !m.askDay
	if !m.hasDay() && !m.askDay && !e.day.IsZero() {
		m.day = dayOf(e.day)
	}
	r.choosePart(parts, clock, hasClock, &m)
	if hasClock {
		r.settle(clock, &m, e)
	}
	m.moveWeekday(r)
	if m.night && m.hasHour() && m.minute < 4*60 && m.hasDay() {
		m.rollNight(r)
	}
	return m.judge(r)
}

// moveWeekday moves a bare weekday that is today by a week when its hour, or all of today's opening time, is over.
func (m *moment) moveWeekday(r *reader) {
	if !m.anyWeekday || !m.hasDay() || !sameDay(m.day, r.now) {
		return
	}
	over := !r.openLater(r.now)
	if m.hasHour() {
		over = m.at().Before(r.now.Truncate(time.Minute))
	} else if len(m.readings) > 0 {
		over = false
	}
	if over {
		m.day = m.day.AddDate(0, 0, 7)
	}
}

// rollNight moves an hour after midnight to the next calendar day: it is still the night of the day that was named,
// unless that night is the one that is now.
func (m *moment) rollNight(r *reader) {
	if sameDay(m.day, r.now) && r.now.Hour() < 4 && !m.at().Before(r.now) {
		return
	}
	m.day = m.day.AddDate(0, 0, 1)
}

func (m moment) at() time.Time {
	return time.Date(m.day.Year(), m.day.Month(), m.day.Day(), m.minute/60, m.minute%60, 0, 0, m.day.Location())
}

// judge marks what is past or closed.
func (m moment) judge(r *reader) moment {
	if m.askDay {
		m.ask = true
		return m
	}
	if !m.hasDay() {
		m.closed = m.hasHour() && !r.everOpen(m.minute)
		return m
	}
	today := dayOf(r.now)
	switch {
	case m.day.Before(today):
		m.past, m.ask, m.readings = true, false, nil // an hour that was said is good for another day
	case m.hasHour() && m.at().Before(r.now.Truncate(time.Minute)):
		m.past, m.minute = true, -1
	case m.hasHour():
		m.closed = !r.openAt(m.at())
	default:
		m.closed = m.closed || len(r.spans(m.day)) == 0 || (sameDay(m.day, r.now) && !r.openLater(r.now))
	}
	return m
}

func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// Without any hours a business is taken to work from six in the morning to ten at night, every day.
const (
	usualOpen  = 6 * 60
	usualClose = 22 * 60
)

// spans gives the opening times of a day in minutes.
func (r *reader) spans(day time.Time) [][2]int { return spansOn(r.hours, day) }

func spansOn(hours *flowhq.Hours, day time.Time) [][2]int {
	if hours == nil {
		return [][2]int{{usualOpen, usualClose}}
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

func (r *reader) openAt(t time.Time) bool {
	return r.hours == nil || within(r.spans(t), t.Hour()*60+t.Minute())
}

func within(spans [][2]int, minute int) bool {
	for _, s := range spans {
		if s[0] <= minute && minute < s[1] {
			return true
		}
	}
	return false
}

// openLater tells whether the business is open at t or later on that day.
func (r *reader) openLater(t time.Time) bool {
	if r.hours == nil {
		return true
	}
	for _, s := range r.spans(t) {
		if t.Hour()*60+t.Minute() < s[1] {
			return true
		}
	}
	return false
}

// everOpen tells whether the business is open at that minute on any day of the week.
func (r *reader) everOpen(minute int) bool {
	if r.hours == nil {
		return true
	}
	for _, day := range r.hours.Days {
		for _, s := range day {
			if from, to, err := s.Minutes(); err == nil && from <= minute && minute < to {
				return true
			}
		}
	}
	return false
}

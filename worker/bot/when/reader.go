package when

import (
	"time"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// Context is what days and hours are read with.
type Context struct {
	Now      time.Time // in the business's zone; days are counted from it
	Hours    *flowhq.Hours
	Language flowhq.Language // only orders the readings to choose from
}

// Expectation is what a conversation knows already when it reads a day or an hour.
type Expectation struct {
	Day   time.Time // the day said before; zero: none
	Part  int       // the part of the day said before
	Hour  bool      // the question was about an hour: a bare number is one
	Date  bool      // the question was about a day: a bare number is a day of the month
	Offer []int     // readings offered before, minutes of the day: "10:00 or 16:00?"
}

// Reader reads one message. It belongs to one goroutine.
type Reader struct {
	*Cursor
	*calendar
	*opening
	language flowhq.Language
	scanner  scanner
	chooser  chooser
	settler  settler
}

// machinery is a Reader with all that it stands on, in one piece of memory.
type machinery struct {
	Reader
	cursor    Cursor
	calendar  calendar
	opening   opening
	dates     dateGrammar
	weeks     weekGrammar
	counts    countGrammar
	days      dayGrammar
	clocks    clockGrammar
	durations durationGrammar
}

// NewReader makes a reader of a message: its tokens, and the words that a vocabulary makes of them.
func NewReader(tokens []lexicon.Token, words []lexicon.Word, with Context) *Reader {
	m := &machinery{cursor: newCursor(tokens, words), calendar: calendar{now: with.Now},
		opening: opening{hours: with.Hours}}
	cursor, calendar, opening := &m.cursor, &m.calendar, &m.opening
	m.dates = dateGrammar{cursor, calendar}
	m.weeks = weekGrammar{cursor, calendar}
	m.counts = countGrammar{cursor, calendar, &m.weeks}
	m.days = dayGrammar{cursor, calendar, &m.dates, &m.weeks, &m.counts}
	m.clocks = clockGrammar{cursor}
	m.durations = durationGrammar{cursor, calendar}
	m.Reader = Reader{
		Cursor: cursor, calendar: calendar, opening: opening, language: with.Language,
		scanner: scanner{cursor, calendar, &m.days, &m.clocks, &m.durations},
		chooser: chooser{cursor},
		settler: settler{calendar, opening},
	}
	return &m.Reader
}

// SaysAny tells whether the message names a day or an hour.
func (r *Reader) SaysAny() bool {
	f := r.scanner.scan(Expectation{})
	return len(f.days)+len(f.clocks) > 0
}

// Read reads the whole message and judges what it says: the last day and the last hour count, but those that are
// refused ("not tomorrow", "badala ya saa nne") do not.
func (r *Reader) Read(e Expectation) Moment {
	m := Moment{Minute: -1, Part: e.Part}
	f := r.scanner.scan(e)
	m.Said = len(f.days)+len(f.clocks)+len(f.parts) > 0
	clock, hasClock := r.chooser.chooseClock(f.clocks, &m)
	m.NoHour = len(f.clocks) > 0 && !hasClock && !m.Ask
	if hasClock && clock.instant {
		m.Day, m.Minute = StartOfDay(clock.when), minuteOfDay(clock.when)
		return r.settler.judge(m)
	}
	r.readDay(f.days, e, &m)
	r.chooser.choosePart(f.parts, clock, hasClock, &m)
	if hasClock {
		r.settler.settle(clock, &m, e)
	}
	r.settler.moveWeekday(&m)
	r.settler.rollNight(&m)
	return r.settler.judge(m)
}

func (r *Reader) readDay(days []dayFound, e Expectation, m *Moment) {
	r.chooser.chooseDay(days, m)
	m.NoDay = len(days) > 0 && !m.HasDay() && !m.AskDay
	if !m.HasDay() && !m.AskDay && !e.Day.IsZero() {
		m.Day = StartOfDay(e.Day)
	}
}

// Judge tells of a day and a minute of it whether they are past, and whether the business is closed then.
func (r *Reader) Judge(day time.Time, minute int) Moment {
	return r.settler.judge(Moment{Day: day, Minute: minute})
}

// Order gives the readings of an hour in the order in which a speaker of the Context's language expects them: they come
// Swahili counting first; in English the western ones lead.
func (r *Reader) Order(readings []int) []int {
	if r.language != flowhq.English || len(readings) < 2 {
		return readings
	}
	return append(append([]int{}, readings[1:]...), readings[0])
}

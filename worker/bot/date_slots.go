package bot

import (
	"time"

	"flowhq/worker/bot/when"
)

// dateSlots fills the day and the hour.
type dateSlots struct {
	*utterance
	say *asker
}

// maxAhead is how many days ahead a day may be asked for.
const maxAhead = 366

// pickOffered takes the reading that lies in the part of the day that was now said.
func pickOffered(m *when.Moment, e when.Expectation) {
	if m.HasHour() || m.Part == when.PartNone || len(e.Offer) == 0 {
		return
	}
	var left []int
	for _, minute := range e.Offer {
		if when.InPart(m.Part, minute) {
			left = append(left, minute)
		}
	}
	if len(left) == 1 {
		m.Minute, m.Ask, m.Closed, m.Readings = left[0], false, false, nil
	}
}

// fill takes the day and the hour that the message says, together with those said before, and refuses what is past,
// closed or impossible. Expect is the fact that was asked for.
func (s *dateSlots) fill(expect string, out *outcome) {
	f := &s.state.Facts
	e := when.Expectation{Part: f.Part, Hour: expect == "time", Date: expect == "date", Offer: f.Readings}
	if day, ok := s.parseDay(f.Date); ok {
		e.Day = day
	}
	if s.choseReading(expect, out) {
		return
	}
	m := s.reader.Read(e)
	switch {
	case !m.Said:
		if (e.Hour || e.Date) && s.has(s.flow.means.anyTime) {
			s.anyTime(expect, out)
		}
	case m.NoDay || m.NoHour:
		s.dropRefused(m, out)
	default:
		pickOffered(&m, e)
		s.take(m, out)
	}
}

// take keeps what was read, or refuses it.
func (s *dateSlots) take(m when.Moment, out *outcome) {
	if refused := s.refuseWhen(m); refused != nil {
		s.keepWhatIsClear(m, refused, out)
		out.refuse(refused)
		return
	}
	f := &s.state.Facts
	if m.HasDay() {
		s.setFact("date", m.Day.Format(time.DateOnly), out)
	}
	if m.HasHour() {
		s.setFact("time", when.ClockText(m.Minute), out)
		f.Readings, f.Part = nil, 0
	} else if m.Part != when.PartNone && m.Part != f.Part {
		f.Part = m.Part
		out.set("time")
	}
	s.recheck(out)
}

// choseReading takes "the first" or "2" as one of the hours that were offered.
func (s *dateSlots) choseReading(expect string, out *outcome) bool {
	f := &s.state.Facts
	if expect != "time" || len(f.Readings) == 0 {
		return false
	}
	for i := range s.tokens {
		if n, ok := s.reader.Ordinal(i); ok && n >= 1 && n <= len(f.Readings) && s.contentWords(i, i+1) == 0 {
			s.setFact("time", when.ClockText(f.Readings[n-1]), out)
			f.Readings = nil
			return true
		}
	}
	return false
}

// recheck looks at a day and an hour that were said in different messages.
func (s *dateSlots) recheck(out *outcome) {
	f := &s.state.Facts
	day, ok := s.parseDay(f.Date)
	minute := when.ParseClock(f.Time)
	if !ok || minute < 0 {
		return
	}
	m := s.reader.Judge(day, minute)
	if refused := s.refuseWhen(m); refused != nil {
		if refused.ask == "time" {
			f.Time = ""
		} else {
			f.Date = ""
		}
		refused.minute = minute
		if refused.says == "past" {
			refused.minute = -1
		}
		s.makeOffer(refused)
		out.refuse(refused)
	}
}

// acceptsOffer tells that the message says yes to the day that was proposed.
func (s *dateSlots) acceptsOffer() bool {
	m := s.flow.means
	return s.state.Offer != nil && (s.has(m.yes) || s.has(m.noProblem) || s.has(m.anyTime)) && !s.has(m.no) &&
		!s.saysWhen()
}

// dropRefused forgets a day or an hour that the customer cannot make, so that another one is asked for.
func (s *dateSlots) dropRefused(m when.Moment, out *outcome) {
	if m.NoDay && s.state.Facts.Date != "" {
		s.clearFact("date")
		out.set("date")
	}
	if m.NoHour && s.state.Facts.Time != "" {
		s.clearFact("time")
		out.set("time")
	}
}

// anyTime proposes the next possible day, or hour of the day that is known, to a customer who leaves it to the
// business.
func (s *dateSlots) anyTime(expect string, out *outcome) {
	r := &refusal{key: "offer", ask: expect, kind: expect, complete: true, minute: when.ParseClock(s.state.Facts.Time)}
	if day, ok := s.parseDay(s.state.Facts.Date); ok {
		r.day = day
	}
	offer, at, ok := s.nextPossible(r)
	if !ok {
		return
	}
	s.state.Offer = &offer
	next := s.say.offerText(offer, at)
	r.values = func(string) string { return next }
	out.refuse(r)
}

// keepWhatIsClear keeps the day when only the hour is refused, and the hour when only the day is.
func (s *dateSlots) keepWhatIsClear(m when.Moment, r *refusal, out *outcome) {
	f := &s.state.Facts
	switch r.ask {
	case "time":
		if m.HasDay() {
			s.setFact("date", m.Day.Format(time.DateOnly), out)
		}
		f.Time, f.Part = "", m.Part
		f.Readings = s.reader.Order(m.Readings)
	case "date":
		f.Date = ""
		if m.HasHour() && r.key != "past_time" {
			s.setFact("time", when.ClockText(m.Minute), out)
		}
	}
	s.makeOffer(r)
}

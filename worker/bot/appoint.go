package bot

import (
	"time"

	"flowhq"
	"flowhq/worker/bot/when"
)

// maxAhead is how many days ahead a day may be asked for.
const maxAhead = 366

// absorbWhen takes the day and the hour that the message says, together with those said before, and refuses what is past,
// closed or impossible.
func (t *turn) absorbWhen(task *task, expect string, out *outcome) {
	f := &t.st.Facts
	e := when.Expectation{Part: f.Part, Hour: expect == "time", Date: expect == "date", Offer: f.Readings}
	if day, ok := t.parseDay(f.Date); ok {
		e.Day = day
	}
	if t.choseReading(expect, out) {
		return
	}
	m := t.reader.Read(e)
	if !m.Said {
		if (expect == "time" || expect == "date") && t.has(t.flow.means.anyTime) {
			t.anyTime(expect, out)
		}
		return
	}
	if m.NoDay || m.NoHour {
		t.dropTurnedDown(m, out)
		return
	}
	pickOffered(&m, e)
	if refused := t.refuseWhen(m); refused != nil {
		t.keepWhatIsClear(m, refused, out)
		out.refuse(refused)
		return
	}
	if m.HasDay() {
		t.setFact("date", m.Day.Format(time.DateOnly), out)
	}
	if m.HasHour() {
		t.setFact("time", when.ClockText(m.Minute), out)
		f.Readings, f.Part = nil, 0
	} else if m.Part != when.PartNone && m.Part != f.Part {
		f.Part = m.Part
		out.set("time")
	}
	t.recheck(out)
}

// choseReading takes "the first" or "2" as one of the hours that were offered.
func (t *turn) choseReading(expect string, out *outcome) bool {
	f := &t.st.Facts
	if expect != "time" || len(f.Readings) == 0 {
		return false
	}
	for i := range t.tokens {
		if n, ok := t.reader.Ordinal(i); ok && n >= 1 && n <= len(f.Readings) && t.contentWords(i, i+1) == 0 {
			t.setFact("time", when.ClockText(f.Readings[n-1]), out)
			f.Readings = nil
			return true
		}
	}
	return false
}

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

// refuseWhen gives the reason why a day or an hour cannot be.
func (t *turn) refuseWhen(m when.Moment) *refusal {
	dayClosed := m.HasDay() && len(t.reader.Spans(m.Day)) == 0
	over := m.HasDay() && when.SameDay(m.Day, t.now) && !t.reader.OpenLater(t.now)
	switch {
	case m.AskDay:
		return t.refusal("impossible_date", "date", "", m)
	case m.Past && m.Day.Before(when.StartOfDay(t.now)):
		return t.refusal("past_day", "date", "past", m)
	case m.Past && over:
		return t.refusal("past_time", "date", "past", m)
	case m.Past:
		return t.refusal("past_time", "time", "past", m)
	case m.HasDay() && m.Day.After(when.StartOfDay(t.now).AddDate(0, 0, maxAhead)):
		return t.refusal("too_far", "date", "", m)
	case dayClosed || over && !m.HasHour():
		return t.refusal("closed_day", "date", "closed", m)
	case len(m.Readings) > 1:
		r := t.refusal("which_time", "time", "", m)
		r.complete, r.offer = true, false
		return r
	case m.Closed:
		return t.refusal("closed_time", "time", "closed", m)
	case m.Ask:
		return t.refusal("impossible_time", "time", "", m)
	}
	return nil
}

func (t *turn) refusal(key, ask, says string, m when.Moment) *refusal {
	r := &refusal{key: key, ask: ask, kind: ask, says: says, day: m.Day, minute: m.Minute, wanted: m.Minute, complete: true}
	r.offer = says != ""
	return r
}

// keepWhatIsClear keeps the day when only the hour is refused, and the hour when only the day is.
func (t *turn) keepWhatIsClear(m when.Moment, r *refusal, out *outcome) {
	f := &t.st.Facts
	switch r.ask {
	case "time":
		if m.HasDay() {
			t.setFact("date", m.Day.Format(time.DateOnly), out)
		}
		f.Time, f.Part = "", m.Part
		f.Readings = t.reader.Order(m.Readings)
	case "date":
		f.Date = ""
		if m.HasHour() && r.key != "past_time" {
			t.setFact("time", when.ClockText(m.Minute), out)
		}
	}
	t.makeOffer(r)
}

// recheck looks at a day and an hour that were said in different messages.
func (t *turn) recheck(out *outcome) {
	f := &t.st.Facts
	day, ok := t.parseDay(f.Date)
	minute := when.ParseClock(f.Time)
	if !ok || minute < 0 {
		return
	}
	m := t.reader.Judge(day, minute)
	if refused := t.refuseWhen(m); refused != nil {
		if refused.ask == "time" {
			f.Time = ""
		} else {
			f.Date = ""
		}
		refused.minute = minute
		if refused.says == "past" {
			refused.minute = -1
		}
		t.makeOffer(refused)
		out.refuse(refused)
	}
}

// makeOffer looks for the next possible day and hour and puts it into the refusal's text.
func (t *turn) makeOffer(r *refusal) {
	if !r.offer || r.values != nil {
		return
	}
	offer, at, ok := t.nextPossible(r)
	next := ""
	if ok {
		t.st.Offer = &offer
		next = t.offerText(offer, at)
	}
	day := r.day
	r.values = func(name string) string {
		switch name {
		case "date":
			if !day.IsZero() {
				return dateText(day, t.flow.Language)
			}
		case "open_hours":
			if !day.IsZero() {
				return t.openHours(day.Format(time.DateOnly))
			}
		case "offer":
			if next != "" {
				return t.render("offer", func(string) string { return next })
			}
		}
		return ""
	}
}

// nextPossible finds the next day, and hour when one is wanted, at which the business is open.
func (t *turn) nextPossible(r *refusal) (Offer, time.Time, bool) {
	from := t.now
	if !r.day.IsZero() && r.day.After(from) {
		from = r.day
	}
	if r.minute >= 0 && r.key != "closed_time" {
		for n := range 60 {
			day := when.StartOfDay(from).AddDate(0, 0, n)
			at := time.Date(day.Year(), day.Month(), day.Day(), r.minute/60, r.minute%60, 0, 0, day.Location())
			if at.After(t.now) && when.Within(t.reader.Spans(day), r.minute) {
				return Offer{Date: day.Format(time.DateOnly), Time: when.ClockText(r.minute)}, day, true
			}
		}
	}
	if r.key == "closed_time" && r.wanted >= 0 && !r.day.IsZero() {
		from = when.StartOfDay(r.day).Add(time.Duration(r.wanted) * time.Minute)
	}
	at, ok := t.nextOpen(from)
	if !ok {
		return Offer{}, time.Time{}, false
	}
	offer := Offer{Date: at.Format(time.DateOnly)}
	if r.ask == "time" || t.st.Facts.Part == when.PartNone && r.minute >= 0 {
		offer.Time = when.ClockText(at.Hour()*60 + at.Minute())
	}
	return offer, at, true
}

// nextOpen gives the next half hour at which the business is open.
func (t *turn) nextOpen(from time.Time) (time.Time, bool) {
	if !from.After(t.now) {
		from = t.now.Add(30 * time.Minute).Truncate(30 * time.Minute)
	}
	hours := t.biz.Settings.Hours
	if hours == nil {
		if minute := from.Hour()*60 + from.Minute(); minute < when.UsualOpen || minute >= when.UsualClose {
			from = when.StartOfDay(from).AddDate(0, 0, 1).Add(8 * time.Hour)
		}
		return from, true
	}
	return hours.NextOpen(from)
}

// acceptsOffer tells that the message says yes to the day that was proposed.
func (t *turn) acceptsOffer() bool {
	m := t.flow.means
	return t.st.Offer != nil && (t.has(m.yes) || t.has(m.noProblem) || t.has(m.anyTime)) && !t.has(m.no) && !t.saysWhen()
}

func (t *turn) takeOffer() {
	t.trace(flowhq.TraceStep, "took the day that was proposed")
	f := &t.st.Facts
	f.Date = t.st.Offer.Date
	t.source("date")
	if t.st.Offer.Time != "" {
		f.Time, f.Readings, f.Part = t.st.Offer.Time, nil, 0
		t.source("time")
	}
	t.st.Offer, t.st.Misses = nil, 0
}

// dropTurnedDown forgets a day or an hour that the customer cannot make, so that another one is asked for.
func (t *turn) dropTurnedDown(m when.Moment, out *outcome) {
	if m.NoDay && t.st.Facts.Date != "" {
		t.clear("date")
		out.set("date")
	}
	if m.NoHour && t.st.Facts.Time != "" {
		t.clear("time")
		out.set("time")
	}
}

// anyTime proposes the next possible day, or hour of the day that is known, to a customer who leaves it to the business.
func (t *turn) anyTime(expect string, out *outcome) {
	r := &refusal{key: "offer", ask: expect, kind: expect, complete: true, minute: when.ParseClock(t.st.Facts.Time)}
	if day, ok := t.parseDay(t.st.Facts.Date); ok {
		r.day = day
	}
	offer, at, ok := t.nextPossible(r)
	if !ok {
		return
	}
	t.st.Offer = &offer
	next := t.offerText(offer, at)
	r.values = func(string) string { return next }
	out.refuse(r)
}

func (t *turn) offerText(offer Offer, day time.Time) string {
	text := dateText(day, t.flow.Language)
	if offer.Time != "" {
		text += t.joint() + hourText(when.ParseClock(offer.Time), t.flow.Language)
	}
	return text
}

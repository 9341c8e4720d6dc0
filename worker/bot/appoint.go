package bot

import (
	"time"

	"flowhq"
)

// maxAhead is how many days ahead a day may be asked for.
const maxAhead = 366

// absorbWhen takes the day and the hour that the message says, together with those said before, and refuses what is past,
// closed or impossible.
func (t *turn) absorbWhen(task *task, expect string, out *outcome) {
	f := &t.st.Facts
	e := expectation{part: f.Part, hour: expect == "time", date: expect == "date", offer: f.Readings}
	if day, ok := t.parseDay(f.Date); ok {
		e.day = day
	}
	if t.choseReading(expect, out) {
		return
	}
	m := t.reader.readWhen(e)
	if !m.said {
		if (expect == "time" || expect == "date") && t.has(t.flow.means.anyTime) {
			t.anyTime(expect, out)
		}
		return
	}
	if m.noDay || m.noHour {
		t.dropTurnedDown(m, out)
		return
	}
	m.pickOffered(e)
	if refused := t.refuseWhen(m); refused != nil {
		t.keepWhatIsClear(m, refused, out)
		out.refuse(refused)
		return
	}
	if m.hasDay() {
		t.setFact("date", m.day.Format(time.DateOnly), out)
	}
	if m.hasHour() {
		t.setFact("time", clockText(m.minute), out)
		f.Readings, f.Part = nil, 0
	} else if m.part != partNone && m.part != f.Part {
		f.Part = m.part
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
		if w := t.reader.word(i); w.kind == wordOrdinal && w.n >= 1 && w.n <= len(f.Readings) && t.contentWords(i, i+1) == 0 {
			t.setFact("time", clockText(f.Readings[w.n-1]), out)
			f.Readings = nil
			return true
		}
	}
	return false
}

// pickOffered takes the reading that lies in the part of the day that was now said.
func (m *moment) pickOffered(e expectation) {
	if m.hasHour() || m.part == partNone || len(e.offer) == 0 {
		return
	}
	var left []int
	for _, minute := range e.offer {
		if inPart(m.part, minute) {
			left = append(left, minute)
		}
	}
	if len(left) == 1 {
		m.minute, m.ask, m.closed, m.readings = left[0], false, false, nil
	}
}

// refuseWhen gives the reason why a day or an hour cannot be.
func (t *turn) refuseWhen(m moment) *refusal {
	dayClosed := m.hasDay() && len(t.reader.spans(m.day)) == 0
	over := m.hasDay() && sameDay(m.day, t.now) && !t.reader.openLater(t.now)
	switch {
	case m.askDay:
		return t.refusal("impossible_date", "date", "", m)
	case m.past && m.day.Before(dayOf(t.now)):
		return t.refusal("past_day", "date", "past", m)
	case m.past && over:
		return t.refusal("past_time", "date", "past", m)
	case m.past:
		return t.refusal("past_time", "time", "past", m)
	case m.hasDay() && m.day.After(dayOf(t.now).AddDate(0, 0, maxAhead)):
		return t.refusal("too_far", "date", "", m)
	case dayClosed || over && !m.hasHour():
		return t.refusal("closed_day", "date", "closed", m)
	case len(m.readings) > 1:
		r := t.refusal("which_time", "time", "", m)
		r.complete, r.offer = true, false
		return r
	case m.closed:
		return t.refusal("closed_time", "time", "closed", m)
	case m.ask:
		return t.refusal("impossible_time", "time", "", m)
	}
	return nil
}

func (t *turn) refusal(key, ask, says string, m moment) *refusal {
	r := &refusal{key: key, ask: ask, kind: ask, says: says, day: m.day, minute: m.minute, wanted: m.minute, complete: true}
	r.offer = says != ""
	return r
}

// keepWhatIsClear keeps the day when only the hour is refused, and the hour when only the day is.
func (t *turn) keepWhatIsClear(m moment, r *refusal, out *outcome) {
	f := &t.st.Facts
	switch r.ask {
	case "time":
		if m.hasDay() {
			t.setFact("date", m.day.Format(time.DateOnly), out)
		}
		f.Time, f.Part = "", m.part
		f.Readings = t.reader.order(m.readings)
	case "date":
		f.Date = ""
		if m.hasHour() && r.key != "past_time" {
			t.setFact("time", clockText(m.minute), out)
		}
	}
	t.makeOffer(r)
}

// recheck looks at a day and an hour that were said in different messages.
func (t *turn) recheck(out *outcome) {
	f := &t.st.Facts
	day, ok := t.parseDay(f.Date)
	minute := minuteOf(f.Time)
	if !ok || minute < 0 {
		return
	}
	m := moment{day: day, minute: minute}.judge(t.reader)
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
			day := dayOf(from).AddDate(0, 0, n)
			at := time.Date(day.Year(), day.Month(), day.Day(), r.minute/60, r.minute%60, 0, 0, day.Location())
			if at.After(t.now) && within(t.reader.spans(day), r.minute) {
				return Offer{Date: day.Format(time.DateOnly), Time: clockText(r.minute)}, day, true
			}
		}
	}
	if r.key == "closed_time" && r.wanted >= 0 && !r.day.IsZero() {
		from = dayOf(r.day).Add(time.Duration(r.wanted) * time.Minute)
	}
	at, ok := t.nextOpen(from)
	if !ok {
		return Offer{}, time.Time{}, false
	}
	offer := Offer{Date: at.Format(time.DateOnly)}
	if r.ask == "time" || t.st.Facts.Part == partNone && r.minute >= 0 {
		offer.Time = clockText(at.Hour()*60 + at.Minute())
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
		if minute := from.Hour()*60 + from.Minute(); minute < usualOpen || minute >= usualClose {
			from = dayOf(from).AddDate(0, 0, 1).Add(8 * time.Hour)
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
func (t *turn) dropTurnedDown(m moment, out *outcome) {
	if m.noDay && t.st.Facts.Date != "" {
		t.clear("date")
		out.set("date")
	}
	if m.noHour && t.st.Facts.Time != "" {
		t.clear("time")
		out.set("time")
	}
}

// anyTime proposes the next possible day, or hour of the day that is known, to a customer who leaves it to the business.
func (t *turn) anyTime(expect string, out *outcome) {
	r := &refusal{key: "offer", ask: expect, kind: expect, complete: true, minute: minuteOf(t.st.Facts.Time)}
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
		text += t.joint() + hourText(minuteOf(offer.Time), t.flow.Language)
	}
	return text
}

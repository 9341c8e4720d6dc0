package bot

import (
	"time"

	"flowhq/worker/bot/when"
)

// refuseWhen gives the reason why a day or an hour cannot be.
func (s *dateSlots) refuseWhen(m when.Moment) *refusal {
	dayClosed := m.HasDay() && len(s.reader.Spans(m.Day)) == 0
	over := m.HasDay() && when.SameDay(m.Day, s.now) && !s.reader.OpenLater(s.now)
	switch {
	case m.AskDay:
		return s.refusal("impossible_date", "date", "", m)
	case m.Past && m.Day.Before(when.StartOfDay(s.now)):
		return s.refusal("past_day", "date", "past", m)
	case m.Past && over:
		return s.refusal("past_time", "date", "past", m)
	case m.Past:
		return s.refusal("past_time", "time", "past", m)
	case m.HasDay() && m.Day.After(when.StartOfDay(s.now).AddDate(0, 0, maxAhead)):
		return s.refusal("too_far", "date", "", m)
	case dayClosed || over && !m.HasHour():
		return s.refusal("closed_day", "date", "closed", m)
	case len(m.Readings) > 1:
		r := s.refusal("which_time", "time", "", m)
		r.complete, r.offer = true, false
		return r
	case m.Closed:
		return s.refusal("closed_time", "time", "closed", m)
	case m.Ask:
		return s.refusal("impossible_time", "time", "", m)
	}
	return nil
}

func (s *dateSlots) refusal(key, ask, says string, m when.Moment) *refusal {
	r := &refusal{key: key, ask: ask, kind: ask, says: says, day: m.Day, minute: m.Minute, wanted: m.Minute, complete: true}
	r.offer = says != ""
	return r
}

// makeOffer looks for the next possible day and hour and puts it into the refusal's text.
func (s *dateSlots) makeOffer(r *refusal) {
	if !r.offer || r.values != nil {
		return
	}
	offer, at, ok := s.nextPossible(r)
	next := ""
	if ok {
		s.state.Offer = &offer
		next = s.say.offerText(offer, at)
	}
	day := r.day
	r.values = func(name string) string {
		switch name {
		case "date":
			if !day.IsZero() {
				return dateText(day, s.flow.Language)
			}
		case "open_hours":
			if !day.IsZero() {
				return s.say.openHours(day.Format(time.DateOnly))
			}
		case "offer":
			if next != "" {
				return s.say.render("offer", func(string) string { return next })
			}
		}
		return ""
	}
}

// nextPossible finds the next day, and hour when one is wanted, at which the business is open.
func (s *dateSlots) nextPossible(r *refusal) (Offer, time.Time, bool) {
	from := s.now
	if !r.day.IsZero() && r.day.After(from) {
		from = r.day
	}
	if r.minute >= 0 && r.key != "closed_time" {
		for n := range 60 {
			day := when.StartOfDay(from).AddDate(0, 0, n)
			at := time.Date(day.Year(), day.Month(), day.Day(), r.minute/60, r.minute%60, 0, 0, day.Location())
			if at.After(s.now) && when.Within(s.reader.Spans(day), r.minute) {
				return Offer{Date: day.Format(time.DateOnly), Time: when.ClockText(r.minute)}, day, true
			}
		}
	}
	if r.key == "closed_time" && r.wanted >= 0 && !r.day.IsZero() {
		from = when.StartOfDay(r.day).Add(time.Duration(r.wanted) * time.Minute)
	}
	at, ok := s.nextOpen(from)
	if !ok {
		return Offer{}, time.Time{}, false
	}
	offer := Offer{Date: at.Format(time.DateOnly)}
	if r.ask == "time" || s.state.Facts.Part == when.PartNone && r.minute >= 0 {
		offer.Time = when.ClockText(at.Hour()*60 + at.Minute())
	}
	return offer, at, true
}

// nextOpen gives the next half hour at which the business is open.
func (s *dateSlots) nextOpen(from time.Time) (time.Time, bool) {
	if !from.After(s.now) {
		from = s.now.Add(30 * time.Minute).Truncate(30 * time.Minute)
	}
	hours := s.business.Settings.Hours
	if hours == nil {
		if minute := from.Hour()*60 + from.Minute(); minute < when.UsualOpen || minute >= when.UsualClose {
			from = when.StartOfDay(from).AddDate(0, 0, 1).Add(8 * time.Hour)
		}
		return from, true
	}
	return hours.NextOpen(from)
}

package bot

import (
	"time"

	"flowhq/worker/bot/when"
)

// refuseWhen gives the reason why a day or an hour cannot be.
func (s *dateSlots) refuseWhen(m when.Moment) *refusal {
	today := when.StartOfDay(s.now)
	// today, and closed for the rest of it
	over := m.HasDay() && when.SameDay(m.Day, s.now) && !s.reader.OpenLater(s.now)
	switch {
	case m.AskDay:
		return s.refusal("impossible_date", "date", "", m)
	case m.Past:
		return s.refusePast(m, over)
	case m.HasDay() && m.Day.After(today.AddDate(0, 0, maxAhead)):
		return s.refusal("too_far", "date", "", m)
	case m.HasDay() && len(s.reader.Spans(m.Day)) == 0 || over && !m.HasHour():
		return s.refusal("closed_day", "date", "closed", m)
	}
	return s.refuseHour(m)
}

func (s *dateSlots) refusePast(m when.Moment, over bool) *refusal {
	switch {
	case m.Day.Before(when.StartOfDay(s.now)):
		return s.refusal("past_day", "date", "past", m)
	case over:
		return s.refusal("past_time", "date", "past", m)
	}
	return s.refusal("past_time", "time", "past", m)
}

func (s *dateSlots) refuseHour(m when.Moment) *refusal {
	switch {
	case len(m.Readings) > 1:
		return s.refusal("which_time", "time", "", m)
	case m.Closed:
		return s.refusal("closed_time", "time", "closed", m)
	case m.Ask:
		return s.refusal("impossible_time", "time", "", m)
	}
	return nil
}

// refusal makes one that asks for a day or an hour; one that says why proposes another.
func (s *dateSlots) refusal(key, ask, says string, m when.Moment) *refusal {
	return &refusal{
		key: key, ask: ask, kind: ask, says: says, day: m.Day, minute: m.Minute, wanted: m.Minute,
		complete: true, offer: says != "",
	}
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
	if r.key == "closed_time" {
		if r.wanted >= 0 && !r.day.IsZero() {
			from = when.StartOfDay(r.day).Add(time.Duration(r.wanted) * time.Minute)
		}
	} else if day, ok := s.nextDayAt(r.minute, from); ok {
		return Offer{Date: day.Format(time.DateOnly), Time: when.ClockText(r.minute)}, day, true
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

// nextDayAt finds the next day, within two months, on which the business is open at a minute of the day.
func (s *dateSlots) nextDayAt(minute int, from time.Time) (time.Time, bool) {
	if minute < 0 {
		return time.Time{}, false
	}
	for n := range 60 {
		day := when.StartOfDay(from).AddDate(0, 0, n)
		at := time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, day.Location())
		if at.After(s.now) && when.Within(s.reader.Spans(day), minute) {
			return day, true
		}
	}
	return time.Time{}, false
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

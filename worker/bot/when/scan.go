package when

// scanner finds every day, hour and part of the day in a message.
type scanner struct {
	*Cursor
	*calendar
	days      *dayGrammar
	clocks    *clockGrammar
	durations *durationGrammar
}

// scan marks what it finds as used, and what the customer turns down as refused.
func (s *scanner) scan(e Expectation) found {
	var f found
	for i := 0; i < len(s.tokens); {
		i = s.next(i, &f, e)
	}
	if e.Date && len(f.days) == 0 && len(f.clocks) == 0 {
		s.bareDay(&f)
	}
	s.refuse(&f)
	s.useAll(&f)
	return f
}

// next takes what begins at token i and gives the token after it.
func (s *scanner) next(i int, f *found, e Expectation) int {
	if c, ok := s.durations.instantAt(i); ok {
		f.clocks = append(f.clocks, c)
		return c.end
	}
	if d, ok := s.days.dayAt(i); ok {
		if s.kind(i) == wordTonight {
			f.parts = append(f.parts, partFound{at: i, end: i + 1, part: partNight})
		}
		f.days = append(f.days, d)
		return d.end
	}
	behindOr := s.kind(i-1) == wordOr && f.endsClock(i-1) // saa nne au tano
	if c, ok := s.clocks.clockAt(i, f.endsDay(i) || behindOr, e); ok {
		if c.part > 0 {
			f.parts = append(f.parts, partFound{at: c.part, end: c.part + 1, part: s.words[c.part].n})
		}
		f.clocks = append(f.clocks, c)
		return c.end
	}
	if s.kind(i) == wordPart && !s.greets(i) {
		f.parts = append(f.parts, partFound{at: i, end: i + 1, part: s.words[i].n})
	}
	return i + 1
}

// bareDay takes the only number of an answer to "which day?" as a day of the month.
func (s *scanner) bareDay(f *found) {
	for i := range s.tokens {
		if n, end, ok := s.dayNumber(i); ok {
			f.days = append(f.days, s.dayOfMonth(i, end, n))
			return
		}
	}
}

// refuse marks days and hours that the customer turns down: "not tomorrow", "badala ya saa nne", "kesho siwezi".
func (s *scanner) refuse(f *found) {
	for i := range f.days {
		f.days[i].refused = s.Refused(f.days[i].at)
	}
	for i := range f.clocks {
		f.clocks[i].refused = s.Refused(f.clocks[i].at)
	}
	for k := range s.words {
		if s.words[k].kind == wordCannot && !f.refuseNear(k, true) {
			f.refuseNear(k, false)
		}
	}
}

func (s *scanner) useAll(f *found) {
	for _, d := range f.days {
		s.Use(d.at, d.end)
	}
	for _, c := range f.clocks {
		s.Use(c.at, c.end)
	}
	for _, p := range f.parts {
		s.Use(p.at, p.end)
	}
}

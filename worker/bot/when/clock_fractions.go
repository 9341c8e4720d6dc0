package when

// fraction is what stands before "past" or "to".
type fraction struct {
	minutes int64
	end     int
	number  bool // a number, not a half or a quarter
	spoken  bool // in words, and such as people round to: ten, twenty
	counted bool // "minutes" was said
}

// pastTo reads "half past three", "quarter to four", "ten past nine", "10 minutes to 8", "robo kabla ya saa nne".
func (g *clockGrammar) pastTo(i int) (clockFound, bool) {
	f, ok := g.fractionAt(i)
	if !ok {
		return clockFound{}, false
	}
	end, to := g.directionAt(f.end)
	switch past := g.kind(end) == wordPast; {
	case past:
	case f.minutes == 30 && g.Text(i) == "half":
		end-- // "half three"
	case !to:
		return clockFound{}, false
	}
	hour, after, ok := g.Number(end + 1)
	if !ok || hour > 12 || hour < 1 || to && f.isRange(hour) {
		return clockFound{}, false
	}
	c := clockFound{end: after, hour: int(hour), add: int(f.minutes)}
	if to {
		c.add = -c.add
	}
	g.suffixes(&c)
	return c, true
}

// fractionAt reads a half, a quarter, or a number of minutes.
func (g *clockGrammar) fractionAt(i int) (fraction, bool) {
	f := fraction{end: i + 1}
	switch g.kind(i) {
	case wordHalf:
		f.minutes = 30
	case wordQuarter:
		f.minutes = 15
	case wordA:
		if g.kind(i+1) != wordQuarter {
			return f, false
		}
		f.minutes, f.end = 15, i+2
	default:
		n, end, ok := g.numberBelow(i, 60)
		if !ok {
			return f, false
		}
		f.minutes, f.end, f.number = int64(n), end, true
	}
	f.spoken = g.kind(i) != wordNone && f.minutes%5 == 0
	if g.kind(f.end) == wordMinute {
		f.counted = true
		f.end++
	}
	return f, true
}

// directionAt reads "to" and "kabla ya", with "saa" behind it. End is the last word of it.
func (g *clockGrammar) directionAt(i int) (end int, to bool) {
	if g.kind(i) != wordBefore || g.kind(i+1) != wordOf {
		return i, g.Text(i) == "to"
	}
	if i++; g.kind(i+1) == wordSaa {
		i++
	}
	return i, true
}

// isRange tells whether "to" makes a range of hours, "10 to 12"; "ten to twelve" does not.
func (f fraction) isRange(hour int64) bool {
	return f.number && !f.counted && !f.spoken && (f.minutes <= hour || f.minutes%5 != 0)
}

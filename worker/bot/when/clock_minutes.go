package when

import "flowhq/worker/bot/lexicon"

// minutes reads the minutes of a written clock: 9:30, 9.30, 14h30, 930 am, 9 30 am, 0900 hrs, and of "nine thirty".
func (g *clockGrammar) minutes(at int, c *clockFound) bool {
	if at >= len(g.tokens) {
		return false
	}
	if g.tokens[at].Kind != lexicon.NumberToken {
		return g.word(at).english && g.spokenMinutes(c)
	}
	return g.colonMinutes(c) || g.hourMark(c) || g.oneNumber(at, c) || g.spacedMinutes(c)
}

// colonMinutes reads ":30" and ".30", and seconds behind it.
func (g *clockGrammar) colonMinutes(c *clockFound) bool {
	next := c.end
	minute, ok := g.Digits(next)
	if !ok || !g.glued(next, ":") && (!g.glued(next, ".") || g.isDecimal(next)) {
		return false
	}
	if len(g.tokens[next].Text) != 2 || minute > 59 {
		c.hour = impossibleHour
	}
	c.add, c.end = int(minute), next+1
	if n, ok := g.Digits(c.end); ok && g.glued(c.end, ":") && n < 60 {
		c.end++ // seconds
	}
	return true
}

// isDecimal tells whether the point before token i belongs to a number that is not a clock: "2.5", "26.3.2026".
func (g *clockGrammar) isDecimal(i int) bool { return len(g.tokens[i].Text) != 2 }

// hourMark reads "h" and "h30".
func (g *clockGrammar) hourMark(c *clockFound) bool {
	if g.Text(c.end) != "h" || !g.glued(c.end, "") {
		return false
	}
	c.end++
	if m, ok := g.Digits(c.end); ok && m < 60 && g.glued(c.end, "") {
		c.add = int(m)
		c.end++
	}
	c.western = true
	return true
}

// oneNumber reads hour and minutes in one piece: 930 am, 0900 hrs.
func (g *clockGrammar) oneNumber(at int, c *clockFound) bool {
	next, digits := c.end, len(g.tokens[at].Text)
	hours := g.kind(next) == wordHour
	if digits < 3 || digits > 4 || !hours && !g.isHalfDay(next) {
		return false
	}
	c.hour, c.add = c.hour/100, c.hour%100
	if c.add > 59 {
		c.hour = impossibleHour
	}
	if hours {
		c.western = true
		c.end++
	}
	return true
}

// spacedMinutes reads "9 30 am".
func (g *clockGrammar) spacedMinutes(c *clockFound) bool {
	next := c.end
	minute, ok := g.Digits(next)
	if !ok || minute > 59 || len(g.tokens[next].Text) != 2 || g.tokens[next].Sep != "" || !g.isHalfDay(next+1) {
		return false
	}
	c.add, c.end = int(minute), next+1
	return true
}

// spokenMinutes reads "thirty" of "nine thirty".
func (g *clockGrammar) spokenMinutes(c *clockFound) bool {
	m, end, ok := g.numberBelow(c.end, 60)
	if !ok || m < 10 || !g.word(c.end).english {
		return false
	}
	c.add, c.end = m, end
	return true
}

// military reads "saa 1400", "friday 1630": four digits in one piece, behind a day or the word for an hour. A year does
// not count.
func (g *clockGrammar) military(at int, c *clockFound) bool {
	t := g.tokens[at]
	if t.Kind != lexicon.NumberToken || len(t.Text) != 4 || c.end != at+1 || c.add != 0 {
		return false
	}
	hour, minute := c.hour/100, c.hour%100
	if hour > 23 || minute > 59 || minute%5 != 0 || g.kind(at-1) == wordMonth {
		return false
	}
	c.hour, c.add, c.western = hour, minute, true
	return true
}

// swahiliMinutes reads what follows a Swahili hour: na nusu, na robo, kasorobo, kasoro dakika kumi, na dakika ishirini.
func (g *clockGrammar) swahiliMinutes(c *clockFound, introduced bool) bool {
	i := c.end
	switch g.kind(i) {
	case wordLessQuarter:
		return c.setMinutes(-15, i+1)
	case wordLess:
		return g.lessMinutes(c, i+1)
	case wordMinute: // saa nne dakika kumi
		return introduced && g.countedMinutes(c, i+1)
	case wordAnd:
		return g.addedMinutes(c, i+1, introduced)
	case wordHalf, wordQuarter:
		return introduced && g.addedMinutes(c, i, introduced)
	}
	if g.Text(i) == "u" && g.kind(i+1) == wordHalf {
		return g.addedMinutes(c, i+1, introduced)
	}
	return false
}

func (c *clockFound) setMinutes(add, end int) bool {
	c.add, c.end = add, end
	return true
}

// lessMinutes reads what follows "kasoro": robo, dakika kumi, kumi.
func (g *clockGrammar) lessMinutes(c *clockFound, i int) bool {
	switch g.kind(i) {
	case wordQuarter:
		return c.setMinutes(-15, i+1)
	case wordMinute:
		i++
	}
	n, end, ok := g.numberBelow(i, 60)
	return ok && c.setMinutes(-n, end)
}

func (g *clockGrammar) countedMinutes(c *clockFound, i int) bool {
	n, end, ok := g.numberBelow(i, 60)
	return ok && c.setMinutes(n, end)
}

// addedMinutes reads a half, a quarter, "dakika kumi" or, behind an hour that was introduced, a bare number.
func (g *clockGrammar) addedMinutes(c *clockFound, i int, introduced bool) bool {
	switch g.kind(i) {
	case wordHalf:
		return c.setMinutes(30, i+1)
	case wordQuarter:
		return c.setMinutes(15, i+1)
	case wordMinute:
		return g.countedMinutes(c, i+1)
	}
	n, end, ok := g.numberBelow(i, 60)
	if !ok || n < 5 || !introduced {
		return false
	}
	if g.kind(end) == wordMinute {
		end++
	}
	return c.setMinutes(n, end)
}

// suffixes reads am, pm, o'clock and kamili behind an hour. It tells whether there was any.
func (g *clockGrammar) suffixes(c *clockFound) bool {
	shown := false
	for g.halfDaySuffix(c) || g.clockSuffix(c) {
		shown = true
	}
	return shown
}

func (g *clockGrammar) halfDaySuffix(c *clockFound) bool {
	switch k := g.kind(c.end); {
	case k == wordAm && !c.pm:
		c.am = true
		c.end++
	case k == wordPm && !c.am:
		c.pm = true
		c.end++
	case c.am || c.pm:
		return false
	case g.isHalfDay(c.end):
		c.am, c.pm = g.Text(c.end) == "a", g.Text(c.end) == "p"
		c.end += 2
	case k == wordIn && g.Text(c.end+1) == "the" && g.isHalfDay(c.end+2): // 10 in the am
		c.end += 2
	default:
		return false
	}
	return true
}

func (g *clockGrammar) clockSuffix(c *clockFound) bool {
	switch {
	case g.kind(c.end) == wordClock:
		c.end++
	case g.Text(c.end) == "o" && g.Text(c.end+1) == "clock":
		c.end += 2
	default:
		return false
	}
	return true
}

package when

import "flowhq/worker/bot/lexicon"

// clockGrammar reads hours of the clock: "saa nne asubuhi", "half past three", "14:30", "9 am".
type clockGrammar struct{ *Cursor }

// clockAt reads an hour at token i. A bare number is one where the question was about an hour, behind a day, and where
// what follows says so.
func (g *clockGrammar) clockAt(i int, afterDay bool, e Expectation) (clockFound, bool) {
	if c, ok := g.noonAt(i); ok {
		return c, true
	}
	at, saa := g.introduction(i)
	introduced := at > i
	if c, ok := g.pastTo(at); ok {
		c.at, c.saa = i, saa
		return c, true
	}
	hour, end, ok := g.Number(at)
	if !ok || !introduced && g.isOtherNumber(at, end) {
		return clockFound{}, false
	}
	if g.Text(end) == "ish" {
		end++
	}
	c := clockFound{at: i, end: end, hour: int(min(hour, 9999)), saa: saa, swahili: g.isSwahiliNumber(at)}
	shown := g.details(at, &c, introduced || e.Hour, introduced || afterDay)
	if !introduced && !shown && !e.Hour && !g.impliesHour(i, c.end, afterDay) {
		return clockFound{}, false
	}
	g.bound(at, &c)
	return c, true
}

// noonAt reads noon and midnight.
func (g *clockGrammar) noonAt(i int) (clockFound, bool) {
	switch g.kind(i) {
	case wordNoon:
		return clockFound{at: i, end: i + 1, hour: 12, western: true, pm: true}, true
	case wordMidnight:
		return clockFound{at: i, end: i + 1, hour: 12, am: true, midnight: true}, true
	}
	return clockFound{}, false
}

// introduction reads up to three words before an hour: "saa", "at", "from", "kuanzia saa".
func (g *clockGrammar) introduction(i int) (at int, saa bool) {
	for at = i; at < i+3; at++ {
		switch g.kind(at) {
		case wordSaa:
			saa = true
		case wordAt, wordFrom:
		default:
			return at, saa
		}
	}
	return at, saa
}

func (g *clockGrammar) isSwahiliNumber(i int) bool {
	w := g.word(i)
	return w.kind == wordNumber && !w.english
}

// details reads minutes, a part of the day within, am and pm. It tells whether any of them shows that it is an hour.
// Swahili says that minutes may follow in Swahili; military that four digits may be an hour.
func (g *clockGrammar) details(at int, c *clockFound, swahili, military bool) bool {
	shown := g.minutes(at, c)
	if g.kind(c.end) == wordPart && g.AddsFraction(c.end+1) {
		c.part = c.end // saa nne asubuhi na nusu
		c.end++
	}
	shown = g.swahiliMinutes(c, swahili) || shown
	return g.suffixes(c) || military && g.military(at, c) || shown
}

// impliesHour tells whether what stands around a bare number makes an hour of it.
func (g *clockGrammar) impliesHour(i, end int, afterDay bool) bool {
	return g.partFollows(end) || afterDay && g.endsClause(end) || g.sharesClock(i, end)
}

// sharesClock tells whether what follows an hour is another one that says what kind it is: "between 10 and 11 am".
func (g *clockGrammar) sharesClock(i, end int) bool {
	switch g.kind(end) {
	case wordOr, wordTo:
	case wordAnd:
		if !g.between(i) {
			return false
		}
	default:
		return false
	}
	_, after, ok := g.Number(end + 1)
	return ok && (g.isHalfDay(after) || g.partFollows(after))
}

// endsClause tells whether a number right behind a day ends the message or is followed by another clause: "kesho 4".
func (g *clockGrammar) endsClause(end int) bool {
	if end >= len(g.tokens) || g.tokens[end].Sep != "" || g.tokens[end].Line {
		return true
	}
	switch g.Text(end) {
	case "tafadhali", "please", "pls", "plz", "asante", "thanks", "inshallah", "inshaallah":
		return end+1 >= len(g.tokens)
	}
	return false
}

// isOtherNumber tells whether a number is a price, or has more digits than an hour.
func (g *clockGrammar) isOtherNumber(at, end int) bool {
	if g.tokens[at].Kind == lexicon.NumberToken && len(g.tokens[at].Text) > 4 {
		return true
	}
	switch g.Text(end) {
	case "tsh", "tzs", "sh", "shs", "shilingi", "shillings", "kes", "ksh", "ugx", "usd":
		return true
	}
	return false
}

// bound marks hours that no clock has, and those that are written as a clock of 24 hours.
func (g *clockGrammar) bound(at int, c *clockFound) {
	if c.hour > 12 || c.hour == 0 || g.isWritten24(at, c) {
		c.western = true
	}
	halfDay := c.am || c.pm
	c.bad = c.hour > 23 || halfDay && c.hour == 0 || c.am && c.hour > 12
}

// isWritten24 tells whether an hour has two digits and a zero before it, or minutes: "09", "10:30".
func (g *clockGrammar) isWritten24(at int, c *clockFound) bool {
	t := g.tokens[at]
	if t.Kind != lexicon.NumberToken || len(t.Text) != 2 {
		return false
	}
	minutes := c.end > at+1 && c.add >= 0
	return t.Text[0] == '0' || minutes && !c.saa
}

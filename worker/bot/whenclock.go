package bot

import (
	"time"

	"flowhq/worker/bot/lexicon"
)

// instantAt reads what is counted from now: "in two hours", "baada ya dakika 30", "half an hour from now".
func (r *reader) instantAt(i int) (clockFound, bool) {
	at, introduced := i, false
	if r.kind(at) == wordIn {
		introduced = true
		for at++; r.kind(at) == wordOf || r.kind(at) == wordNext; { // baada ya, in the next
			at++
		}
	}
	minutes, end, ok := r.durationAt(at, introduced || r.kind(at) == wordSaa)
	if !ok {
		return clockFound{}, false
	}
	if !introduced {
		switch {
		case r.kind(end) == wordFrom && r.kind(end+1) == wordNow:
			end += 2
		case r.kind(end) == wordNext && !r.word(end).english: // dakika 20 zijazo
			end++
		default:
			return clockFound{}, false
		}
	}
	if minutes > 60*24*60 {
		return clockFound{at: i, end: end, bad: true}, true
	}
	when := r.now.Add(time.Duration(minutes) * time.Minute).Truncate(time.Minute)
	return clockFound{at: i, end: end, instant: true, when: when}, true
}

// durationAt reads a length of time in minutes. "saa mbili" is one only when introduced and when no part of the day makes
// an hour of the clock of it.
func (r *reader) durationAt(i int, introduced bool) (minutes int64, end int, ok bool) {
	if r.kind(i) == wordHalf {
		end = i + 1
		if r.kind(end) == wordA {
			end++
		}
		return 30, end + 1, r.kind(end) == wordHour || r.kind(end) == wordSaa
	}
	switch k := r.kind(i); {
	case k == wordHour || k == wordMinute || k == wordSaa && introduced:
		n, end, ok := r.numberAt(i + 1)
		if !ok && k == wordHour && !r.word(i).english {
			n, end, ok = 1, i+1, true
		}
		if !ok || n > 100000 || k == wordSaa && r.kind(end) == wordPart {
			return 0, i, false
		}
		if r.kind(end) == wordAnd && r.kind(end+1) == wordHalf && k != wordMinute {
			return n*60 + 30, end + 2, true
		}
		return n * unitMinutes(k), end, true
	case k == wordA && r.kind(i+1) == wordHour:
		if r.kind(i+2) == wordAnd && r.kind(i+3) == wordA && r.kind(i+4) == wordHalf {
			return 90, i + 5, true
		}
		return 60, i + 2, true
	}
	if r.kind(i) == wordA {
		i++
	}
	n, end, ok := r.numberAt(i)
	if r.text(end) == "of" { // a couple of hours
		end++
	}
	if k := r.kind(end); ok && n <= 100000 && (k == wordHour || k == wordMinute) {
		return n * unitMinutes(k), end + 1, true
	}
	return 0, i, false
}

func unitMinutes(k calendarKind) int64 {
	if k == wordMinute {
		return 1
	}
	return 60
}

// clockAt reads an hour of the clock at token i.
func (r *reader) clockAt(i int, afterDay bool, e expectation) (clockFound, bool) {
	switch r.kind(i) {
	case wordNoon:
		return clockFound{at: i, end: i + 1, hour: 12, western: true, pm: true}, true
	case wordMidnight:
		return clockFound{at: i, end: i + 1, hour: 12, am: true, midnight: true}, true
	}
	at := i
	c := clockFound{at: i}
	introduced := false
	for at < i+3 && (r.kind(at) == wordSaa || r.kind(at) == wordAt || r.kind(at) == wordFrom) {
		c.saa = c.saa || r.kind(at) == wordSaa
		introduced = true
		at++
	}
	if p, ok := r.pastTo(at); ok {
		p.at, p.saa = i, c.saa
		return p, true
	}
	hour, end, ok := r.numberAt(at)
	if !ok || !introduced && r.moneyOrMore(at, end) {
		return clockFound{}, false
	}
	if r.text(end) == "ish" {
		end++
	}
	c.hour, c.end = int(min(hour, 9999)), end
	c.swahili = r.kind(at) == wordNumber && !r.word(at).english
	shown := r.minutesAt(at, &c)
	if k := r.kind(c.end + 2); r.kind(c.end) == wordPart && r.kind(c.end+1) == wordAnd && (k == wordHalf || k == wordQuarter) {
		c.part = c.end // saa nne asubuhi na nusu
		c.end++
	}
	shown = r.swahiliMinutes(&c, introduced || e.hour) || shown
	shown = r.suffixes(&c) || r.militaryAt(at, introduced || afterDay, &c) || shown
	if !introduced && !shown && !r.partFollows(c.end) && !e.hour && !r.bareAfterDay(afterDay, c.end) && !r.sharesClock(i, c.end) {
		return clockFound{}, false
	}
	r.bound(at, &c)
	return c, true
}

// militaryAt reads "saa 1400", "friday 1630": four digits in one piece, behind a day or the word for an hour. A year is none.
func (r *reader) militaryAt(at int, expected bool, c *clockFound) bool {
	t := r.tokens[at]
	if !expected || t.Kind != lexicon.NumberToken || len(t.Text) != 4 || c.end != at+1 || c.add != 0 {
		return false
	}
	hour, minute := c.hour/100, c.hour%100
	if hour > 23 || minute > 59 || minute%5 != 0 || r.kind(at-1) == wordMonth {
		return false
	}
	c.hour, c.add, c.western = hour, minute, true
	return true
}

// sharesClock tells that what follows an hour is another one that says what kind it is: "between 10 and 11 am", "10 or 11am".
func (r *reader) sharesClock(i, end int) bool {
	joined := r.kind(end) == wordOr || r.kind(end) == wordTo || r.kind(end) == wordAnd && r.between(clockFound{at: i})
	if !joined {
		return false
	}
	_, after, ok := r.numberAt(end + 1)
	return ok && (r.halfOf(after) || r.partFollows(after))
}

// pastTo reads "half past three", "quarter to four", "ten past nine", "10 minutes to 8".
func (r *reader) pastTo(i int) (clockFound, bool) {
	minutes, end := int64(0), i+1
	switch r.kind(i) {
	case wordHalf:
		minutes = 30
	case wordQuarter:
		minutes = 15
	case wordA:
		if r.kind(i+1) != wordQuarter {
			return clockFound{}, false
		}
		minutes, end = 15, i+2
	default:
		var ok bool
		if minutes, end, ok = r.numberAt(i); !ok || minutes > 59 {
			return clockFound{}, false
		}
	}
	counted := r.kind(end) == wordMinute
	if counted {
		end++
	}
	to := r.text(end) == "to"
	if r.kind(end) == wordBefore && r.kind(end+1) == wordOf { // robo kabla ya saa nne
		to = true
		if end++; r.kind(end+1) == wordSaa {
			end++
		}
	}
	if minutes == 30 && r.text(i) == "half" && r.kind(end) != wordPast {
		end-- // "half three"
	} else if r.kind(end) != wordPast && !to {
		return clockFound{}, false
	}
	hour, after, ok := r.numberAt(end + 1)
	if !ok || hour > 12 || hour < 1 {
		return clockFound{}, false
	}
	number := r.kind(i) != wordHalf && r.kind(i) != wordQuarter && r.kind(i) != wordA
	spoken := r.kind(i) != wordNone && minutes%5 == 0 // ten to twelve; "10 to 12" is a range
	if to && number && !counted && (minutes <= hour || minutes%5 != 0) && !spoken {
		return clockFound{}, false
	}
	c := clockFound{end: after, hour: int(hour), add: int(minutes)}
	if to {
		c.add = -c.add
	}
	r.suffixes(&c)
	return c, true
}

// minutesAt reads the minutes of a written clock: 9:30, 9.30, 14h30, nine thirty, 930 am, 0900 hrs.
func (r *reader) minutesAt(at int, c *clockFound) bool {
	if at >= len(r.tokens) {
		return false
	}
	digits := r.tokens[at].Kind == lexicon.NumberToken
	minute, isNumber := r.digits(c.end)
	next := c.end
	switch {
	case digits && isNumber && (r.tokens[next].Glued(":") || r.tokens[next].Glued(".") && !r.decimalOf(next)):
		if len(r.tokens[next].Text) != 2 || minute > 59 {
			c.hour = 99
		}
		c.add, c.end = int(minute), next+1
		if n, ok := r.digits(c.end); ok && r.tokens[c.end].Glued(":") && n < 60 {
			c.end++ // seconds
		}
	case digits && r.text(next) == "h" && r.tokens[next].Glued(""):
		c.end++
		if m, ok := r.digits(c.end); ok && m < 60 && r.tokens[c.end].Glued("") {
			c.add = int(m)
			c.end++
		}
		c.western = true
	case digits && len(r.tokens[at].Text) >= 3 && len(r.tokens[at].Text) <= 4 && (r.halfOf(next) || r.kind(next) == wordHour):
		c.hour, c.add = c.hour/100, c.hour%100
		if c.add > 59 {
			c.hour = 99
		}
		if r.kind(next) == wordHour {
			c.western = true
			c.end++
		}
		return true
	case !digits && r.word(at).english:
		if m, end, ok := r.numberAt(next); ok && m >= 10 && m < 60 && r.word(next).english {
			c.add, c.end = int(m), end
			return true
		}
		return false
	case digits && isNumber && len(r.tokens[next].Text) == 2 && minute < 60 && r.tokens[next].Sep == "" && r.halfOf(next+1):
		c.add, c.end = int(minute), next+1
	default:
		return false
	}
	return true
}

// decimalOf tells that the point before token i belongs to a number that is no clock: "2.5", "26.3.2026".
func (r *reader) decimalOf(i int) bool { return len(r.tokens[i].Text) != 2 }

func (r *reader) halfOf(i int) bool {
	k := r.kind(i)
	return k == wordAm || k == wordPm || r.text(i) == "a" && r.text(i+1) == "m" || r.text(i) == "p" && r.text(i+1) == "m"
}

// swahiliMinutes reads what follows a Swahili hour: na nusu, na robo, kasorobo, kasoro dakika kumi, na dakika ishirini.
func (r *reader) swahiliMinutes(c *clockFound, introduced bool) bool {
	i := c.end
	switch r.kind(i) {
	case wordLessQuarter:
		c.add, c.end = -15, i+1
		return true
	case wordMinute: // saa nne dakika kumi
		if n, end, ok := r.numberAt(i + 1); ok && n < 60 && introduced {
			c.add, c.end = int(n), end
			return true
		}
		return false
	case wordLess:
		i++
		if r.kind(i) == wordQuarter {
			c.add, c.end = -15, i+1
			return true
		}
		if r.kind(i) == wordMinute {
			i++
		}
		if n, end, ok := r.numberAt(i); ok && n < 60 {
			c.add, c.end = -int(n), end
			return true
		}
		return false
	case wordAnd:
		i++
	case wordHalf, wordQuarter:
		if !introduced {
			return false
		}
	default:
		if r.text(i) != "u" || r.kind(i+1) != wordHalf {
			return false
		}
		i++
	}
	return r.addedMinutes(c, i, introduced)
}

func (r *reader) addedMinutes(c *clockFound, i int, introduced bool) bool {
	switch r.kind(i) {
	case wordHalf:
		c.add, c.end = 30, i+1
		return true
	case wordQuarter:
		c.add, c.end = 15, i+1
		return true
	case wordMinute:
		if n, end, ok := r.numberAt(i + 1); ok && n < 60 {
			c.add, c.end = int(n), end
			return true
		}
		return false
	}
	n, end, ok := r.numberAt(i)
	if !ok || n < 5 || n > 59 || !introduced {
		return false
	}
	if r.kind(end) == wordMinute {
		end++
	}
	c.add, c.end = int(n), end
	return true
}

// suffixes reads am, pm, o'clock, kamili and hrs behind an hour.
func (r *reader) suffixes(c *clockFound) bool {
	shown := false
	for {
		switch k := r.kind(c.end); {
		case k == wordAm && !c.pm:
			c.am = true
			c.end++
		case k == wordPm && !c.am:
			c.pm = true
			c.end++
		case !c.am && !c.pm && r.halfOf(c.end):
			c.am, c.pm = r.text(c.end) == "a", r.text(c.end) == "p"
			c.end += 2
		case k == wordClock:
			c.end++
		case !c.am && !c.pm && r.kind(c.end) == wordIn && r.text(c.end+1) == "the" && r.halfOf(c.end+2): // 10 in the am
			c.end += 2
		case r.text(c.end) == "o" && r.text(c.end+1) == "clock":
			c.end += 2
		default:
			return shown
		}
		shown = true
	}
}

// partFollows tells that a part of the day stands behind an hour: "10 asubuhi", "ten in the morning", "4 za usiku".
func (r *reader) partFollows(i int) bool {
	for range 3 {
		switch k := r.kind(i); {
		case k == wordPart:
			return true
		case k == wordIn && (r.halfOf(i+1) || r.text(i+1) == "the" && r.halfOf(i+2)): // 10 in the am
			return true
		case k == wordOf || k == wordIn || r.text(i) == "this" || k == wordDay && r.word(i).english:
			i++
		default:
			return false
		}
	}
	return false
}

// bareAfterDay tells that a number right behind a day ends the message or is followed by another clause: "kesho 4".
func (r *reader) bareAfterDay(afterDay bool, end int) bool {
	if !afterDay {
		return false
	}
	if end >= len(r.tokens) || r.tokens[end].Sep != "" || r.tokens[end].Line {
		return true
	}
	switch r.text(end) {
	case "tafadhali", "please", "pls", "plz", "asante", "thanks", "inshallah", "inshaallah":
		return end+1 >= len(r.tokens)
	}
	return false
}

// moneyOrMore tells that a number is something else than an hour: a price, a share, a phone number.
func (r *reader) moneyOrMore(at, end int) bool {
	if r.tokens[at].Kind == lexicon.NumberToken && len(r.tokens[at].Text) > 4 {
		return true
	}
	switch r.text(end) {
	case "tsh", "tzs", "sh", "shs", "shilingi", "shillings", "kes", "ksh", "ugx", "usd":
		return true
	}
	return false
}

// bound marks hours that no clock has, and those that are written as a clock of 24 hours.
func (r *reader) bound(at int, c *clockFound) {
	t := r.tokens[at]
	written := t.Kind == lexicon.NumberToken
	minutes := c.end > at+1 && c.add >= 0
	if written && len(t.Text) == 2 && (t.Text[0] == '0' || minutes && !c.saa) {
		c.western = true
	}
	if c.hour > 12 || c.hour == 0 {
		c.western = true
	}
	c.bad = c.hour > 23 || (c.am || c.pm) && c.hour == 0 || c.am && c.hour > 12
}

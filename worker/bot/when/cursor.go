package when

import "flowhq/worker/bot/lexicon"

// Cursor gives the words of a message by their place, with what they mean in a calendar. Places outside the message are
// allowed and hold no word. It remembers which words were used as part of something.
type Cursor struct {
	tokens  []lexicon.Token
	lexical []lexicon.Word
	words   []calendarWord
	used    []bool
}

func newCursor(tokens []lexicon.Token, lexical []lexicon.Word) Cursor {
	c := Cursor{
		tokens: tokens, lexical: lexical, words: make([]calendarWord, len(tokens)), used: make([]bool, len(tokens)),
	}
	table := calendarWords()
	for i, w := range lexical {
		word, ok := table[w.Exact]
		if !ok {
			word = oneMeaning(table, w.Typos)
		}
		c.words[i] = word
	}
	return c
}

// oneMeaning gives the calendar word that a typo stands for; none when it may be two different ones.
func oneMeaning(table map[string]calendarWord, typos []string) calendarWord {
	var found calendarWord
	for _, s := range typos {
		w, ok := table[s]
		if !ok {
			continue
		}
		if found.kind != wordNone && (found.kind != w.kind || found.n != w.n) {
			return calendarWord{}
		}
		found = w
	}
	return found
}

// Len is how many tokens the message has.
func (c *Cursor) Len() int { return len(c.tokens) }

// Token gives the token at i, which must be within the message.
func (c *Cursor) Token(i int) lexicon.Token { return c.tokens[i] }

// Text gives the word at i; "" outside the message.
func (c *Cursor) Text(i int) string {
	if i < 0 || i >= len(c.tokens) {
		return ""
	}
	return c.lexical[i].Exact
}

// Use marks the tokens from one place up to another, which does not count, as part of something.
func (c *Cursor) Use(from, to int) {
	for i := from; i < to && i < len(c.used); i++ {
		c.used[i] = true
	}
}

// Used tells whether a token within the message is part of something.
func (c *Cursor) Used(i int) bool { return c.used[i] }

// IsCalendarWord tells whether days, hours or numbers are said with the word at i.
func (c *Cursor) IsCalendarWord(i int) bool { return c.kind(i) != wordNone }

// IsArticle tells whether "a" or "an" stands at i.
func (c *Cursor) IsArticle(i int) bool { return c.kind(i) == wordA }

// IsHalf tells whether "half" or "nusu" stands at i.
func (c *Cursor) IsHalf(i int) bool { return c.kind(i) == wordHalf }

// AddsFraction tells whether "and a half" or "and a quarter" stands at i, in two words: "na nusu", "na robo".
func (c *Cursor) AddsFraction(i int) bool {
	k := c.kind(i + 1)
	return c.kind(i) == wordAnd && (k == wordHalf || k == wordQuarter)
}

// Refused tells whether the customer turns down what stands at i: "not tomorrow", "badala ya saa nne".
func (c *Cursor) Refused(i int) bool {
	switch {
	case c.kind(i-1) == wordNot, c.kind(i-1) == wordInstead:
		return true
	}
	return c.kind(i-2) == wordInstead && c.kind(i-1) == wordOf
}

func (c *Cursor) word(i int) calendarWord {
	if i < 0 || i >= len(c.words) {
		return calendarWord{}
	}
	return c.words[i]
}

func (c *Cursor) kind(i int) calendarKind { return c.word(i).kind }

// glued tells whether the token at i follows the one before with only sep, and no space, between them.
func (c *Cursor) glued(i int, sep string) bool { return i < len(c.tokens) && c.tokens[i].Glued(sep) }

// isHalfDay tells whether am, pm, a.m. or p.m. stands at i.
func (c *Cursor) isHalfDay(i int) bool {
	switch c.kind(i) {
	case wordAm, wordPm:
		return true
	}
	letter := c.Text(i)
	return (letter == "a" || letter == "p") && c.Text(i+1) == "m"
}

// partFollows tells whether a part of the day stands behind an hour: "10 asubuhi", "ten in the morning", "4 za usiku".
func (c *Cursor) partFollows(i int) bool {
	for range 3 {
		if c.kind(i) == wordPart || c.inTheHalfDay(i) {
			return true
		}
		if !c.leadsToPart(i) {
			return false
		}
		i++
	}
	return false
}

// inTheHalfDay tells whether "in am" or "in the am" stands at i, as some write.
func (c *Cursor) inTheHalfDay(i int) bool {
	return c.kind(i) == wordIn && (c.isHalfDay(i+1) || c.Text(i+1) == "the" && c.isHalfDay(i+2))
}

// leadsToPart tells whether the word at i may stand between an hour and a part of the day.
func (c *Cursor) leadsToPart(i int) bool {
	switch c.kind(i) {
	case wordOf, wordIn:
		return true
	case wordDay:
		return c.word(i).english || c.Text(i) == "this"
	}
	return c.Text(i) == "this"
}

// greets tells whether the part of the day at i belongs to a greeting: "habari za asubuhi", "good morning", "usiku
// mwema".
func (c *Cursor) greets(i int) bool {
	if c.kind(i-1) == wordGood || c.kind(i+1) == wordGood || c.kind(i-1) == wordNews {
		return true
	}
	switch c.Text(i - 1) {
	case "za":
		switch c.kind(i - 2) {
		case wordNumber, wordTens, wordHalf, wordQuarter, wordLessQuarter, wordClock:
			return false
		}
		return i < 2 || c.tokens[i-2].Kind != lexicon.NumberToken
	case "ya", "yako", "zako":
		return c.kind(i-2) == wordNews
	}
	return false
}

// between tells whether "between" or "kati ya" stands before i.
func (c *Cursor) between(i int) bool {
	at := i - 1
	if c.kind(at) == wordOf {
		at--
	}
	return c.Text(at) == "between" || c.Text(at) == "kati"
}

package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

func (u *utterance) numbered(list *listing) (flowhq.Item, bool) {
	n, ok := u.chosenNumber()
	if !ok || n < 1 || n > maxListed {
		return flowhq.Item{}, false
	}
	for _, i := range list.items {
		if i.Available {
			if n--; n == 0 {
				return i, true
			}
		}
	}
	return flowhq.Item{}, false
}

// callsHimself tells that "call me …" answers the question about a name and is no call for a telephone.
func (u *utterance) callsHimself() bool {
	task := u.task()
	if task == nil {
		return false
	}
	if q := task.question(u.state.Ask); q == nil || q.kind != askName {
		return false
	}
	for _, h := range u.matches {
		if h.Meaning == u.flow.means.human && u.words[h.End-1].Exact == "me" {
			return h.End < len(u.tokens) && !u.flow.words.InPhrase(u.words[h.End].Exact)
		}
	}
	return false
}

func (u *utterance) listing(source itemSource, q *question) *listing {
	if u.listings[source] == nil || source == fromOptions {
		items := u.business.Settings.Services
		switch source {
		case fromProducts:
			items = u.business.Settings.Products
		case fromOptions:
			items = q.options
		}
		l := u.flow.catalogs.of(items)
		u.listings[source] = &l
	}
	return u.listings[source]
}

// named gives the items of a list that the message names, or those among which it leaves open which one is meant. It
// looks once for each message.
func (u *utterance) named(l *listing) (found []itemMatch, unclear []int) {
	if !l.looked {
		l.found, l.unclear = l.find(u.flow.words, u.tokens, u.words)
		l.looked = true
	}
	return l.found, l.unclear
}

func (u *utterance) saysWhen() bool {
	if !u.flow.readsDays {
		return false
	}
	return u.reader.SaysAny()
}

// hasFacts tells that the message names a service, a product, a day or an hour.
func (u *utterance) hasFacts() bool {
	if u.flow.source != noItems {
		found, unclear := u.named(u.listing(u.flow.source, nil))
		if len(found)+len(unclear) > 0 {
			return true
		}
	}
	return u.saysWhen()
}

// leftOver tells whether some word of the message is part of no fact and of no phrase, or whether a size was said.
func (u *utterance) leftOver() bool {
	for i, t := range u.tokens {
		if t.Kind == lexicon.NumberToken && i > 0 && isSize(u.words[i-1].Exact) || u.isLeftOver(i) {
			return true
		}
	}
	return false
}

func (u *utterance) isLeftOver(i int) bool {
	t := u.tokens[i]
	if !u.isContent(i) || u.reader.Used(i) || len(t.Text) < 3 || len(u.words[i].Typos) > 0 ||
		u.reader.IsCalendarWord(i) {
		return false
	}
	word, f := u.text[t.From:t.To], &u.state.Facts
	if strings.Contains(f.Name, word) || strings.Contains(f.Delivery, word) || u.isKnown(i) {
		return false
	}
	return !slices.ContainsFunc(u.matches, func(m lexicon.Match) bool { return m.At <= i && i < m.End })
}

// wordsBeyond tells whether the message says more than what starts the task.
func (u *utterance) wordsBeyond(task *task) bool {
	m := u.flow.means
	for i := range u.tokens {
		if u.isContent(i) && !u.covered(i, m.want, m.asks) && !u.triggers(i, task) {
			return true
		}
	}
	return false
}

// namesUnknown tells whether the message asks for a thing that is neither on the list nor a known word: the last word
// that says something, behind one that introduces a thing ("bei ya simu", "do you have tyres").
func (u *utterance) namesUnknown() bool {
	for i := len(u.tokens) - 1; i > 0; i-- {
		if !u.isContent(i) || u.covered(i, u.flow.means.asks) {
			continue
		}
		if len(u.tokens[i].Text) < 4 || u.isKnown(i) || len(u.words[i].Typos) > 0 {
			return false
		}
		return introducesThing(u.words[i-1].Exact)
	}
	return false
}

func introducesThing(w string) bool {
	switch w {
	case "ya", "za", "la", "of", "for", "a", "an", "any", "have", "sell", "mna", "mnauza", "kuna":
		return true
	}
	return false
}

// selling gives the task that books or orders what is on the list.
func (u *utterance) selling() *task {
	for _, k := range u.flow.tasks {
		if k.asksFrom(u.flow.source) {
			return k
		}
	}
	return nil
}

// wantsUnknown tells whether something is wanted that is not on the list: "nataka maharage kilo 2".
func (u *utterance) wantsUnknown() bool {
	if u.selling() == nil || !u.has(u.flow.means.want) || u.isQuestion() {
		return false
	}
	n := 0
	for i := range u.tokens {
		if !u.isContent(i) || len(u.tokens[i].Text) < 3 || u.covered(i, u.flow.means.want) ||
			u.reader.IsCalendarWord(i) {
			continue
		}
		if u.isDeed(i) {
			return false // to do something is wanted, not to have it
		}
		n++
	}
	return n > 0 && n <= 3
}

// isDeed tells whether a word is a verb behind "to" or with "ku", or is known to mean something else than a thing.
func (u *utterance) isDeed(i int) bool {
	word := u.tokens[i].Text
	return strings.HasPrefix(word, "ku") && len(word) > 4 || u.isKnown(i) || i > 0 && u.words[i-1].Exact == "to"
}

package bot

import (
	"slices"
	"strings"

	"flowhq/worker/bot/lexicon"
)

// pick is an intent found in a message, with the phrase that made it.
type pick struct {
	intent *intent
	hit    lexicon.Match
}

func (p pick) score() int {
	s := p.hit.Words*10 - p.hit.Typos*3
	if p.hit.Whole {
		s += 5
	}
	return s
}

// contentWords counts the words outside some tokens that are neither polite nor of the kind that asks for something.
func (t *turn) contentWords(from, to int) int {
	n := 0
	for i := range t.tokens {
		if i >= from && i < to || t.around[i] || t.tokens[i].Kind == lexicon.SymbolToken {
			continue
		}
		if t.covered(i, t.flow.means.want, t.flow.means.thanks, t.flow.means.yes) || isFiller(t.words[i].Exact) {
			continue
		}
		n++
	}
	return n
}

// covered tells whether a token belongs to a phrase of one of the meanings.
func (t *turn) covered(i int, meanings ...int) bool {
	return slices.ContainsFunc(t.hits, func(h lexicon.Match) bool {
		return h.At <= i && i < h.End && slices.Contains(meanings, h.Meaning)
	})
}

// isFiller tells whether a word says nothing of its own: it may stand around a number or an answer.
func isFiller(w string) bool {
	switch w {
	case "namba", "nambari", "number", "no", "option", "chaguo", "la", "ya", "the", "a", "i", "na", "and", "is", "ni", "to", "my", "have", "nina",
		"pieces", "pcs", "pc", "piece", "vipande", "kipande", "x", "of", "for", "kwa", "one", "pick", "choose", "nachagua", "it", "me", "mimi", "we", "there", "some",
		"kuna", "iwe", "only", "tu", "hizo", "hivyo", "yake", "them", "wa", "za", "be", "am", "in", "at", "on", "with", "need", "got", "this", "that", "hii", "hiyo":
		return true
	}
	return isUnit(w)
}

// isUnit holds what goods are counted in.
func isUnit(w string) bool {
	switch w {
	case "kilo", "kilos", "kg", "kgs", "lita", "litre", "litres", "trei", "mfuko", "mifuko", "boksi", "maboksi", "pakiti", "paketi", "jozi", "pair", "pairs",
		"gunia", "magunia", "katoni", "carton", "cartons", "fungu", "mafungu", "mita", "chupa", "debe":
		return true
	}
	return false
}

func (t *turn) namesUnit() bool {
	return slices.ContainsFunc(t.words, func(h lexicon.Word) bool { return isUnit(h.Exact) })
}

// chosenNumber gives the number when the message is nothing else: "2", "namba 2", "ya pili", "the second".
func (t *turn) chosenNumber() (int64, bool) {
	for i := range t.tokens {
		if w := t.reader.word(i); w.kind == wordOrdinal && t.contentWords(i, i+1) == 0 {
			return int64(w.n), true
		}
		n, end, ok := t.reader.numberAt(i)
		if !ok {
			continue
		}
		return n, t.contentWords(i, end) == 0 && !minusBefore(t.text, t.tokens[i].From)
	}
	return 0, false
}

// picks gives the intents of the message, the best first: those that start a task, those that answer, those that hand
// over. With hints, words that alone mean little count as well.
func (t *turn) picks(hints bool) (starts, infos, handoffs []pick) {
	for _, i := range t.flow.intents {
		meanings := i.strong
		if hints {
			meanings = append(slices.Clone(i.strong), i.weak...)
		}
		best, ok := t.best(meanings)
		if !ok {
			continue
		}
		p := pick{intent: i, hit: best}
		switch {
		case i.handoff:
			handoffs = append(handoffs, p)
		case i.start != nil:
			starts = append(starts, p)
		default:
			infos = append(infos, p)
		}
	}
	for _, list := range [][]pick{starts, infos, handoffs} {
		slices.SortStableFunc(list, func(a, b pick) int { return b.score() - a.score() })
	}
	return starts, t.sift(starts, infos), handoffs
}

func (t *turn) best(meanings []int) (lexicon.Match, bool) {
	var best pick
	found := false
	for _, h := range t.hits {
		if slices.Contains(meanings, h.Meaning) && (!found || (pick{hit: h}).score() > best.score()) {
			best.hit, found = h, true
		}
	}
	return best.hit, found
}

// leads tells that p is at least as well founded as the best of others.
func leads(p pick, others []pick) bool { return len(others) == 0 || p.score() >= others[0].score() }

// sift drops answers that the message does not ask for: those whose words belong to a better one, mere courtesies beside
// a real one, the object of a price ("bei ya simu" asks for no telephone number) and, beside a task or in a sentence that
// opens one, those that rest on a single word in no question.
func (t *turn) sift(starts, infos []pick) []pick {
	var out []pick
	for _, p := range infos {
		others := t.contentWords(p.hit.At, p.hit.End)
		weak := p.hit.Words < 2 && !p.hit.Whole && !t.isQuestion() && others > 0
		switch {
		case weak && (len(starts) > 0 || t.flow.fallback != nil && others > 2):
		case p.hit.Words < 2 && t.flow.fallback != nil && others > 4:
		case slices.ContainsFunc(out, func(o pick) bool { return p.hit.At < o.hit.End && o.hit.At < p.hit.End }):
		case len(starts)+len(out) > 0 && courteous(p.intent, t.flow):
		case p.hit.Words < 2 && p.hit.At > 0 && !t.joinsOn(p.hit.At) && slices.ContainsFunc(out, func(o pick) bool { return len(o.intent.item) > 0 }):
		default:
			out = append(out, p)
		}
	}
	if slices.ContainsFunc(out, func(p pick) bool { return !courteous(p.intent, t.flow) }) {
		out = slices.DeleteFunc(out, func(p pick) bool { return courteous(p.intent, t.flow) })
	}
	out = out[:min(len(out), 3)]
	slices.SortStableFunc(out, func(a, b pick) int { return a.hit.At - b.hit.At })
	return out
}

// joinsOn tells that a token begins something new: it stands behind "and", a comma or another mark.
func (t *turn) joinsOn(at int) bool {
	if t.tokens[at].Sep != "" || t.tokens[at].Line {
		return true
	}
	switch t.words[at-1].Exact {
	case "na", "and", "pia", "also", "plus", "your", "the":
		return true
	}
	return false
}

func (t *turn) isQuestion() bool {
	return t.has(t.flow.means.asks) || slices.ContainsFunc(t.tokens, func(k lexicon.Token) bool { return strings.Contains(k.Sep, "?") }) ||
		strings.HasSuffix(strings.TrimSpace(headOf(t.text, 4*lexicon.MaxHeard)), "?")
}

func (t *turn) wordCount() int {
	n := 0
	for i, k := range t.tokens {
		if k.Kind == lexicon.WordToken && !t.around[i] && k.Text[0] < 0x80 {
			n++
		}
	}
	return n
}

// hasSentence tells that the message says more than a greeting: enough words to be worth a ticket.
func (t *turn) hasSentence() bool {
	if t.flow.fallback == nil || t.wordCount() < t.flow.fallbackWords {
		return false
	}
	n := 0
	for i, k := range t.tokens {
		if k.Kind == lexicon.WordToken && !t.around[i] && k.Text[0] < 0x80 && !t.covered(i, t.flow.means.thanks, t.flow.means.yes, t.flow.means.no, t.flow.means.noProblem) {
			n++
		}
	}
	return n >= t.flow.fallbackWords
}

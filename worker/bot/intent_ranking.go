package bot

import (
	"slices"

	"flowhq/worker/bot/lexicon"
)

// ranker finds out what a message wants.
type ranker struct{ *utterance }

// candidate is an intent found in a message, with the phrase that made it.
type candidate struct {
	intent *intent
	match  lexicon.Match
}

// score tells how well a candidate is founded: long phrases count most, typing mistakes against it.
func (p candidate) score() int {
	s := p.match.Words*10 - p.match.Typos*3
	if p.match.Whole {
		s += 5
	}
	return s
}

// saysItem tells whether the intent answers about single services or products.
func (p candidate) saysItem() bool { return len(p.intent.item) > 0 }

func (p candidate) overlaps(o candidate) bool {
	return p.match.At < o.match.End && o.match.At < p.match.End
}

// outranks tells whether p is at least as well founded as the best of others.
func (p candidate) outranks(others []candidate) bool {
	return len(others) == 0 || p.score() >= others[0].score()
}

// wanted is what a message wants, the best first.
type wanted struct {
	starts   []candidate // start a task
	infos    []candidate // are answered
	handoffs []candidate // call a human
}

func (w wanted) none() bool { return len(w.starts)+len(w.infos)+len(w.handoffs) == 0 }

// acts tells whether more is wanted than an answer.
func (w wanted) acts() bool { return len(w.starts)+len(w.handoffs) > 0 }

// handsOver tells whether a human is wanted more than anything else.
func (w wanted) handsOver() bool {
	return len(w.handoffs) > 0 && w.handoffs[0].outranks(w.starts) && w.handoffs[0].outranks(w.infos)
}

// rank gives the intents of the message. With hints, words that alone mean little count as well.
func (r *ranker) rank(hints bool) wanted {
	var w wanted
	for _, i := range r.flow.intents {
		meanings := i.strong
		if hints {
			meanings = append(slices.Clone(i.strong), i.weak...)
		}
		best, ok := r.best(meanings)
		if !ok {
			continue
		}
		p := candidate{intent: i, match: best}
		switch {
		case i.handoff:
			w.handoffs = append(w.handoffs, p)
		case i.start != nil:
			w.starts = append(w.starts, p)
		default:
			w.infos = append(w.infos, p)
		}
	}
	for _, list := range [][]candidate{w.starts, w.infos, w.handoffs} {
		slices.SortStableFunc(list, func(a, b candidate) int { return b.score() - a.score() })
	}
	w.infos = r.dropUnasked(w.starts, w.infos)
	return w
}

// best gives the best match of some meanings.
func (r *ranker) best(meanings []int) (lexicon.Match, bool) {
	var best candidate
	found := false
	for _, m := range r.matches {
		if p := (candidate{match: m}); slices.Contains(meanings, m.Meaning) && (!found || p.score() > best.score()) {
			best, found = p, true
		}
	}
	return best.match, found
}

// maxAnswers is how many questions one reply answers at most.
const maxAnswers = 3

// dropUnasked drops answers that the message does not ask for, and mere courtesies beside a real answer. What is left
// comes in the order of the message.
func (r *ranker) dropUnasked(starts, infos []candidate) []candidate {
	var out []candidate
	for _, p := range infos {
		if r.isAsked(p, starts, out) {
			out = append(out, p)
		}
	}
	if slices.ContainsFunc(out, r.isReal) {
		out = slices.DeleteFunc(out, func(p candidate) bool { return !r.isReal(p) })
	}
	out = out[:min(len(out), maxAnswers)]
	slices.SortStableFunc(out, func(a, b candidate) int { return a.match.At - b.match.At })
	return out
}

// isAsked tells whether a message asks for an answer, which comes after better ones.
func (r *ranker) isAsked(p candidate, starts, better []candidate) bool {
	switch {
	case p.match.Words < 2 && (r.restsOnLittle(p, len(starts) > 0) || r.isObject(p, better)):
		return false
	case slices.ContainsFunc(better, p.overlaps):
		return false
	}
	return r.isReal(p) || len(starts)+len(better) == 0
}

// restsOnLittle tells whether a single word makes no question beside a task, or in a sentence that opens one.
func (r *ranker) restsOnLittle(p candidate, starts bool) bool {
	others, opens := r.contentWords(p.match.At, p.match.End), r.flow.fallback != nil
	if opens && others > 4 {
		return true
	}
	if p.match.Whole || r.isQuestion() || others == 0 {
		return false
	}
	return starts || opens && others > 2
}

// isObject tells whether a word is what a better answer is about: "bei ya simu" asks for no telephone number.
func (r *ranker) isObject(p candidate, better []candidate) bool {
	return p.match.At > 0 && !r.joinsOn(p.match.At) && slices.ContainsFunc(better, candidate.saysItem)
}

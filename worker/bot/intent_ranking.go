package bot

import (
	"slices"

	"flowhq/worker/bot/lexicon"
)

// ranker finds out what a message wants.
type ranker struct{ *utterance }

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

// leads tells that p is at least as well founded as the best of others.
func leads(p pick, others []pick) bool { return len(others) == 0 || p.score() >= others[0].score() }

// courteous tells that an answer is mere courtesy: it gives way to the question in hand.
func courteous(i *intent, f *Flow) bool {
	for _, m := range i.strong {
		if m == f.means.thanks || m == f.means.noProblem {
			return true
		}
	}
	return i.menu
}

// picks gives the intents of the message, the best first: those that start a task, those that answer, those that hand
// over. With hints, words that alone mean little count as well.
func (r *ranker) picks(hints bool) (starts, infos, handoffs []pick) {
	for _, i := range r.flow.intents {
		meanings := i.strong
		if hints {
			meanings = append(slices.Clone(i.strong), i.weak...)
		}
		best, ok := r.best(meanings)
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
	return starts, r.sift(starts, infos), handoffs
}

func (r *ranker) best(meanings []int) (lexicon.Match, bool) {
	var best pick
	found := false
	for _, h := range r.hits {
		if slices.Contains(meanings, h.Meaning) && (!found || (pick{hit: h}).score() > best.score()) {
			best.hit, found = h, true
		}
	}
	return best.hit, found
}

// sift drops answers that the message does not ask for: those whose words belong to a better one, mere courtesies beside
// a real one, the object of a price ("bei ya simu" asks for no telephone number) and, beside a task or in a sentence that
// opens one, those that rest on a single word in no question.
func (r *ranker) sift(starts, infos []pick) []pick {
	var out []pick
	for _, p := range infos {
		others := r.contentWords(p.hit.At, p.hit.End)
		weak := p.hit.Words < 2 && !p.hit.Whole && !r.isQuestion() && others > 0
		switch {
		case weak && (len(starts) > 0 || r.flow.fallback != nil && others > 2):
		case p.hit.Words < 2 && r.flow.fallback != nil && others > 4:
		case slices.ContainsFunc(out, func(o pick) bool { return p.hit.At < o.hit.End && o.hit.At < p.hit.End }):
		case len(starts)+len(out) > 0 && courteous(p.intent, r.flow):
		case p.hit.Words < 2 && p.hit.At > 0 && !r.joinsOn(p.hit.At) && slices.ContainsFunc(out, func(o pick) bool { return len(o.intent.item) > 0 }):
		default:
			out = append(out, p)
		}
	}
	if slices.ContainsFunc(out, func(p pick) bool { return !courteous(p.intent, r.flow) }) {
		out = slices.DeleteFunc(out, func(p pick) bool { return courteous(p.intent, r.flow) })
	}
	out = out[:min(len(out), 3)]
	slices.SortStableFunc(out, func(a, b pick) int { return a.hit.At - b.hit.At })
	return out
}

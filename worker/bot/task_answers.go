package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// takeAnswer takes the answer to a question.
func (k *tasks) takeAnswer() {
	task := k.task()
	switch {
	case k.commands(task):
	case k.state.Ask == askConfirmation:
		k.confirmation.confirm(task)
	case k.state.Ask == askWhatToChange:
		k.confirmation.change(task)
	default:
		k.answerQuestion(task)
	}
}

// commands follows cancel, menu and back.
func (k *tasks) commands(task *task) bool {
	q := task.question(k.state.Ask)
	if q != nil && q.kind == askText && k.contentWords(0, 0) > 4 {
		return false
	}
	m := k.flow.means
	switch {
	case k.cancels():
		k.state.leaveTask()
		k.out.trace(flowhq.TraceStep, "cancelled by the customer")
		k.out.answer("cancelled")
	case k.has(m.menu):
		k.state.leaveTask()
		k.out.answer("menu")
	case k.has(m.back):
		k.goBack(task)
	default:
		return false
	}
	return true
}

// cancels tells whether the customer gives the task in hand up: "ghairi", "hapana, nimeghairi". "Don't cancel" does
// not, and who says what shall be instead changes it.
func (k *tasks) cancels() bool {
	m := k.flow.means
	if k.hasChange() || k.has(m.no) && k.hasFacts() {
		return false
	}
	return slices.ContainsFunc(k.matches, func(h lexicon.Match) bool {
		if h.Meaning != m.cancel {
			return false
		}
		if h.At == 0 {
			return true
		}
		switch k.words[h.At-1].Exact {
		case "dont", "not", "never", "sitaki", "sijataka":
			return false
		}
		return true
	})
}

// goBack asks the question before the one in hand again.
func (k *tasks) goBack(task *task) {
	var last *question
	for _, q := range task.asks {
		if q.fact == k.state.Ask {
			break
		}
		if !q.optional {
			last = q
		}
	}
	if last == nil {
		k.state.leaveTask()
		k.out.answer("menu")
		return
	}
	k.clearFact(last.fact)
	k.state.Ask = last.fact
	k.askAgain(task, "")
}

// answerQuestion takes the answer to a question about a fact.
func (k *tasks) answerQuestion(task *task) {
	q := task.question(k.state.Ask)
	switch {
	case q == nil:
		k.advance(task, "")
	case k.slots.dates.acceptsOffer():
		k.takeOffer()
		k.advance(task, "")
	case k.digression.digresses(q) && k.digression.digress(task):
	case q.kind == askName && k.changesOther(task, q):
		k.confirmation.refuse(task)
	default:
		k.fillQuestion(task, q)
	}
}

// changesOther tells whether the message changes another fact than the one that was asked for.
func (k *tasks) changesOther(task *task, q *question) bool {
	named := k.namedFact(task)
	return named != nil && named != q && k.hasChange()
}

// fillQuestion takes the facts of an answer, or finds out what it says instead.
func (k *tasks) fillQuestion(task *task, q *question) {
	offered := k.state.Offer != nil
	k.state.Offer = nil
	out := k.slots.fill(task, q.fact, "")
	switch {
	case out.refusal != nil || len(out.changed) > 0:
		k.state.Misses = 0
		k.out.trace(flowhq.TraceStep, "understood: "+strings.Join(out.changed, ", "))
		k.continueWith(task, out, k.digression.asideOf(q))
	case offered && k.has(k.flow.means.no):
		k.askAgain(task, "")
	case k.hasChange() && k.namedFact(task) != nil:
		k.confirmation.refuse(task)
	case k.digression.digress(task) || k.digression.courtesy(task):
	default:
		k.notAnswered(q)
	}
}

// notAnswered asks again, the first time with a hint at what is wanted.
func (k *tasks) notAnswered(q *question) {
	k.out.trace(flowhq.TraceStep, "the answer was not understood")
	if k.handover.missed() {
		return
	}
	text, kind := k.out.asks.question(q)
	if k.state.Misses == 1 {
		if hint := k.hint(q); hint != "" {
			k.out.reply(paragraphs(hint, text), kind)
			return
		}
	}
	k.out.repeat(text, kind)
}

// hint says what an answer should have been; "" when there is nothing to say.
func (k *tasks) hint(q *question) string {
	switch q.kind {
	case askPhone:
		return k.out.plain("phone_again")
	case askName:
		return k.out.plain("name_again")
	case askNumber:
		return k.out.render("number_again", boundsOf(q.min, q.max))
	case askChoice, askItems:
		if _, number := k.chosenNumber(); k.wordCount() > 0 && !number && k.out.asks.choices(q) != "" {
			return k.out.render("no_such_item", nil)
		}
	}
	return ""
}

func (k *tasks) takeOffer() {
	k.out.trace(flowhq.TraceStep, "took the day that was proposed")
	f := &k.state.Facts
	f.Date = k.state.Offer.Date
	k.noteSource("date")
	if k.state.Offer.Time != "" {
		f.Time, f.Readings, f.Part = k.state.Offer.Time, nil, 0
		k.noteSource("time")
	}
	k.state.Offer, k.state.Misses = nil, 0
}

// namedFact gives the fact whose name the message has.
func (k *tasks) namedFact(task *task) *question {
	for _, q := range task.asks {
		if m := k.flow.meaningOfFact(q.fact); m >= 0 && k.has(m) {
			return q
		}
		label := k.out.asks.labelOf(q)
		if label != "" && strings.Contains(lexicon.Join(k.tokens), lexicon.Join(lexicon.Tokenize(label))) {
			return q
		}
	}
	return nil
}

package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// Bounds of what a record holds.
const (
	maxDetail = 2000
	maxAnswer = 500
	maxName   = 60
)

// start begins a task with what the message says already. Topic is the service or product talked about before; lead is
// said first.
func (t *turn) start(task *task, topic, lead string) {
	t.st.leaveTask()
	t.st.Misses = 0
	t.st.Task, t.st.FlowVersion = task.name, t.flow.Version
	t.st.Facts.Name = t.st.Name
	out := t.absorb(task, "", topic)
	t.open(task)
	if topic != "" && t.st.Facts.Opening == "" {
		t.st.Facts.Opening = t.topicSaid
	}
	t.trace(flowhq.TraceStep, "started "+task.name+t.knownFacts(task))
	t.goOn(task, out, lead)
}

// open keeps what the customer said at the start: for a question that wants it, when it says more than that there is
// something; for any other task, when it holds words that became no fact ("viatu namba 42", "for my son"), which the
// business should see.
func (t *turn) open(task *task) {
	for _, q := range task.asks {
		if !q.opening || q.kind != askText {
			continue
		}
		if t.wordsBeyond(task) {
			t.st.Facts.Opening = clip(t.text, maxDetail)
			t.source("opening")
		}
		return
	}
	if t.leftOver() {
		t.st.Facts.Opening = clip(t.text, maxAnswer)
		t.source("opening")
	}
}

// wordsBeyond tells that the message says more than what starts the task.
func (t *turn) wordsBeyond(task *task) bool {
	for i, k := range t.tokens {
		if k.Kind == lexicon.WordToken && !t.around[i] && !isFiller(t.words[i].Exact) && !t.covered(i, t.flow.means.want, t.flow.means.asks) && !t.triggers(i, task) {
			return true
		}
	}
	return false
}

// leftOver tells that some word of the message is part of no fact and of no phrase that is known, or that a size was said.
func (t *turn) leftOver() bool {
	for i, k := range t.tokens {
		switch {
		case k.Kind == lexicon.NumberToken && i > 0 && isSize(t.words[i-1].Exact):
			return true
		case k.Kind != lexicon.WordToken || t.around[i] || t.reader.used[i] || len(k.Text) < 3 || isFiller(t.words[i].Exact) || len(t.words[i].Typos) > 0:
		case t.reader.kind(i) != wordNone || strings.Contains(t.st.Facts.Name, t.text[k.From:k.To]) || strings.Contains(t.st.Facts.Delivery, t.text[k.From:k.To]):
		case !t.flow.words.InPhrase(t.words[i].Exact) && !slices.ContainsFunc(t.hits, func(h lexicon.Match) bool { return h.At <= i && i < h.End }):
			return true
		}
	}
	return false
}

// isSize holds the words before a number that is a size and no quantity.
func isSize(w string) bool {
	switch w {
	case "size", "saizi", "sizes", "namba", "nambari", "number", "model":
		return true
	}
	return false
}

// triggers tells whether a token belongs to a phrase that starts the task and is no more than its name.
func (t *turn) triggers(i int, task *task) bool {
	for _, in := range t.flow.intents {
		if in.start == task && t.covered(i, append(in.strong[:len(in.strong):len(in.strong)], in.weak...)...) {
			return true
		}
	}
	return false
}

// source remembers which message a fact came from.
func (t *turn) source(fact string) {
	if t.msg.ID == "" || len(t.msg.ID) > 200 {
		return
	}
	if t.st.Facts.From == nil {
		t.st.Facts.From = map[string]string{}
	}
	t.st.Facts.From[fact] = t.msg.ID
}

// goOn refuses what cannot be, else asks for the next fact.
func (t *turn) goOn(task *task, out outcome, lead string) {
	if out.unknown {
		lead = paragraphs(lead, t.render("no_such_item", nil))
	}
	if out.refusal == nil {
		t.advance(task, lead)
		return
	}
	r := out.refusal
	t.st.Ask = r.ask
	if r.says != "" {
		t.says = append(t.says, r.says)
	}
	t.trace(flowhq.TraceStep, "refused: "+r.key+", asks "+r.kind)
	question := ""
	if !r.complete {
		if q := task.question(r.ask); q != nil {
			question, _ = t.questionText(task, q)
		}
	}
	text := ""
	if r.key == "which_time" {
		text = t.whichTime()
	} else {
		text = t.render(r.key, r.values)
	}
	t.reply(paragraphs(lead, text, question), r.kind)
}

// advance asks for the next fact, for confirmation, or records.
func (t *turn) advance(task *task, lead string) {
	for _, q := range task.asks {
		if q.optional || t.filled(q) {
			continue
		}
		t.st.Ask = q.fact
		text, kind := t.questionText(task, q)
		t.trace(flowhq.TraceStep, "asks "+kind)
		t.reply(paragraphs(lead, text), kind)
		return
	}
	if len(task.confirm) > 0 {
		t.askConfirmation(task, lead)
		return
	}
	t.record(task, lead)
}

// ask says the question in hand again, with something before it.
func (t *turn) again(task *task, lead string) {
	switch t.st.Ask {
	case askConfirmation:
		t.askConfirmation(task, lead)
	case askWhatToChange:
		t.reply(paragraphs(lead, t.changeQuestion(task)), t.changeKinds(task))
	default:
		q := task.question(t.st.Ask)
		if q == nil {
			t.advance(task, lead)
			return
		}
		text, kind := t.questionText(task, q)
		t.reply(paragraphs(lead, text), kind)
	}
}

func (t *turn) knownFacts(task *task) string {
	var known []string
	for _, q := range task.asks {
		if t.filled(q) {
			known = append(known, q.fact)
		}
	}
	if len(known) == 0 {
		return ""
	}
	return ", with " + strings.Join(known, ", ")
}

// proceed takes the answer to a question.
func (t *turn) proceed() {
	task := t.task()
	switch {
	case t.commands(task):
	case t.st.Ask == askConfirmation:
		t.confirm(task)
	case t.st.Ask == askWhatToChange:
		t.change(task)
	default:
		t.answerQuestion(task)
	}
}

// commands follows cancel, menu and back.
func (t *turn) commands(task *task) bool {
	q := task.question(t.st.Ask)
	if q != nil && q.kind == askText && t.contentWords(0, 0) > 4 {
		return false
	}
	m := t.flow.means
	switch {
	case t.cancels():
		t.st.leaveTask()
		t.trace(flowhq.TraceStep, "cancelled by the customer")
		t.answer("cancelled", "menu")
	case t.has(m.menu):
		t.st.leaveTask()
		t.answer("menu", "menu")
	case t.has(m.back):
		t.goBack(task)
	default:
		return false
	}
	return true
}

// cancels tells that the customer gives the task in hand up: "ghairi", "hapana, nimeghairi". "Don't cancel" does not, and who says
// what shall be instead changes it.
func (t *turn) cancels() bool {
	m := t.flow.means
	if t.hasChange() || t.has(m.no) && t.hasFacts() {
		return false
	}
	return slices.ContainsFunc(t.hits, func(h lexicon.Match) bool {
		if h.Meaning != m.cancel {
			return false
		}
		if h.At == 0 {
			return true
		}
		switch t.words[h.At-1].Exact {
		case "dont", "not", "never", "sitaki", "sijataka":
			return false
		}
		return true
	})
}

func (t *turn) hasChange() bool { return t.has(t.flow.means.change) }

// goBack asks the question before the one in hand again.
func (t *turn) goBack(task *task) {
	var last *question
	for _, q := range task.asks {
		if q.fact == t.st.Ask {
			break
		}
		if !q.optional {
			last = q
		}
	}
	if last == nil {
		t.st.leaveTask()
		t.answer("menu", "menu")
		return
	}
	t.clear(last.fact)
	t.st.Ask = last.fact
	t.again(task, "")
}

// clear forgets a fact.
func (t *turn) clear(fact string) {
	f := &t.st.Facts
	delete(f.From, fact)
	switch fact {
	case "service":
		f.Service = ""
	case "items":
		f.Items = nil
	case "date":
		f.Date = ""
	case "time":
		f.Time, f.Part, f.Readings = "", 0, nil
	case "name":
		f.Name = ""
	case "delivery":
		f.Delivery = ""
	case "detail":
		f.Detail = ""
	case "opening":
		f.Opening = ""
	default:
		delete(f.More, fact)
	}
}

// answerQuestion takes the answer to a question about a fact.
func (t *turn) answerQuestion(task *task) {
	q := task.question(t.st.Ask)
	if q == nil {
		t.advance(task, "")
		return
	}
	if t.acceptsOffer() {
		t.takeOffer()
		t.advance(task, "")
		return
	}
	if t.digresses(q) && t.digress(task) {
		return
	}
	if named := t.namedFact(task); q.kind == askName && named != nil && named != q && t.hasChange() {
		t.refuse(task)
		return
	}
	offered := t.st.Offer != nil
	t.st.Offer = nil
	out := t.absorb(task, q.fact, "")
	if out.refusal != nil || len(out.changed) > 0 {
		t.st.Misses = 0
		t.trace(flowhq.TraceStep, "understood: "+strings.Join(out.changed, ", "))
		t.goOn(task, out, t.asideOf(q))
		return
	}
	if offered && t.has(t.flow.means.no) {
		t.again(task, "")
		return
	}
	if t.hasChange() && t.namedFact(task) != nil {
		t.refuse(task)
		return
	}
	if t.digress(task) || t.courtesy(task) {
		return
	}
	t.notAnswered(task, q)
}

func (t *turn) notAnswered(task *task, q *question) {
	t.trace(flowhq.TraceStep, "the answer was not understood")
	if t.missed() {
		return
	}
	text, kind := t.questionText(task, q)
	again := ""
	switch q.kind {
	case askPhone:
		again = t.plain("phone_again")
	case askName:
		again = t.plain("name_again")
	case askNumber:
		again = t.render("number_again", boundsOf(q.min, q.max))
	}
	if again != "" && t.st.Misses == 1 {
		t.reply(paragraphs(again, text), kind)
		return
	}
	lead := ""
	if _, number := t.chosenNumber(); (q.kind == askChoice || q.kind == askItems) && t.wordCount() > 0 && !number && t.st.Misses == 1 && t.choices(q) != "" {
		lead = t.render("no_such_item", nil)
		t.reply(paragraphs(lead, text), kind)
		return
	}
	t.reply(t.renderText(t.flow.texts["not_understood_question"], t.st.Misses-1, func(name string) string {
		if name == "question" {
			return text
		}
		return ""
	}), kind)
}

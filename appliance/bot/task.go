package bot

import (
	"slices"
	"strings"

	"flowhq"
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
		if k.kind == tokenWord && !t.bare[i] && !isFiller(t.heard[i].exact) && !t.covered(i, t.flow.means.want, t.flow.means.asks) && !t.triggers(i, task) {
			return true
		}
	}
	return false
}

// leftOver tells that some word of the message is part of no fact and of no phrase that is known, or that a size was said.
func (t *turn) leftOver() bool {
	for i, k := range t.tokens {
		switch {
		case k.kind == tokenNumber && i > 0 && isSize(t.heard[i-1].exact):
			return true
		case k.kind != tokenWord || t.bare[i] || t.reader.used[i] || len(k.text) < 3 || isFiller(t.heard[i].exact) || len(t.heard[i].slips) > 0:
		case t.reader.kind(i) != wordNone || strings.Contains(t.st.Facts.Name, t.text[k.from:k.to]) || strings.Contains(t.st.Facts.Delivery, t.text[k.from:k.to]):
		case t.flow.words.known[t.heard[i].exact] != phraseWord && !slices.ContainsFunc(t.hits, func(h hit) bool { return h.at <= i && i < h.end }):
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
	t.reply(paragraphs(lead, t.render(r.key, r.values), question), r.kind)
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

// filled tells whether a fact is known.
func (t *turn) filled(q *question) bool {
	f := &t.st.Facts
	switch q.fact {
	case "service":
		return f.Service != ""
	case "items":
		return len(f.Items) > 0 && t.pendingItem() < 0
	case "date":
		return f.Date != ""
	case "time":
		return f.Time != ""
	case "name":
		return f.Name != ""
	case "delivery":
		return f.Delivery != ""
	case "detail":
		return f.Detail != ""
	}
	return f.More[q.fact] != ""
}

// pendingItem is the first product whose quantity is not known; -1 when there is none.
func (t *turn) pendingItem() int {
	for i, item := range t.st.Facts.Items {
		if item.Quantity == 0 {
			return i
		}
	}
	return -1
}

// questionText writes a question and names what it asks for.
func (t *turn) questionText(task *task, q *question) (text, kind string) {
	if q.kind == askItems {
		if n := t.pendingItem(); n >= 0 {
			item := t.st.Facts.Items[n].Product
			return t.renderText(q.quantity, 0, func(name string) string {
				if name == "item" {
					return item
				}
				return t.factText(name)
			}), "quantity"
		}
	}
	kind = t.kindOf(q)
	values := func(name string) string {
		if name == "list" {
			return t.choices(q)
		}
		return t.factText(name)
	}
	asked := q.ask
	if (q.kind == askChoice || q.kind == askItems) && len(q.other) > 0 && t.choices(q) == "" {
		asked = q.other
	}
	if q.kind == askTime && len(t.st.Facts.Readings) > 0 {
		return t.whichTime(), kind
	}
	text, _ = t.renderFilled(asked, 0, values)
	if text == "" {
		text = t.renderText(q.label, 0, nil) + "?"
	}
	return text, kind
}

// kindOf names what a question asks for, as Action.Asks has it.
func (t *turn) kindOf(q *question) string {
	if q.kind == askItems {
		return "product_or_quantity"
	}
	return q.fact
}

// choices lists what a question lets choose from.
func (t *turn) choices(q *question) string {
	switch q.source {
	case fromServices:
		return t.priceList(t.biz.Settings.Services, true)
	case fromProducts:
		return t.priceList(t.biz.Settings.Products, true)
	case fromOptions:
		var b strings.Builder
		for n, o := range q.options {
			if n > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(grouped(int64(n+1)) + ". " + o.Name)
		}
		return b.String()
	}
	return ""
}

// whichTime asks between the readings of an hour.
func (t *turn) whichTime() string {
	parts := make([]string, 0, 4)
	for _, m := range t.st.Facts.Readings {
		parts = append(parts, hourText(m, t.flow.Language))
	}
	text := parts[0]
	for i, p := range parts[1:] {
		if i == len(parts)-2 {
			text += " " + t.plain("or") + " " + p
		} else {
			text += ", " + p
		}
	}
	return t.render("which_time", func(string) string { return text })
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
	case t.has(m.cancel) && !t.has(m.no) && !t.hasChange():
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

func boundsOf(low, high int64) func(string) string {
	return func(name string) string {
		switch name {
		case "min":
			return grouped(low)
		case "max":
			return grouped(high)
		}
		return ""
	}
}

// digresses tells that a message asks something of its own before it can be the answer to a question that takes any words.
func (t *turn) digresses(q *question) bool {
	switch {
	case q.answers:
		return true
	case q.kind == askText:
		return t.isQuestion() && t.contentWords(0, 0) <= 7 && len(t.tokens) <= 12
	case q.kind == askName:
		return t.isQuestion() || t.contentWords(0, 0) <= 2
	}
	return false
}

// digress answers a question that the customer has in between, and asks its own again; or turns to another task.
func (t *turn) digress(task *task) bool {
	starts, infos, handoffs := t.picks(false)
	if q := task.question(t.st.Ask); q != nil && q.answers && len(infos) > 0 {
		t.st.leaveTask()
		t.serve(nil, infos, "")
		return true
	}
	if len(handoffs) > 0 && leads(handoffs[0], starts) && leads(handoffs[0], infos) {
		return false
	}
	if len(infos) > 0 && !courteous(infos[0].intent, t.flow) {
		topic, asks := t.st.Topic, t.st.TopicAsks
		lead, _ := t.info(infos[0].intent)
		t.st.Topic, t.st.TopicAsks = topic, asks
		t.st.Misses = 0
		t.trace(flowhq.TraceStep, "answered in between: "+infos[0].intent.name)
		t.again(task, lead)
		return true
	}
	if len(starts) > 0 && starts[0].intent.start != task && starts[0].hit.slips == 0 {
		t.serve(starts[:1], nil, "")
		return true
	}
	return false
}

// asideOf answers a question that came along with the answer to the one in hand: "manicure, bei gani?".
func (t *turn) asideOf(q *question) string {
	if q.kind == askText || q.kind == askName {
		return ""
	}
	_, infos, _ := t.picks(false)
	if len(infos) == 0 || courteous(infos[0].intent, t.flow) || infos[0].hit.words < 2 && !t.isQuestion() {
		return ""
	}
	topic, asks := t.st.Topic, t.st.TopicAsks
	lead, _ := t.info(infos[0].intent)
	t.st.Topic, t.st.TopicAsks = topic, asks
	return lead
}

// courteous tells that an answer is mere courtesy: it gives way to the question in hand.
func courteous(i *intent, f *Flow) bool {
	for _, m := range i.strong {
		if m == f.means.thanks || m == f.means.noProblem {
			return true
		}
	}
	return i.menu
}

// courtesy answers a greeting or thanks and asks again.
func (t *turn) courtesy(task *task) bool {
	_, infos, _ := t.picks(false)
	switch {
	case t.has(t.flow.means.greeting):
		t.st.Misses = 0
		t.again(task, t.plainGreeting())
		return true
	case len(infos) > 0:
		t.st.Misses = 0
		t.again(task, t.renderText(infos[0].intent.reply, t.st.Turns, nil))
		return true
	}
	return false
}

func (t *turn) plainGreeting() string { return t.greeting() + "!" }

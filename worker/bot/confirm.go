package bot

import (
	"slices"
	"strconv"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

func (t *turn) askConfirmation(task *task, lead string) {
	t.st.Ask = askConfirmation
	t.trace(flowhq.TraceStep, "asks for confirmation")
	text := t.renderText(task.confirm, 0, t.factText)
	t.reply(paragraphs(lead, text+"\n"+t.render("confirm_choices", nil)), askConfirmation)
}

// confirm takes the answer to the confirmation: yes, no, a change of mind, or a question in between. New facts count more
// than yes and no: "no, 11am please" and "yes, but at 11" both change the hour.
func (t *turn) confirm(task *task) {
	if n, ok := t.chosenNumber(); ok && n >= 1 && n <= 3 && !t.has(t.flow.means.no) && !t.hasChange() && !t.setsValue() {
		t.confirmNumber(task, n)
		return
	}
	if t.acceptsOffer() {
		t.takeOffer()
		t.advance(task, "")
		return
	}
	t.st.Offer = nil
	if t.asksPrice() && t.digress(task) {
		return
	}
	m := t.flow.means
	no, yes := t.has(m.no) || t.hasChange() || t.setsValue(), t.has(m.yes) || t.has(m.noProblem)
	out := t.absorbChange(task, no)
	switch {
	case out.refusal != nil:
		t.st.Misses = 0
		t.goOn(task, out, "")
	case len(out.changed) > 0:
		t.changed(task, out)
	case yes && !no && !t.has(m.notYet):
		t.record(task, "")
	case no && !yes:
		t.refuse(task)
	case t.digress(task):
	case t.fillOptional(task, yes || no):
		t.askConfirmation(task, "")
	case t.has(m.notYet) || t.courtesy(task):
		if len(t.acts) == 0 || t.acts[len(t.acts)-1].Kind != ActionReply {
			t.again(task, "")
		}
	default:
		t.unclear(task)
	}
}

// setsValue tells that a message says what something shall be: "iwe 2", "make it 2", "ziwe tatu". A number is no choice then.
func (t *turn) setsValue() bool {
	return slices.ContainsFunc(t.words, func(h lexicon.Word) bool {
		switch h.Exact {
		case "iwe", "liwe", "ziwe", "viwe", "yawe", "pawe", "make":
			return true
		}
		return false
	})
}

// asksPrice tells that a message asks about a service or a product and decides nothing: "bei ya kusuka?".
func (t *turn) asksPrice() bool {
	m := t.flow.means
	if t.has(m.yes) || t.has(m.no) || t.hasChange() || t.has(m.add) || t.has(m.remove) || t.has(m.want) || t.saysWhen() {
		return false
	}
	_, infos, _ := t.picks(false)
	return len(infos) > 0 && len(infos[0].intent.item) > 0 && len(t.reader.amounts(nil, t.text)) == 0
}

func (t *turn) confirmNumber(task *task, n int64) {
	switch n {
	case 1:
		t.record(task, "")
	case 2:
		t.refuse(task)
	default:
		t.st.leaveTask()
		t.trace(flowhq.TraceStep, "cancelled by the customer")
		t.answer("cancelled", "menu")
	}
}

// absorbChange takes new facts at the confirmation. After a no, a bare number is an hour.
func (t *turn) absorbChange(task *task, no bool) outcome {
	expect := ""
	if no && task.asksWhen() {
		if _, ok := t.reader.soleAmount(t.text); ok {
			expect = "time"
		}
	}
	before := t.st.Facts.Time
	out := t.absorb(task, expect, "")
	t.changeQuantity(task, no, &out)
	if len(out.changed) == 0 && out.refusal == nil && t.pendingItem() >= 0 {
		out.set("items")
	}
	if t.st.Facts.Time == "" && before != "" && out.refusal == nil {
		out.set("time")
	}
	return out
}

// changeQuantity takes a bare number as the quantity of the only product: "hapana, 5", "iwe 5".
func (t *turn) changeQuantity(task *task, no bool, out *outcome) {
	q := task.itemsQuestion()
	if q == nil || len(out.changed) > 0 || out.refusal != nil || len(t.st.Facts.Items) != 1 {
		return
	}
	a, ok := t.reader.soleAmount(t.text)
	if !ok || !no && t.contentWords(a.at, a.end) > 0 {
		return
	}
	if a.bad || a.value < q.min || a.value > q.max {
		out.refuse(&refusal{key: "quantity_bad", ask: askConfirmation, kind: "quantity", minute: -1, values: boundsOf(q.min, q.max)})
		return
	}
	if items := t.st.Facts.Items; items[0].Quantity != int(a.value) {
		items[0].Quantity = int(a.value)
		out.set("items")
	}
}

func (t *turn) changed(task *task, out outcome) {
	t.st.Misses = 0
	t.trace(flowhq.TraceStep, "changed: "+strings.Join(out.changed, ", "))
	t.goOn(task, out, t.plain("changed"))
}

// refuse asks what to change, or straight for the fact that the customer named: "badilisha saa".
func (t *turn) refuse(task *task) {
	t.st.Misses = 0
	if q := t.namedFact(task); q != nil {
		t.clearForChange(q)
		t.st.Ask = q.fact
		t.trace(flowhq.TraceStep, "wants to change "+q.fact)
		t.again(task, "")
		return
	}
	t.st.Ask = askWhatToChange
	t.trace(flowhq.TraceStep, "not confirmed; asks what to change")
	t.again(task, "")
}

// clearForChange forgets a fact that is to be said anew; of an order of one product, only its quantity when that is what
// the customer named.
func (t *turn) clearForChange(q *question) {
	items := t.st.Facts.Items
	if q.kind == askItems && len(items) == 1 && t.has(t.flow.words.Lookup("fact_quantity")) {
		items[0].Quantity = 0
		return
	}
	t.clear(q.fact)
}

// namedFact gives the fact whose name the message has.
func (t *turn) namedFact(task *task) *question {
	for _, q := range task.asks {
		if m := t.flow.meaningOfFact(q.fact); m >= 0 && t.has(m) {
			return q
		}
		if label := t.labelOf(q); label != "" && strings.Contains(lexicon.Join(t.tokens), lexicon.Join(lexicon.Tokenize(label))) {
			return q
		}
	}
	return nil
}

func (t *turn) labelOf(q *question) string {
	if len(q.label) == 0 {
		return strings.ReplaceAll(q.fact, "_", " ")
	}
	s, _ := q.label[0].render(func(string) string { return "" })
	return s
}

func (t *turn) changeQuestion(task *task) string {
	var labels []string
	for n, q := range task.asks {
		labels = append(labels, strconv.Itoa(n+1)+". "+t.labelOf(q))
	}
	facts := strings.Join(labels, "\n")
	return t.render("change_what", func(name string) string {
		if name == "facts" {
			return facts
		}
		return ""
	})
}

// changeKinds names everything that the question what to change may be answered with.
func (t *turn) changeKinds(task *task) string {
	var kinds []string
	for _, q := range task.asks {
		kinds = append(kinds, t.kindOf(q))
	}
	return strings.Join(append(kinds, askConfirmation), "_or_")
}

// change takes the answer to "what should I change?".
func (t *turn) change(task *task) {
	m := t.flow.means
	if n, ok := t.chosenNumber(); ok && n >= 1 && n <= int64(len(task.asks)) {
		q := task.asks[n-1]
		t.clear(q.fact)
		t.st.Ask = q.fact
		t.again(task, "")
		return
	}
	out := t.absorbChange(task, true)
	switch {
	case out.refusal != nil:
		t.goOn(task, out, "")
	case len(out.changed) > 0:
		t.changed(task, out)
	case t.namedFact(task) != nil:
		t.refuse(task)
	case t.has(m.noProblem) || t.has(m.yes) && !t.has(m.no):
		t.askConfirmation(task, "")
	case t.has(m.no):
		t.st.leaveTask()
		t.answer("cancelled", "menu")
	case t.digress(task) || t.courtesy(task):
	default:
		t.unclear(task)
	}
}

// fillOptional takes words that are neither yes nor no as the fact that was left open: "Kariakoo" for the place.
func (t *turn) fillOptional(task *task, decided bool) bool {
	if decided || t.isQuestion() || t.contentWords(0, 0) == 0 {
		return false
	}
	for _, q := range task.asks {
		if q.optional && q.kind == askText && !t.filled(q) {
			var out outcome
			t.setFact(q.fact, clip(t.placeFrom(0), maxAnswer), &out)
			t.source(q.fact)
			return len(out.changed) > 0
		}
	}
	return false
}

func (t *turn) unclear(task *task) {
	t.trace(flowhq.TraceStep, "neither yes nor no")
	if t.missed() {
		return
	}
	question, kind := t.renderText(task.confirm, 0, t.factText)+"\n"+t.render("confirm_choices", nil), askConfirmation
	if t.st.Ask == askWhatToChange {
		question, kind = t.changeQuestion(task), t.changeKinds(task)
	}
	t.reply(t.renderText(t.flow.texts["not_understood_question"], t.st.Misses-1, func(name string) string {
		if name == "question" {
			return question
		}
		return ""
	}), kind)
}

// record hands the request over to be kept, thanks the customer and tells the owner.
func (t *turn) record(task *task, lead string) {
	f := &t.st.Facts
	request := &flowhq.RequestEvent{Type: task.record, Status: flowhq.RequestNew, Fields: t.fields(task)}
	t.acts = append(t.acts, Action{Kind: ActionRecord, Request: request, Step: task.name})
	t.trace(flowhq.TraceStep, "recorded "+string(task.record))
	text := paragraphs(lead, t.renderText(task.done, 0, t.factText))
	notice := t.renderText(task.notify, 0, t.factText)
	recorded := []string{t.msg.ID}
	for _, id := range f.From {
		if !slices.Contains(recorded, id) {
			recorded = append(recorded, id)
		}
	}
	slices.Sort(recorded)
	if f.Name != "" {
		t.st.Name = f.Name
	}
	t.st.leaveTask()
	t.st.Misses, t.st.Recorded, t.st.Before = 0, recorded, nil
	t.reply(text, "")
	t.notify(notice)
	if task.handoff {
		t.acts = append(t.acts, Action{Kind: ActionHandoff, Reason: HandoverTask, Cause: "the flow hands over after " + task.name})
	}
}

// fields are the facts as a record has them. What has no place of its own stands in the detail, line by line.
func (t *turn) fields(task *task) flowhq.RequestFields {
	f := &t.st.Facts
	fields := flowhq.RequestFields{
		Service: f.Service, Date: f.Date, Time: f.Time, Name: f.Name, Items: slices.Clone(f.Items), Delivery: f.Delivery, Detail: f.Detail,
	}
	if fields.Detail == "" {
		fields.Detail = f.Opening
	}
	if task.record == flowhq.RequestOrder {
		fields.Total, fields.Currency = f.total(), t.biz.Settings.Currency
	}
	for _, q := range task.asks {
		if v := f.More[q.fact]; v != "" {
			fields.Detail = strings.Trim(fields.Detail+"\n"+t.labelOf(q)+": "+v, "\n")
		}
	}
	return fields
}

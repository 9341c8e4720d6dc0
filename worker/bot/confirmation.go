package bot

import (
	"slices"
	"strings"

	"flowhq"
)

// confirmation ends a task: the customer confirms or changes what is to be recorded.
type confirmation struct {
	*utterance
	out        *outbox
	ranker     *ranker
	slots      *slots
	tasks      *tasks
	handover   *handover
	digression *digression
}

func (c *confirmation) askConfirmation(task *task, lead string) {
	c.state.Ask = askConfirmation
	c.out.trace(flowhq.TraceStep, "asks for confirmation")
	text := c.out.renderText(task.confirm, 0, c.out.asks.factText)
	c.out.reply(paragraphs(lead, text+"\n"+c.out.render("confirm_choices", nil)), askConfirmation)
}

// confirm takes the answer to the confirmation: yes, no, a change of mind, or a question in between. New facts count
// more than yes and no: "no, 11am please" and "yes, but at 11" both change the hour.
func (c *confirmation) confirm(task *task) {
	if n, ok := c.choice(); ok {
		c.confirmNumber(task, n)
		return
	}
	if c.slots.dates.acceptsOffer() {
		c.tasks.takeOffer()
		c.tasks.advance(task, "")
		return
	}
	c.state.Offer = nil
	if c.asksPrice() && c.digression.digress(task) {
		return
	}
	no := c.has(c.flow.means.no) || c.hasChange() || c.setsValue()
	out := c.fillChange(task, no)
	switch {
	case out.refusal != nil:
		c.state.Misses = 0
		c.tasks.continueWith(task, out, "")
	case len(out.changed) > 0:
		c.changed(task, out)
	default:
		c.decide(task, no)
	}
}

// choice gives the number of the choice that the message is.
func (c *confirmation) choice() (int64, bool) {
	n, ok := c.chosenNumber()
	if !ok || n < 1 || n > 3 {
		return 0, false
	}
	return n, !c.has(c.flow.means.no) && !c.hasChange() && !c.setsValue()
}

// decide takes a yes or a no that brings no new fact.
func (c *confirmation) decide(task *task, no bool) {
	m := c.flow.means
	yes, notYet := c.hasAny(m.yes, m.noProblem), c.has(m.notYet)
	switch {
	case yes && !no && !notYet:
		c.record(task, "")
	case no && !yes:
		c.refuse(task)
	case c.digression.digress(task):
	case c.fillOptional(task, yes || no):
		c.askConfirmation(task, "")
	case notYet || c.digression.courtesy(task):
		if !c.out.endsWithReply() {
			c.tasks.askAgain(task, "")
		}
	default:
		c.unclear(task)
	}
}

// asksPrice tells whether a message asks about a service or a product and decides nothing: "bei ya kusuka?".
func (c *confirmation) asksPrice() bool {
	m := c.flow.means
	if c.hasAny(m.yes, m.no, m.change, m.add, m.remove, m.want) || c.saysWhen() {
		return false
	}
	infos := c.ranker.rank(false).infos
	return len(infos) > 0 && infos[0].saysItem() && !c.quantities.any()
}

func (c *confirmation) confirmNumber(task *task, n int64) {
	switch n {
	case 1:
		c.record(task, "")
	case 2:
		c.refuse(task)
	default:
		c.state.leaveTask()
		c.out.trace(flowhq.TraceStep, "cancelled by the customer")
		c.out.answer("cancelled")
	}
}

func (c *confirmation) unclear(task *task) {
	c.out.trace(flowhq.TraceStep, "neither yes nor no")
	if c.handover.missed() {
		return
	}
	if c.state.Ask == askWhatToChange {
		c.out.repeat(c.out.asks.changeQuestion(task), c.out.asks.changeKinds(task))
		return
	}
	text := c.out.renderText(task.confirm, 0, c.out.asks.factText)
	c.out.repeat(text+"\n"+c.out.render("confirm_choices", nil), askConfirmation)
}

// record hands the request over to be kept, thanks the customer and tells the owner.
func (c *confirmation) record(task *task, lead string) {
	f := &c.state.Facts
	request := &flowhq.RequestEvent{Type: task.record, Status: flowhq.RequestNew, Fields: c.fields(task)}
	c.out.acts = append(c.out.acts, Action{Kind: ActionRecord, Request: request, Step: task.name})
	c.out.trace(flowhq.TraceStep, "recorded "+string(task.record))
	text := paragraphs(lead, c.out.renderText(task.done, 0, c.out.asks.factText))
	notice := c.out.renderText(task.notify, 0, c.out.asks.factText)
	recorded := []string{c.msg.ID}
	for _, id := range f.From {
		if !slices.Contains(recorded, id) {
			recorded = append(recorded, id)
		}
	}
	slices.Sort(recorded)
	if f.Name != "" {
		c.state.Name = f.Name
	}
	c.state.leaveTask()
	c.state.Misses, c.state.Recorded, c.state.Before = 0, recorded, nil
	c.out.reply(text, "")
	c.out.notify(notice)
	if task.handoff {
		cause := "the flow hands over after " + task.name
		c.out.acts = append(c.out.acts, Action{Kind: ActionHandoff, Reason: HandoverTask, Cause: cause})
	}
}

// fields are the facts as a record has them. What has no place of its own stands in the detail, line by line.
func (c *confirmation) fields(task *task) flowhq.RequestFields {
	f := &c.state.Facts
	fields := flowhq.RequestFields{
		Service: f.Service, Date: f.Date, Time: f.Time, Name: f.Name, Items: slices.Clone(f.Items),
		Delivery: f.Delivery,
		Detail:   f.Detail,
	}
	if fields.Detail == "" {
		fields.Detail = f.Opening
	}
	if task.record == flowhq.RequestOrder {
		fields.Total, fields.Currency = f.total(), c.business.Settings.Currency
	}
	for _, q := range task.asks {
		if v := f.More[q.fact]; v != "" {
			fields.Detail = strings.Trim(fields.Detail+"\n"+c.out.asks.labelOf(q)+": "+v, "\n")
		}
	}
	return fields
}

// fillOptional takes words that are neither yes nor no as the fact that was left open: "Kariakoo" for the place.
func (c *confirmation) fillOptional(task *task, decided bool) bool {
	if decided || c.isQuestion() || c.contentWords(0, 0) == 0 {
		return false
	}
	for _, q := range task.asks {
		if q.optional && q.kind == askText && !c.filled(q) {
			var out outcome
			c.setFact(q.fact, clip(c.slots.names.placeFrom(0), maxAnswer), &out)
			c.noteSource(q.fact)
			return len(out.changed) > 0
		}
	}
	return false
}

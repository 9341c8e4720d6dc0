package bot

import (
	"strings"

	"flowhq"
)

// absorbChange takes new facts at the confirmation. After a no, a bare number is an hour.
func (c *confirmation) fillChange(task *task, no bool) outcome {
	expect := ""
	if no && task.asksWhen() {
		if _, ok := c.quantities.sole(); ok {
			expect = "time"
		}
	}
	before := c.state.Facts.Time
	out := c.slots.fill(task, expect, "")
	c.slots.orders.changeQuantity(task, no, &out)
	if len(out.changed) == 0 && out.refusal == nil && c.pendingItem() >= 0 {
		out.set("items")
	}
	if c.state.Facts.Time == "" && before != "" && out.refusal == nil {
		out.set("time")
	}
	return out
}

func (c *confirmation) changed(task *task, out outcome) {
	c.state.Misses = 0
	c.out.trace(flowhq.TraceStep, "changed: "+strings.Join(out.changed, ", "))
	c.tasks.continueWith(task, out, c.out.plain("changed"))
}

// refuse asks what to change, or straight for the fact that the customer named: "badilisha saa".
func (c *confirmation) refuse(task *task) {
	c.state.Misses = 0
	if q := c.tasks.namedFact(task); q != nil {
		c.clearForChange(q)
		c.state.Ask = q.fact
		c.out.trace(flowhq.TraceStep, "wants to change "+q.fact)
		c.tasks.askAgain(task, "")
		return
	}
	c.state.Ask = askWhatToChange
	c.out.trace(flowhq.TraceStep, "not confirmed; asks what to change")
	c.tasks.askAgain(task, "")
}

// clearForChange forgets a fact that is to be said anew; of an order of one product, only its quantity when that is
// what the customer named.
func (c *confirmation) clearForChange(q *question) {
	items := c.state.Facts.Items
	if q.kind == askItems && len(items) == 1 && c.has(c.flow.words.Lookup("fact_quantity")) {
		items[0].Quantity = 0
		return
	}
	c.clearFact(q.fact)
}

// change takes the answer to "what should I change?".
func (c *confirmation) change(task *task) {
	if n, ok := c.chosenNumber(); ok && n >= 1 && n <= int64(len(task.asks)) {
		q := task.asks[n-1]
		c.clearFact(q.fact)
		c.state.Ask = q.fact
		c.tasks.askAgain(task, "")
		return
	}
	out := c.fillChange(task, true)
	switch {
	case out.refusal != nil:
		c.tasks.continueWith(task, out, "")
	case len(out.changed) > 0:
		c.changed(task, out)
	case c.tasks.namedFact(task) != nil:
		c.refuse(task)
	default:
		c.changeNothing(task)
	}
}

// changeNothing takes an answer to "what should I change?" that names nothing.
func (c *confirmation) changeNothing(task *task) {
	m := c.flow.means
	switch no := c.has(m.no); {
	case c.has(m.noProblem) || c.has(m.yes) && !no:
		c.askConfirmation(task, "")
	case no:
		c.state.leaveTask()
		c.out.answer("cancelled")
	case c.digression.digress(task) || c.digression.courtesy(task):
	default:
		c.unclear(task)
	}
}

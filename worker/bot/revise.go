package bot

import (
	"slices"

	"flowhq"
)

// reword follows the edit of a message: the last one is taken back and heard anew; of an earlier one, the facts that it
// gave are changed; of a request that is recorded already, the business is told.
func (t *turn) reword() {
	target := t.msg.Target
	switch {
	case t.st.OptedOut:
		t.trace(flowhq.TraceOptedOut, "the customer wants no messages")
	case target != "" && slices.Contains(t.st.Recorded, target):
		t.trace(flowhq.TraceStep, "an edited message had gone into a request already")
		t.text = t.msg.Text
		t.reply(t.render("recorded_already", nil), "")
		t.notify(t.render("notify_change", t.messageValue()))
	case target != "" && t.st.Before != nil && t.st.Before.ID == target:
		t.trace(flowhq.TraceStep, "the last message was edited: heard anew")
		t.rewind()
		t.msg.ID = target
		t.hear(t.msg.Text)
	case target != "" && t.st.InStep() && t.task() != nil && t.dropFactsOf(target):
		t.trace(flowhq.TraceStep, "an earlier message was edited: its facts are changed")
		t.msg.ID = target
		t.listen(t.msg.Text)
		task := t.task()
		t.goOn(task, t.absorb(task, t.st.Ask, ""), t.plain("changed"))
	default:
		t.trace(flowhq.TraceStep, "an edited message that nothing in hand rests on")
	}
}

// unsay follows the deletion of a message.
func (t *turn) unsay() {
	target := t.msg.Target
	switch {
	case t.st.OptedOut || target == "" || slices.Contains(t.st.Recorded, target):
		t.trace(flowhq.TraceStep, "a deleted message that nothing in hand rests on")
	case t.st.Before != nil && t.st.Before.ID == target:
		t.trace(flowhq.TraceStep, "the last message was deleted: taken back")
		t.rewind()
		t.st.Before = nil
		if task := t.task(); t.st.InStep() && task != nil {
			t.again(task, t.plain("taken_back"))
		}
	case t.st.InStep() && t.task() != nil && t.dropFactsOf(target):
		t.trace(flowhq.TraceStep, "an earlier message was deleted: its facts are asked for again")
		t.advance(t.task(), t.plain("taken_back"))
	default:
		t.trace(flowhq.TraceStep, "a deleted message that nothing in hand rests on")
	}
}

// rewind goes back to the state before the last message; what was said about closed hours stays said.
func (t *turn) rewind() {
	closed, turns := t.st.ClosedUntil, t.st.Turns
	t.st = t.st.Before.State.clone()
	t.st.ClosedUntil, t.st.Turns = closed, turns
}

// dropFactsOf forgets the facts that a message gave; false when it gave none.
func (t *turn) dropFactsOf(id string) bool {
	dropped := false
	for fact, from := range t.st.Facts.From {
		if from == id {
			t.clear(fact)
			dropped = true
		}
	}
	return dropped
}

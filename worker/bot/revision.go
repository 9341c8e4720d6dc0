package bot

import (
	"slices"

	"flowhq"
)

// revision follows edits and deletions of earlier messages.
type revision struct {
	*utterance
	out   *outbox
	slots *slots
	tasks *tasks
	turn  *turn
}

// reword follows the edit of a message: the last one is taken back and heard anew; of an earlier one, the facts that it
// gave are changed; of a request that is recorded already, the business is told.
func (r *revision) edited() {
	target := r.msg.Target
	switch {
	case r.state.OptedOut:
		r.out.trace(flowhq.TraceOptedOut, "the customer wants no messages")
	case target != "" && slices.Contains(r.state.Recorded, target):
		r.out.trace(flowhq.TraceStep, "an edited message had gone into a request already")
		r.text = r.msg.Text
		r.out.reply(r.out.render("recorded_already", nil), "")
		r.out.notify(r.out.render("notify_change", r.messageValue()))
	case target != "" && r.state.Before != nil && r.state.Before.ID == target:
		r.out.trace(flowhq.TraceStep, "the last message was edited: heard anew")
		r.rewind()
		r.msg.ID = target
		r.turn.answerText(r.msg.Text)
	case target != "" && r.state.InStep() && r.task() != nil && r.dropFactsOf(target):
		r.out.trace(flowhq.TraceStep, "an earlier message was edited: its facts are changed")
		r.msg.ID = target
		r.read(r.msg.Text)
		task := r.task()
		r.tasks.continueWith(task, r.slots.fill(task, r.state.Ask, ""), r.out.plain("changed"))
	default:
		r.out.trace(flowhq.TraceStep, "an edited message that nothing in hand rests on")
	}
}

// unsay follows the deletion of a message.
func (r *revision) deleted() {
	target := r.msg.Target
	switch {
	case r.state.OptedOut || target == "" || slices.Contains(r.state.Recorded, target):
		r.out.trace(flowhq.TraceStep, "a deleted message that nothing in hand rests on")
	case r.state.Before != nil && r.state.Before.ID == target:
		r.out.trace(flowhq.TraceStep, "the last message was deleted: taken back")
		r.rewind()
		r.state.Before = nil
		if task := r.task(); r.state.InStep() && task != nil {
			r.tasks.askAgain(task, r.out.plain("taken_back"))
		}
	case r.state.InStep() && r.task() != nil && r.dropFactsOf(target):
		r.out.trace(flowhq.TraceStep, "an earlier message was deleted: its facts are asked for again")
		r.tasks.advance(r.task(), r.out.plain("taken_back"))
	default:
		r.out.trace(flowhq.TraceStep, "a deleted message that nothing in hand rests on")
	}
}

// rewind goes back to the state before the last message; what was said about closed hours stays said.
func (r *revision) rewind() {
	closed, turns := r.state.ClosedUntil, r.state.Turns
	r.state = r.state.Before.State.clone()
	r.state.ClosedUntil, r.state.Turns = closed, turns
}

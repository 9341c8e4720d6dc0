package bot

import (
	"slices"

	"flowhq"
)

// digression answers what comes in between, and returns to the question in hand.
type digression struct {
	*utterance
	out     *outbox
	ranker  *ranker
	answers *answers
	tasks   *tasks
	idle    *idle
}

// digresses tells that a message asks something of its own before it can be the answer to a question that takes any
// words.
func (d *digression) digresses(q *question) bool {
	switch {
	case q.answers:
		return true
	case q.kind == askText:
		return d.isQuestion() && d.contentWords(0, 0) <= 7 && len(d.tokens) <= 12
	case q.kind == askName:
		return d.isQuestion() || d.contentWords(0, 0) <= 2
	}
	return false
}

// digress answers a question that the customer has in between, and asks its own again; or turns to another task.
func (d *digression) digress(task *task) bool {
	wants := d.ranker.rank(false)
	infos, q := wants.infos, task.question(d.state.Ask)
	if q != nil && q.answers && len(infos) > 0 {
		d.state.leaveTask()
		d.idle.serve(nil, infos, "")
		return true
	}
	if wants.handsOver() {
		return false
	}
	if q != nil && q.kind == askName { // Salma is a name, not salama mistyped
		infos = slices.DeleteFunc(infos, func(p candidate) bool { return p.match.Typos > 0 })
	}
	if len(infos) > 0 && d.isReal(infos[0]) {
		lead := d.answerAside(infos[0].intent)
		d.state.Misses = 0
		d.out.trace(flowhq.TraceStep, "answered in between: "+infos[0].intent.name)
		d.tasks.askAgain(task, lead)
		return true
	}
	return d.turnTo(task, wants.starts)
}

// turnTo leaves a task for another one.
func (d *digression) turnTo(task *task, starts []candidate) bool {
	if len(starts) == 0 || starts[0].intent.start == task || starts[0].match.Typos > 0 {
		return false
	}
	d.idle.serve(starts[:1], nil, "")
	return true
}

// answerAside gives an answer that leaves the topic as it was.
func (d *digression) answerAside(i *intent) string {
	topic, asks := d.state.Topic, d.state.TopicAsks
	text, _ := d.answers.answer(i)
	d.state.Topic, d.state.TopicAsks = topic, asks
	return text
}

// asideOf answers a question that came along with the answer to the one in hand: "manicure, bei gani?".
func (d *digression) asideOf(q *question) string {
	if q.kind == askText || q.kind == askName {
		return ""
	}
	infos := d.ranker.rank(false).infos
	if len(infos) == 0 || !d.isReal(infos[0]) || infos[0].match.Words < 2 && !d.isQuestion() {
		return ""
	}
	return d.answerAside(infos[0].intent)
}

// courtesy answers a greeting or thanks and asks again.
func (d *digression) courtesy(task *task) bool {
	infos := d.ranker.rank(false).infos
	switch {
	case d.has(d.flow.means.greeting):
		d.state.Misses = 0
		d.tasks.askAgain(task, d.out.plainGreeting())
		return true
	case len(infos) > 0:
		d.state.Misses = 0
		d.tasks.askAgain(task, d.out.renderText(infos[0].intent.reply, d.state.Turns, nil))
		return true
	}
	return false
}

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

// digresses tells that a message asks something of its own before it can be the answer to a question that takes any words.
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
	starts, infos, handoffs := d.ranker.picks(false)
	if q := task.question(d.st.Ask); q != nil && q.answers && len(infos) > 0 {
		d.st.leaveTask()
		d.idle.serve(nil, infos, "")
		return true
	}
	if len(handoffs) > 0 && leads(handoffs[0], starts) && leads(handoffs[0], infos) {
		return false
	}
	if q := task.question(d.st.Ask); q != nil && q.kind == askName {
		infos = slices.DeleteFunc(infos, func(p pick) bool { return p.hit.Typos > 0 }) // Salma is no slip of salama
	}
	if len(infos) > 0 && !courteous(infos[0].intent, d.flow) {
		topic, asks := d.st.Topic, d.st.TopicAsks
		lead, _ := d.answers.info(infos[0].intent)
		d.st.Topic, d.st.TopicAsks = topic, asks
		d.st.Misses = 0
		d.out.trace(flowhq.TraceStep, "answered in between: "+infos[0].intent.name)
		d.tasks.again(task, lead)
		return true
	}
	if len(starts) > 0 && starts[0].intent.start != task && starts[0].hit.Typos == 0 {
		d.idle.serve(starts[:1], nil, "")
		return true
	}
	return false
}

// asideOf answers a question that came along with the answer to the one in hand: "manicure, bei gani?".
func (d *digression) asideOf(q *question) string {
	if q.kind == askText || q.kind == askName {
		return ""
	}
	_, infos, _ := d.ranker.picks(false)
	if len(infos) == 0 || courteous(infos[0].intent, d.flow) || infos[0].hit.Words < 2 && !d.isQuestion() {
		return ""
	}
	topic, asks := d.st.Topic, d.st.TopicAsks
	lead, _ := d.answers.info(infos[0].intent)
	d.st.Topic, d.st.TopicAsks = topic, asks
	return lead
}

// courtesy answers a greeting or thanks and asks again.
func (d *digression) courtesy(task *task) bool {
	_, infos, _ := d.ranker.picks(false)
	switch {
	case d.has(d.flow.means.greeting):
		d.st.Misses = 0
		d.tasks.again(task, d.out.plainGreeting())
		return true
	case len(infos) > 0:
		d.st.Misses = 0
		d.tasks.again(task, d.out.renderText(infos[0].intent.reply, d.st.Turns, nil))
		return true
	}
	return false
}

package bot

import (
	"slices"

	"flowhq"
)

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
	if q := task.question(t.st.Ask); q != nil && q.kind == askName {
		infos = slices.DeleteFunc(infos, func(p pick) bool { return p.hit.Typos > 0 }) // Salma is no slip of salama
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
	if len(starts) > 0 && starts[0].intent.start != task && starts[0].hit.Typos == 0 {
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
	if len(infos) == 0 || courteous(infos[0].intent, t.flow) || infos[0].hit.Words < 2 && !t.isQuestion() {
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

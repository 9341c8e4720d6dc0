package bot

import "flowhq"

// turn is one step while it is made: the parts of a conversation over one chat and one message.
type turn struct {
	*utterance
	out          outbox
	idle         idle
	tasks        tasks
	handover     handover
	confirmation confirmation
	digression   digression
	revision     revision

	// what the parts above share
	chat     chat
	words    utterance
	composer composer
	asker    asker
	ranker   ranker
	answers  answers
	slots    slots
	texts    textSlots
	orders   orderSlots
	dates    dateSlots
	names    nameSlots
}

// newTurn puts the parts together, in one piece of memory.
func newTurn(c chat) *turn {
	t := &turn{chat: c}
	t.words = utterance{chat: &t.chat}
	u := &t.words
	t.utterance = u
	t.composer = composer{&t.chat}
	t.asker = asker{&t.composer}
	t.out = outbox{composer: &t.composer, asks: &t.asker}
	t.ranker = ranker{u}
	t.answers = answers{u, &t.asker}
	t.texts, t.orders = textSlots{u, &t.asker}, orderSlots{u, &t.asker}
	t.dates, t.names = dateSlots{u, &t.asker}, nameSlots{u, &t.asker}
	t.slots = slots{u, &t.asker, &t.orders, &t.dates, &t.names, &t.texts}
	t.handover = handover{u, &t.out}
	t.idle = idle{utterance: u, out: &t.out, ranker: &t.ranker, answers: &t.answers, tasks: &t.tasks,
		handover: &t.handover}
	t.tasks = tasks{u, &t.out, &t.ranker, &t.slots, &t.idle, &t.handover, &t.confirmation, &t.digression}
	t.confirmation = confirmation{u, &t.out, &t.ranker, &t.slots, &t.tasks, &t.handover, &t.digression}
	t.digression = digression{u, &t.out, &t.ranker, &t.answers, &t.tasks, &t.idle}
	t.revision = revision{u, &t.out, &t.slots, &t.tasks, t}
	return t
}

// forget drops a task that was left lying for too long.
func (t *turn) dropStale() {
	if t.state.LastAt.IsZero() || t.now.Sub(t.state.LastAt) < t.flow.forgetAfter {
		return
	}
	if t.state.InStep() {
		t.out.trace(flowhq.TraceStep, "what was asked before is forgotten: the customer was silent for too long")
	}
	t.state.leaveTask()
	t.state.Misses, t.state.Before, t.state.Recorded = 0, nil, nil
}

// hear answers a text.
func (t *turn) answerText(text string) {
	before := t.state.clone()
	before.Before = nil
	t.read(text)
	switch {
	case t.state.OptedOut:
		t.hearOptedOut()
		return
	case t.has(t.flow.means.stop) && !t.stopsTask():
		t.optOut()
		return
	case t.has(t.flow.means.human) && !t.callsHimself():
		t.handover.customerAsked()
		return
	}
	t.state.Before = &Earlier{ID: t.msg.ID, State: before}
	if t.state.InStep() && t.task() == nil {
		t.state.leaveTask() // the flow has no such task any more
	}
	if t.state.InStep() {
		t.tasks.takeAnswer()
		return
	}
	t.idle.respond()
}

func (t *turn) hearOptedOut() {
	if !t.has(t.flow.means.start) {
		t.out.trace(flowhq.TraceOptedOut, "the customer wants no messages; only START brings the bot back")
		return
	}
	t.state.OptedOut = false
	t.out.acts = append(t.out.acts, Action{Kind: ActionOptIn, Cause: "the customer wrote " + clip(t.text, 40)})
	t.out.reply(t.out.render("opted_in", nil), "menu")
}

func (t *turn) optOut() {
	t.state.leaveTask()
	t.state.OptedOut, t.state.Before = true, nil
	t.state.ClosedUntil = ""
	t.out.acts = append(t.out.acts, Action{Kind: ActionOptOut, Cause: "the customer wrote " + clip(t.text, 40)})
	t.out.says = append(t.out.says, "opted_out")
	t.out.send(t.out.render("opted_out", nil), "")
}

// askForWords answers a picture, a voice note or a sticker that came without words.
func (t *turn) askForWords() {
	if t.state.OptedOut {
		t.out.trace(flowhq.TraceOptedOut, "the customer wants no messages")
		return
	}
	t.out.trace(flowhq.TraceStep, "a message without words: "+string(t.msg.Kind))
	t.out.reply(t.out.render("words_please", nil), "text_please")
}

// stopsTask tells whether the customer wants to leave the task in progress, or a part of it, and not all messages.
func (t *turn) stopsTask() bool {
	return t.state.InStep() && (t.has(t.flow.means.cancel) || t.has(t.flow.means.remove))
}

package bot

import (
	"strings"

	"flowhq"
)

// tasks leads through a task: it asks for one fact after the other and takes the answers.
type tasks struct {
	*utterance
	out          *outbox
	ranker       *ranker
	slots        *slots
	idle         *idle
	handover     *handover
	confirmation *confirmation
	digression   *digression
}

// Bounds of what a record holds.
const (
	maxDetail = 2000
	maxAnswer = 500
	maxName   = 60
)

// start begins a task with what the message says already. Topic is the service or product talked about before; lead is
// said first.
func (k *tasks) start(task *task, topic, lead string) {
	k.state.leaveTask()
	k.state.Misses = 0
	k.state.Task, k.state.FlowVersion = task.name, k.flow.Version
	k.state.Facts.Name = k.state.Name
	out := k.slots.fill(task, "", topic)
	k.keepOpening(task)
	if topic != "" && k.state.Facts.Opening == "" {
		k.state.Facts.Opening = k.idle.topicSaid
	}
	k.out.trace(flowhq.TraceStep, "started "+task.name+k.knownFacts(task))
	k.continueWith(task, out, lead)
}

// open keeps what the customer said at the start: for a question that wants it, when it says more than that there is
// something; for any other task, when it holds words that became no fact ("viatu namba 42", "for my son"), which the
// business should see.
func (k *tasks) keepOpening(task *task) {
	for _, q := range task.asks {
		if !q.opening || q.kind != askText {
			continue
		}
		if k.wordsBeyond(task) {
			k.state.Facts.Opening = clip(k.text, maxDetail)
			k.noteSource("opening")
		}
		return
	}
	if k.leftOver() {
		k.state.Facts.Opening = clip(k.text, maxAnswer)
		k.noteSource("opening")
	}
}

// goOn refuses what cannot be, else asks for the next fact.
func (k *tasks) continueWith(task *task, out outcome, lead string) {
	if out.unknown {
		lead = paragraphs(lead, k.out.render("no_such_item", nil))
	}
	if out.refusal == nil {
		k.advance(task, lead)
		return
	}
	r := out.refusal
	k.state.Ask = r.ask
	if r.says != "" {
		k.out.says = append(k.out.says, r.says)
	}
	k.out.trace(flowhq.TraceStep, "refused: "+r.key+", asks "+r.kind)
	question := ""
	if !r.complete {
		if q := task.question(r.ask); q != nil {
			question, _ = k.out.asks.question(q)
		}
	}
	text := ""
	if r.key == "which_time" {
		text = k.out.asks.whichTime()
	} else {
		text = k.out.render(r.key, r.values)
	}
	k.out.reply(paragraphs(lead, text, question), r.kind)
}

// advance asks for the next fact, for confirmation, or records.
func (k *tasks) advance(task *task, lead string) {
	for _, q := range task.asks {
		if q.optional || k.filled(q) {
			continue
		}
		k.state.Ask = q.fact
		text, kind := k.out.asks.question(q)
		k.out.trace(flowhq.TraceStep, "asks "+kind)
		k.out.reply(paragraphs(lead, text), kind)
		return
	}
	if len(task.confirm) > 0 {
		k.confirmation.askConfirmation(task, lead)
		return
	}
	k.confirmation.record(task, lead)
}

// ask says the question in hand again, with something before it.
func (k *tasks) askAgain(task *task, lead string) {
	switch k.state.Ask {
	case askConfirmation:
		k.confirmation.askConfirmation(task, lead)
	case askWhatToChange:
		k.out.reply(paragraphs(lead, k.out.asks.changeQuestion(task)), k.out.asks.changeKinds(task))
	default:
		q := task.question(k.state.Ask)
		if q == nil {
			k.advance(task, lead)
			return
		}
		text, kind := k.out.asks.question(q)
		k.out.reply(paragraphs(lead, text), kind)
	}
}

func (k *tasks) knownFacts(task *task) string {
	var known []string
	for _, q := range task.asks {
		if k.filled(q) {
			known = append(known, q.fact)
		}
	}
	if len(known) == 0 {
		return ""
	}
	return ", with " + strings.Join(known, ", ")
}

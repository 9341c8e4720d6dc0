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
	k.st.leaveTask()
	k.st.Misses = 0
	k.st.Task, k.st.FlowVersion = task.name, k.flow.Version
	k.st.Facts.Name = k.st.Name
	out := k.slots.absorb(task, "", topic)
	k.open(task)
	if topic != "" && k.st.Facts.Opening == "" {
		k.st.Facts.Opening = k.idle.topicSaid
	}
	k.out.trace(flowhq.TraceStep, "started "+task.name+k.knownFacts(task))
	k.goOn(task, out, lead)
}

// open keeps what the customer said at the start: for a question that wants it, when it says more than that there is
// something; for any other task, when it holds words that became no fact ("viatu namba 42", "for my son"), which the
// business should see.
func (k *tasks) open(task *task) {
	for _, q := range task.asks {
		if !q.opening || q.kind != askText {
			continue
		}
		if k.wordsBeyond(task) {
			k.st.Facts.Opening = clip(k.text, maxDetail)
			k.source("opening")
		}
		return
	}
	if k.leftOver() {
		k.st.Facts.Opening = clip(k.text, maxAnswer)
		k.source("opening")
	}
}

// goOn refuses what cannot be, else asks for the next fact.
func (k *tasks) goOn(task *task, out outcome, lead string) {
	if out.unknown {
		lead = paragraphs(lead, k.out.render("no_such_item", nil))
	}
	if out.refusal == nil {
		k.advance(task, lead)
		return
	}
	r := out.refusal
	k.st.Ask = r.ask
	if r.says != "" {
		k.out.says = append(k.out.says, r.says)
	}
	k.out.trace(flowhq.TraceStep, "refused: "+r.key+", asks "+r.kind)
	question := ""
	if !r.complete {
		if q := task.question(r.ask); q != nil {
			question, _ = k.out.asks.questionText(task, q)
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
		k.st.Ask = q.fact
		text, kind := k.out.asks.questionText(task, q)
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
func (k *tasks) again(task *task, lead string) {
	switch k.st.Ask {
	case askConfirmation:
		k.confirmation.askConfirmation(task, lead)
	case askWhatToChange:
		k.out.reply(paragraphs(lead, k.out.asks.changeQuestion(task)), k.out.asks.changeKinds(task))
	default:
		q := task.question(k.st.Ask)
		if q == nil {
			k.advance(task, lead)
			return
		}
		text, kind := k.out.asks.questionText(task, q)
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

package bot

import (
	"strings"
	"time"

	"flowhq"
)

// Step takes one message in and gives the next state and what is to be done, in order. It is pure: the same input gives
// the same output, and nothing that it was given is changed. Whatever arrives, it looks at MaxHeard characters at most,
// and says at most MaxReply.
//
// A chat stands in one of these places:
//
//	      ┌──────────── nothing asked ◄───────────────┐
//	      │ "naomba miadi"        │ "bei?" → answer    │ recorded, cancelled,
//	      ▼                       └──── stays          │ or silent for too long
//	a fact is asked ──► next fact … ──► confirmation ──┤
//	      ▲    └─ a question in between is answered,   │ no → what to change?
//	      │       then the fact is asked again         │
//	      └────────────────────────────────────────────┘
//
// From everywhere, STOP leads to silence (opted out) and a call for a human hands the chat over.
func Step(flow *Flow, biz flowhq.Business, state State, msg Message, now time.Time) (State, []Action) {
	t := newTurn(chat{flow: flow, business: &biz, msg: msg, now: now.In(flow.zones.of(biz.Settings)),
		state: state.clone()})
	if msg.Kind == flowhq.KindReaction {
		t.out.trace(flowhq.TraceStep, "reactions are not answered")
		return t.state, t.out.acts
	}
	t.dropStale()
	switch {
	case msg.Kind == flowhq.KindEdit:
		t.revision.edited()
	case msg.Kind == flowhq.KindDelete:
		t.revision.deleted()
	case strings.TrimSpace(msg.Text) == "" && msg.Kind != flowhq.KindText && msg.Kind != "":
		t.askForWords()
	default:
		t.answerText(msg.Text)
	}
	t.state.LastAt = t.now.UTC()
	t.state.tidy()
	return t.state, t.out.acts
}

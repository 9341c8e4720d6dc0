package bot

// HandoverReason says why a chat is handed over to a human.
type HandoverReason string

// The reasons of a hand-over.
const (
	HandoverAsked  HandoverReason = "asked"  // the customer asked for a person
	HandoverIntent HandoverReason = "intent" // the flow hands over what the customer wants
	HandoverTask   HandoverReason = "task"   // the flow hands over after a task
	HandoverMisses HandoverReason = "misses" // nothing was understood several times in a row
)

// handover gives chats to a human.
type handover struct {
	*utterance
	out *outbox
}

// handOff gives the chat to a person because the customer asked for one.
func (h *handover) customerAsked() {
	h.state.leaveTask()
	h.state.Before, h.state.Misses = nil, 0
	h.call(HandoverAsked, "the customer asked for a person")
}

// callHuman hands the chat over, and tells the customer and the owner. Cause is the reason in words.
func (h *handover) call(reason HandoverReason, cause string) {
	h.out.acts = append(h.out.acts, Action{Kind: ActionHandoff, Reason: reason, Cause: cause})
	h.out.says = append(h.out.says, "handed_over")
	h.out.reply(h.out.render("handed_over", nil), "")
	h.out.notify(h.out.render("notify_human", h.messageValue()))
}

// missed counts a message that was not understood, and calls a human where the flow says so; then it is true.
func (h *handover) missed() bool {
	h.state.Misses = min(h.state.Misses+1, 1000)
	if h.flow.humanAfter > 0 && h.state.Misses >= h.flow.humanAfter {
		h.state.leaveTask()
		h.state.Misses = 0
		h.call(HandoverMisses, "not understood several times in a row")
		return true
	}
	return false
}

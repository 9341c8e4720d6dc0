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

// handOff gives the chat to a person because the customer asked for one.
func (t *turn) handOff() {
	t.st.leaveTask()
	t.st.Before, t.st.Misses = nil, 0
	t.callHuman(HandoverAsked, "the customer asked for a person")
}

// callHuman hands the chat over, and tells the customer and the owner. Cause is the reason in words.
func (t *turn) callHuman(reason HandoverReason, cause string) {
	t.acts = append(t.acts, Action{Kind: ActionHandoff, Reason: reason, Cause: cause})
	t.says = append(t.says, "handed_over")
	t.reply(t.render("handed_over", nil), "")
	t.notify(t.render("notify_human", t.messageValue()))
}

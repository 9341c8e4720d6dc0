package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// An away message is a text that WhatsApp's business app sends to several customers by itself. It does not hand a chat
// over. A text counts as one when a second chat gets the same within awaySoon, or within awayLate when it has at least
// awayLength characters. The first chat was handed over by then: that is undone, unless the owner wrote something else
// there since.
const (
	awaySoon   = 10 * time.Minute
	awayLate   = 24 * time.Hour
	awayLength = 25
)

// receiveOwn takes in a message of the account itself: the echo of what this worker sent, or what the owner wrote.
func (e *engine) receiveOwn(m message.Incoming) error {
	to := m.To
	if m.Place == message.PlaceSelf && to.IsZero() {
		to = e.dev.Self()
	}
	if to.IsZero() {
		e.ignored.add(flowhq.IgnoredUnknown)
		return nil
	}
	own := ownMessage{engine: e, m: m, to: to}
	if err := e.write(own.journal); err != nil {
		return e.skipIncoming(m.ID, err)
	}
	e.chatsMerged(own.merges)
	return nil
}

// ownMessage is the transaction that takes in one message of the account itself.
type ownMessage struct {
	*engine
	m  message.Incoming
	to message.Person

	tx     *journal.Tx
	now    time.Time
	chat   *journal.Chat
	merges []journal.Merge
}

func (own *ownMessage) journal(tx *journal.Tx) error {
	own.tx, own.now = tx, time.Now()
	o, err := tx.Outgoing(own.m.ID)
	if err != nil {
		return err
	}
	if o != nil {
		return own.echoed(o)
	}
	if own.chat, own.merges, err = tx.UpsertChat(own.to, own.now); err != nil {
		return err
	}
	fresh, err := tx.MarkSeen(own.chat.ID, own.m.ID, own.now)
	if err != nil {
		return err
	}
	if !fresh {
		return own.trace(flowhq.TraceDuplicate, "This message of the owner came before.")
	}
	return own.ownerWrote()
}

func (own *ownMessage) trace(step, detail string) error {
	return trace(own.tx, own.m.ID, own.chat.Key(), own.now, step, detail)
}

// echoed takes a copy of what this worker sent as the acknowledgement, in case that one did not come.
func (own *ownMessage) echoed(o *journal.Outgoing) error {
	f, err := own.tx.FinishOutgoing(o.ID, true, own.now)
	if err != nil {
		return err
	}
	if f == nil {
		return trace(own.tx, o.ID, own.recipient(o).Key(), own.now, flowhq.TraceFiltered,
			"WhatsApp gave this message back: it is the bot's own, not the owner's.")
	}
	return delivered(own.tx, own.dev.Self(), o, own.keyOf(o, f), own.m.SentAt, own.now)
}

// ownerWrote journals what the owner wrote and hands the chat over.
func (own *ownMessage) ownerWrote() error {
	key := own.chat.Key()
	err := own.tx.Event(flowhq.WorkerEvent{At: own.now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: own.m.ID, Chat: key, Direction: flowhq.DirectionOut, Author: flowhq.AuthorOwner, Kind: own.m.Kind,
		From: own.dev.Self().Key(), To: key, Text: own.m.Text, SentAt: own.m.SentAt, Target: own.m.Target,
	}})
	if err != nil || own.m.Place == message.PlaceSelf {
		return err
	}
	switch own.m.Kind {
	case flowhq.KindReaction,
		flowhq.KindEdit,
		flowhq.KindDelete: // changes what was said, and does not take the chat over
		return nil
	}
	own.chat.LastSeen = own.now
	if own.m.Kind != flowhq.KindText {
		return own.handOver("")
	}
	if isHandBack(own.m.Text) {
		return own.handBack()
	}
	digest := digestOf(own.m.Text)
	others, err := own.sameTextElsewhere(digest)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		return own.undoHandovers(others, digest)
	}
	return own.handOver(digest)
}

// handOver hands the chat to the owner; digest is of the text that did so, "" for what is not a text.
func (own *ownMessage) handOver(digest string) error {
	c := own.chat
	if c.HandedOver(own.now) {
		digest = "" // the owner wrote here before: this text alone did not hand the chat over
	}
	c.HandoffCause, c.HandoffEnds, c.HandoffText = journal.HandoffOwner, own.now.Add(own.handoff()), digest
	err := own.trace(
		flowhq.TraceHandedOver,
		fmt.Sprintf(
			"The owner wrote on the phone: the bot is silent in this chat for %s.", durationText(own.handoff()),
		),
	)
	if err == nil {
		err = own.tx.SaveChat(c)
	}
	if err == nil {
		err = chatChanged(own.tx, c, own.now)
	}
	return err
}

// isHandBack tells whether a text is the command that hands a chat back to the bot: "#bot" and nothing else.
func isHandBack(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "#bot", "#roboti":
		return true
	}
	return false
}

// handBack hands the chat back to the bot.
func (own *ownMessage) handBack() error {
	had := own.chat.HandoffCause != ""
	own.chat.EndHandoff()
	err := own.trace(flowhq.TraceHandedOver, "The owner wrote #bot on the phone: the bot has this chat again.")
	if err == nil {
		err = own.tx.SaveChat(own.chat)
	}
	if err == nil && had {
		err = chatChanged(own.tx, own.chat, own.now)
	}
	return err
}

// sameTextElsewhere notes a text of the owner and gives the other chats that got the same one.
func (own *ownMessage) sameTextElsewhere(digest string) ([]int64, error) {
	window := awaySoon
	if len([]rune(strings.TrimSpace(own.m.Text))) >= awayLength {
		window = awayLate
	}
	others, err := own.tx.ChatsWithOwnerText(digest, own.chat.ID, own.now.Add(-window))
	if err == nil {
		err = own.tx.NoteOwnerText(digest, own.chat.ID, own.now)
	}
	return others, err
}

// undoHandovers gives chats back to the bot that an away message had handed over.
func (own *ownMessage) undoHandovers(others []int64, digest string) error {
	err := own.trace(flowhq.TraceFiltered,
		fmt.Sprintf("The same text went to %d other chats: an away message, the bot stays.", len(others)))
	if err == nil {
		err = own.tx.SaveChat(own.chat)
	}
	for _, id := range others {
		if err == nil {
			err = own.undoHandover(id, digest)
		}
	}
	return err
}

func (own *ownMessage) undoHandover(chat int64, digest string) error {
	c, err := own.tx.Chat(chat)
	if err != nil || c == nil || c.HandoffText != digest || c.HandoffCause != journal.HandoffOwner {
		return err
	}
	c.EndHandoff()
	if err := own.tx.SaveChat(c); err != nil {
		return err
	}
	return chatChanged(own.tx, c, own.now)
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return hex.EncodeToString(sum[:16])
}

// handoff is how long the bot is silent after a human took over.
func (e *engine) handoff() time.Duration {
	if c := e.config.Load(); c != nil {
		return c.Limits.Handoff
	}
	return withDefaults(flowhq.Limits{}).Handoff
}

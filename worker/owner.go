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

// An away message is a text that WhatsApp's business app sends to several customers by itself. It does not hand a chat over.
// A text counts as one when a second chat gets the same within awaySoon, or within awayLate when it has at least awayLength
// characters. The first chat was handed over by then: that is undone, unless the owner wrote something else there since.
const (
	awaySoon   = 10 * time.Minute
	awayLate   = 24 * time.Hour
	awayLength = 25
)

// receiveOwn takes in a message of the account itself: the echo of what this worker sent, or what the owner wrote.
func (e *engine) receiveOwn(m message.Incoming) error {
	now := time.Now()
	to := m.To
	if m.Place == message.PlaceSelf && to.IsZero() {
		to = e.dev.Self()
	}
	if to.IsZero() {
		e.ignored.add(flowhq.IgnoredUnknown)
		return nil
	}
	var merges []journal.Merge
	err := e.write(func(tx *journal.Tx) error {
		o, err := tx.Outgoing(m.ID)
		if err != nil {
			return err
		}
		if o != nil {
			return e.echoed(tx, o, m, now)
		}
		var c *journal.Chat
		if c, merges, err = tx.UpsertChat(to, now); err != nil {
			return err
		}
		fresh, err := tx.MarkSeen(c.ID, m.ID, now)
		if err != nil {
			return err
		}
		if !fresh {
			return trace(tx, m.ID, c.Key(), now, flowhq.TraceDuplicate, "This message of the owner came before.")
		}
		return e.ownerWrote(tx, c, m, now)
	})
	if err != nil {
		return e.skipIncoming(m.ID, err)
	}
	e.chatsMerged(merges)
	return nil
}

// echoed takes a copy of what this worker sent as the acknowledgement, in case that one did not come.
func (e *engine) echoed(tx *journal.Tx, o *journal.Outgoing, m message.Incoming, now time.Time) error {
	f, err := tx.FinishOutgoing(o.ID, true, now)
	if err != nil {
		return err
	}
	if f == nil {
		return trace(tx, o.ID, e.recipient(o).Key(), now, flowhq.TraceFiltered,
			"WhatsApp gave this message back: it is the bot's own, not the owner's.")
	}
	return e.delivered(tx, o, e.keyOf(o, f), m.SentAt, now)
}

// ownerWrote journals what the owner wrote and hands the chat over.
func (e *engine) ownerWrote(tx *journal.Tx, c *journal.Chat, m message.Incoming, now time.Time) error {
	err := tx.Event(flowhq.WorkerEvent{At: now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: m.ID, Chat: c.Key(), Direction: flowhq.DirectionOut, Author: flowhq.AuthorOwner, Kind: m.Kind,
		From: e.dev.Self().Key(), To: c.Key(), Text: m.Text, SentAt: m.SentAt, Target: m.Target,
	}})
	if err != nil || m.Place == message.PlaceSelf {
		return err
	}
	switch m.Kind {
	case flowhq.KindReaction, flowhq.KindEdit, flowhq.KindDelete: // changes what was said, and does not take the chat over
		return nil
	}
	c.LastSeen = now
	if m.Kind == flowhq.KindText && isHandBack(m.Text) {
		return e.handBackByOwner(tx, c, m, now)
	}
	digest := ""
	if m.Kind == flowhq.KindText {
		digest = digestOf(m.Text)
		others, err := e.sameTextElsewhere(tx, c, digest, m.Text, now)
		if err != nil {
			return err
		}
		if len(others) > 0 {
			return e.undoHandovers(tx, c, others, digest, m, now)
		}
	}
	handed := c.HandedOver(now)
	if handed {
		digest = "" // the owner wrote here before: this text alone did not hand the chat over
	}
	c.HandoffCause, c.HandoffEnds, c.HandoffText = journal.HandoffOwner, now.Add(e.handoff()), digest
	err = trace(tx, m.ID, c.Key(), now, flowhq.TraceHandedOver,
		fmt.Sprintf("The owner wrote on the phone: the bot is silent in this chat for %s.", durationText(e.handoff())))
	if err == nil {
		err = tx.SaveChat(c)
	}
	if err == nil {
		err = chatChanged(tx, c, now)
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

// handBackByOwner hands a chat back to the bot.
func (e *engine) handBackByOwner(tx *journal.Tx, c *journal.Chat, m message.Incoming, now time.Time) error {
	was := c.HandoffCause != ""
	c.EndHandoff()
	err := trace(tx, m.ID, c.Key(), now, flowhq.TraceHandedOver, "The owner wrote #bot on the phone: the bot has this chat again.")
	if err == nil {
		err = tx.SaveChat(c)
	}
	if err == nil && was {
		err = chatChanged(tx, c, now)
	}
	return err
}

// sameTextElsewhere notes a text of the owner and gives the other chats that got the same one.
func (e *engine) sameTextElsewhere(tx *journal.Tx, c *journal.Chat, digest, text string, now time.Time) ([]int64, error) {
	window := awaySoon
	if len([]rune(strings.TrimSpace(text))) >= awayLength {
		window = awayLate
	}
	others, err := tx.ChatsWithOwnerText(digest, c.ID, now.Add(-window))
	if err == nil {
		err = tx.NoteOwnerText(digest, c.ID, now)
	}
	return others, err
}

// undoHandovers gives chats back to the bot that an away message had handed over.
func (e *engine) undoHandovers(tx *journal.Tx, c *journal.Chat, others []int64, digest string, m message.Incoming, now time.Time) error {
	err := trace(tx, m.ID, c.Key(), now, flowhq.TraceFiltered,
		fmt.Sprintf("The same text went to %d other chats: an away message, the bot stays.", len(others)))
	if err == nil {
		err = tx.SaveChat(c)
	}
	for _, id := range others {
		if err != nil {
			return err
		}
		var other *journal.Chat
		if other, err = tx.Chat(id); err != nil || other == nil || other.HandoffText != digest || other.HandoffCause != journal.HandoffOwner {
			continue
		}
		other.EndHandoff()
		if err = tx.SaveChat(other); err == nil {
			err = chatChanged(tx, other, now)
		}
	}
	return err
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

package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/whatsapp"
)

// An away message is a text that the account sends to several customers by itself, so writing it hands nothing over. It is
// told from the owner's own hand by its being the same: any text that a second chat gets within awaySoon, and one of at
// least awayLength characters that a second chat gets within awayLate. The first chat was handed over by then; that is taken back,
// unless the owner wrote something else there since.
const (
	awaySoon   = 10 * time.Minute
	awayLate   = 24 * time.Hour
	awayLength = 25
)

// ownWriting takes in a message of the account itself: the echo of what this worker sent, or the owner's own hand.
func (e *engine) ownWriting(m whatsapp.Incoming) error {
	now := time.Now()
	to := m.To
	if m.Chat == whatsapp.ChatSelf && to.IsZero() {
		to = e.dev.Self()
	}
	if to.IsZero() {
		e.leftOut.add(flowhq.IgnoredUnknown)
		return nil
	}
	var merges []journal.Merge
	err := e.write(func(tx *journal.Tx) error {
		p, err := tx.Parcel(m.ID)
		if err != nil {
			return err
		}
		if p != nil {
			return e.echoed(tx, p, m, now)
		}
		c, joins, err := tx.Meet(person(to), now)
		if err != nil {
			return err
		}
		merges = joins
		fresh, err := tx.See(c.ID, m.ID, now)
		if err != nil {
			return err
		}
		if !fresh {
			return trace(tx, m.ID, c.Key(), now, flowhq.TraceDuplicate, "This message of the owner came before.")
		}
		return e.byOwner(tx, c, m, now)
	})
	if err != nil {
		return e.indigestible(m.ID, err)
	}
	e.joined(merges)
	return nil
}

// echoed takes a copy of what this worker sent for the acknowledgement, in case that did not come.
func (e *engine) echoed(tx *journal.Tx, p *journal.Parcel, m whatsapp.Incoming, now time.Time) error {
	settled, err := tx.Settle(p.ID, true, now)
	if err != nil {
		return err
	}
	if !settled {
		key, err := e.keyOf(tx, p)
		if err != nil {
			return err
		}
		return trace(tx, p.ID, key, now, flowhq.TraceFiltered, "WhatsApp gave this message back: it is the bot's own, not the owner's.")
	}
	return e.delivered(tx, p, m.SentAt, now)
}

// byOwner journals what the owner wrote and hands the chat over.
func (e *engine) byOwner(tx *journal.Tx, c *journal.Chat, m whatsapp.Incoming, now time.Time) error {
	err := tx.Event(flowhq.WorkerEvent{At: now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: m.ID, Chat: c.Key(), Direction: flowhq.DirectionOut, Author: flowhq.AuthorOwner, Kind: m.Kind,
		From: person(e.dev.Self()).Key(), To: c.Key(), Text: m.Text, SentAt: m.SentAt, Target: m.Target,
	}})
	if err != nil || m.Chat == whatsapp.ChatSelf {
		return err
	}
	switch m.Kind {
	case flowhq.KindReaction, flowhq.KindEdit, flowhq.KindDelete: // touches something that was said, takes no chat over
		return nil
	}
	c.LastSeen = now
	if m.Kind == flowhq.KindText && givesBack(m.Text) {
		return e.giveBack(tx, c, m, now)
	}
	digest := ""
	if m.Kind == flowhq.KindText {
		digest = digestOf(m.Text)
		others, err := e.away(tx, c, digest, m.Text, now)
		if err != nil {
			return err
		}
		if len(others) > 0 {
			return e.takeBack(tx, c, others, digest, m, now)
		}
	}
	handed := c.HandedOver(now)
	if handed {
		digest = "" // the owner wrote here before: this text alone did not hand the chat over
	}
	c.HandoffCause, c.HandoffEnds, c.HandoffText = journal.HandoffOwner, now.Add(e.handoff()), digest
	err = trace(tx, m.ID, c.Key(), now, flowhq.TraceHandedOver,
		fmt.Sprintf("The owner wrote on the phone: the bot is silent in this chat for %s.", span(e.handoff())))
	if err == nil {
		err = tx.SaveChat(c)
	}
	if err == nil {
		err = chatChanged(tx, c, now)
	}
	return err
}

// givesBack tells that the owner wrote the command that hands a chat back to the bot: "#bot", as a whole message.
func givesBack(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "#bot", "#roboti":
		return true
	}
	return false
}

// giveBack hands a chat back to the bot.
func (e *engine) giveBack(tx *journal.Tx, c *journal.Chat, m whatsapp.Incoming, now time.Time) error {
	was := c.HandoffCause != ""
	c.HandoffCause, c.HandoffEnds, c.HandoffText = "", time.Time{}, ""
	err := trace(tx, m.ID, c.Key(), now, flowhq.TraceHandedOver, "The owner wrote #bot on the phone: the bot has this chat again.")
	if err == nil {
		err = tx.SaveChat(c)
	}
	if err == nil && was {
		err = chatChanged(tx, c, now)
	}
	return err
}

// away notes a text of the owner and gives the other chats that got the same one.
func (e *engine) away(tx *journal.Tx, c *journal.Chat, digest, text string, now time.Time) ([]int64, error) {
	window := awaySoon
	if len([]rune(strings.TrimSpace(text))) >= awayLength {
		window = awayLate
	}
	others, err := tx.OwnerWroteAlso(digest, c.ID, now.Add(-window))
	if err == nil {
		err = tx.OwnerWrote(digest, c.ID, now)
	}
	return others, err
}

// takeBack gives chats back to the bot that an away message had handed over.
func (e *engine) takeBack(tx *journal.Tx, c *journal.Chat, others []int64, digest string, m whatsapp.Incoming, now time.Time) error {
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
		other.HandoffCause, other.HandoffEnds, other.HandoffText = "", time.Time{}, ""
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

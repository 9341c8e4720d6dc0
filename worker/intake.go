package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/limit"
	"flowhq/worker/whatsapp"
)

func limitChat(id int64) limit.Chat { return limit.Chat(id) }

// receive takes one message in. It returns nil only when the message is in the journal, or is none of the bot's business;
// WhatsApp keeps it otherwise.
func (e *engine) receive(_ context.Context, m whatsapp.Incoming) error {
	e.mu.Lock()
	stopping := e.stopping
	e.mu.Unlock()
	switch {
	case stopping:
		return errStopping
	case m.Chat == whatsapp.ChatSelf || m.Chat == whatsapp.ChatDirect && m.FromMe:
		return e.ownWriting(m)
	case m.Chat != whatsapp.ChatDirect || m.From.IsZero():
		where := placeOf(m)
		e.leftOut.add(where)
		e.log.Debug("left out", "where", where)
		return nil
	}
	var chat int64
	var merges []journal.Merge
	var at *decision // made at once; nil: the chat's runner will
	fresh := false
	now := time.Now()
	err := e.write(func(tx *journal.Tx) error {
		c, joins, err := tx.Meet(person(m.From), now)
		if err != nil {
			return err
		}
		chat, merges, at = c.ID, joins, nil
		if fresh, err = tx.See(c.ID, m.ID, now); err != nil {
			return err
		}
		if !fresh {
			return trace(tx, m.ID, c.Key(), now, flowhq.TraceDuplicate, "This message came before; it is not answered again.")
		}
		alone, err := e.accept(tx, c, m, now)
		if err == nil && alone {
			at = e.decideAtOnce(tx, c.ID)
		}
		return err
	})
	if err != nil {
		return e.indigestible(m.ID, err)
	}
	e.joined(merges)
	if at != nil {
		at.follow()
	}
	if fresh {
		e.kick(chat)
	}
	return nil
}

// placeOf tells where a message was written that is left out.
func placeOf(m whatsapp.Incoming) flowhq.IgnoredSource {
	switch m.Chat {
	case whatsapp.ChatGroup:
		return flowhq.IgnoredGroup
	case whatsapp.ChatStatus:
		return flowhq.IgnoredStatus
	case whatsapp.ChatBroadcast:
		return flowhq.IgnoredBroadcast
	case whatsapp.ChatNewsletter:
		return flowhq.IgnoredNewsletter
	}
	return flowhq.IgnoredUnknown
}

// decideAtOnce deals with a letter that found nothing before it, in the transaction that takes it in: one flush of the disk
// less before the reply. Whatever stands in the way leaves the letter to the chat's runner.
func (e *engine) decideAtOnce(tx *journal.Tx, chat int64) *decision {
	c := e.config.Load()
	if c == nil || c.Limits.ReadReceipts || !e.ready() {
		return nil
	}
	d := &decision{engine: e, runner: &runner{limited: true}, tx: tx, config: c, now: time.Now()}
	err := tx.Try(func() error {
		if err := d.make(chat); err != nil {
			return err
		}
		if d.wait > 0 {
			return errNotNow
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return d
}

// errNotNow takes a decision back that cannot be made yet.
var errNotNow = errors.New("not now")

// indigestible deals with a message that could not be journalled. When the journal fails, WhatsApp keeps the message. When
// it is the message that fails, giving it back would bring it again for ever and hold up all others: it goes on the time line.
func (e *engine) indigestible(id string, cause error) error {
	cause = fmt.Errorf("message %s: %w", id, cause)
	if journal.Failed(cause) {
		return cause
	}
	e.log.Error("a message could not be taken in", "id", id, "error", cause)
	return e.write(func(tx *journal.Tx) error {
		return note(tx, flowhq.TenantEventWorker, "A message could not be taken in, because of a fault: "+cause.Error())
	})
}

// accept journals a message that was not seen before and puts it into its chat's queue; alone tells that it has the queue
// to itself.
func (e *engine) accept(tx *journal.Tx, c *journal.Chat, m whatsapp.Incoming, now time.Time) (alone bool, err error) {
	e.limits.Lock()
	e.limits.Heard(limitChat(c.ID), now)
	e.limits.Unlock()
	if m.Name != "" {
		c.Name = m.Name
	}
	c.Wrote, c.LastSeen = true, now
	letters, parcels, err := tx.Waiting(c.ID)
	if err != nil {
		return false, err
	}
	err = tx.Event(flowhq.WorkerEvent{At: now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: m.ID, Chat: c.Key(), Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Kind: m.Kind,
		From: c.Key(), To: person(e.dev.Self()).Key(), Text: m.Text, Name: m.Name, SentAt: m.SentAt, Target: m.Target,
	}})
	if err != nil {
		return false, err
	}
	say := "Received."
	if m.Offline {
		say = fmt.Sprintf("Received late: it was sent %s ago, while the worker was away.", span(now.Sub(m.SentAt)))
	}
	if err := trace(tx, m.ID, c.Key(), now, flowhq.TraceReceived, say); err != nil {
		return false, err
	}
	alone = letters+parcels == 0
	if letters >= maxWaiting {
		err = e.overflow(tx, c, m, now)
	} else {
		err = tx.Enqueue(journal.Letter{
			Chat: c.ID, ID: m.ID, Kind: m.Kind, Text: m.Text, Name: m.Name, Target: m.Target,
			SentAt: m.SentAt, ReceivedAt: now, Late: m.Offline,
		})
		if err == nil && !alone {
			err = trace(tx, m.ID, c.Key(), now, flowhq.TraceQueued, fmt.Sprintf("Waits behind %d earlier messages of this chat.", letters+parcels))
		}
	}
	if err != nil {
		return false, err
	}
	return alone, tx.SaveChat(c)
}

// overflow deals with a message that finds the queue full: it is in the log, it gets no answer of its own, and the customer
// is told once to wait.
func (e *engine) overflow(tx *journal.Tx, c *journal.Chat, m whatsapp.Incoming, now time.Time) error {
	err := trace(tx, m.ID, c.Key(), now, flowhq.TraceQueueFull,
		fmt.Sprintf("Not answered: %d messages of this chat wait already.", maxWaiting))
	if err != nil || c.WaitTold || c.OptedOut || c.HandedOver(now) {
		return err
	}
	c.WaitTold = true
	_, err = tx.Post(journal.Parcel{
		ID: e.dev.NewMessageID(), Chat: c.ID, Text: e.texts().waiting, Author: flowhq.AuthorBot,
		Cause: journal.CauseWaiting, Answers: m.ID, Asked: excerpt(m.Text), AskedAt: m.SentAt, CreatedAt: now,
	})
	return err
}

// introduced is told by the device when a number and a LID turn out to be one person. Strangers are not written down.
func (e *engine) introduced(a whatsapp.Address) {
	var merges []journal.Merge
	err := e.write(func(tx *journal.Tx) (err error) {
		known, err := tx.Knows(person(a))
		if err == nil && known {
			_, merges, err = tx.Meet(person(a), time.Now())
		}
		return err
	})
	if err != nil {
		e.log.Warn("two addresses of one person could not be joined", "person", a.String(), "error", err)
		return
	}
	e.joined(merges)
}

// trace writes down a decision about a message.
func trace(tx *journal.Tx, id, chat string, at time.Time, step, detail string) error {
	return tx.Event(flowhq.WorkerEvent{At: at, Kind: flowhq.EventTrace, Trace: &flowhq.TraceEvent{
		WAMessageID: id, Chat: chat, Entry: flowhq.TraceEntry{At: at, Step: step, Detail: shorten(detail)},
	}})
}

// chatChanged tells the appliance the state of a chat.
func chatChanged(tx *journal.Tx, c *journal.Chat, at time.Time) error {
	ev := flowhq.ChatEvent{Chat: c.Key(), Name: c.Name, Language: c.Language, OptedOut: c.OptedOut}
	if c.HandedOver(at) {
		ends := c.HandoffEnds
		ev.HandedOver, ev.HandoffCause, ev.HandoffEnds = true, c.HandoffCause, &ends
	}
	return tx.Event(flowhq.WorkerEvent{At: at, Kind: flowhq.EventChat, Chat: &ev})
}

// span writes a duration as a person says it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", max(d, 0).Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	default:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
}

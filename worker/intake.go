package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/limit"
	"flowhq/worker/message"
)

func limitChat(id int64) limit.Chat { return limit.Chat(id) }

// receive takes one message in. It returns nil only when the message is in the journal, or is not meant for a bot;
// WhatsApp keeps it otherwise.
func (e *engine) receive(_ context.Context, m message.Incoming) error {
	e.mu.Lock()
	stopping := e.stopping
	e.mu.Unlock()
	switch {
	case stopping:
		return errStopping
	case m.Place == message.PlaceSelf || m.Place == message.PlaceDirect && m.FromMe:
		return e.receiveOwn(m)
	case m.Place != message.PlaceDirect || m.From.IsZero():
		source := ignoredSource(m)
		e.ignored.add(source)
		e.log.Debug("not for a bot", "source", source)
		return nil
	}
	in := intake{engine: e, m: &m}
	if err := e.write(in.journal); err != nil {
		return e.skipIncoming(m.ID, err)
	}
	e.chatsMerged(in.merges)
	if in.decided != nil {
		in.decided.follow()
	}
	if in.fresh {
		e.schedule(in.chat.ID)
	}
	return nil
}

// intake is the transaction that takes one message of a customer in.
type intake struct {
	*engine
	m   *message.Incoming
	now time.Time

	chat    *journal.Chat
	merges  []journal.Merge
	fresh   bool      // it did not come before
	decided *decision // made at once; nil: the chat's runner will make it
}

func (in *intake) journal(tx *journal.Tx) (err error) {
	in.decided, in.now = nil, time.Now()
	if in.chat, in.merges, err = tx.UpsertChat(in.m.From, in.now); err != nil {
		return err
	}
	in.m.ChatID, in.m.ReceivedAt = in.chat.ID, in.now
	if in.fresh, err = tx.MarkSeen(in.chat.ID, in.m.ID, in.now); err != nil {
		return err
	}
	if !in.fresh {
		return in.trace(tx, flowhq.TraceDuplicate, "This message came before; it is not answered again.")
	}
	in.limits.Lock()
	in.limits.Heard(limitChat(in.chat.ID), in.now)
	in.limits.Unlock()
	if in.m.Name != "" {
		in.chat.Name = in.m.Name
	}
	in.chat.Wrote, in.chat.LastSeen = true, in.now
	if err := in.tell(tx); err != nil {
		return err
	}
	incoming, outgoing, err := tx.CountWaiting(in.chat.ID)
	switch {
	case err != nil:
		return err
	case incoming >= maxWaiting:
		return in.overflow(tx)
	case incoming+outgoing == 0:
		if in.decided = in.decideAtOnce(tx); in.decided != nil {
			return nil
		}
		return in.enqueue(tx)
	}
	if err := in.enqueue(tx); err != nil {
		return err
	}
	return in.trace(
		tx, flowhq.TraceQueued, fmt.Sprintf("Waits behind %d earlier messages of this chat.", incoming+outgoing),
	)
}

// tell writes the events of a message that came in.
func (in *intake) tell(tx *journal.Tx) error {
	key := in.chat.Key()
	err := tx.Event(flowhq.WorkerEvent{At: in.now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: in.m.ID, Chat: key, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Kind: in.m.Kind,
		From: key, To: in.dev.Self().Key(), Text: in.m.Text, Name: in.m.Name, SentAt: in.m.SentAt, Target: in.m.Target,
	}})
	if err != nil {
		return err
	}
	detail := "Received."
	if in.m.Late {
		detail = fmt.Sprintf(
			"Received late: it was sent %s ago, while the worker was away.", durationText(in.now.Sub(in.m.SentAt)),
		)
	}
	return in.trace(tx, flowhq.TraceReceived, detail)
}

// enqueue leaves the message to the chat's runner.
func (in *intake) enqueue(tx *journal.Tx) error {
	if err := tx.EnqueueIncoming(in.m); err != nil {
		return err
	}
	return tx.SaveChat(in.chat)
}

func (in *intake) trace(tx *journal.Tx, step, detail string) error {
	return trace(tx, in.m.ID, in.chat.Key(), in.now, step, detail)
}

// ignoredSource tells where a message was written that is not meant for a bot.
func ignoredSource(m message.Incoming) flowhq.IgnoredSource {
	switch m.Place {
	case message.PlaceGroup:
		return flowhq.IgnoredGroup
	case message.PlaceStatus:
		return flowhq.IgnoredStatus
	case message.PlaceBroadcast:
		return flowhq.IgnoredBroadcast
	case message.PlaceNewsletter:
		return flowhq.IgnoredNewsletter
	}
	return flowhq.IgnoredUnknown
}

// decideAtOnce decides about a message that found nothing before it, in the transaction that takes it in: it never
// waits in the queue, and the disk is flushed once less before the reply. nil when something stands in the way; then
// nothing was changed and the chat's runner decides.
func (in *intake) decideAtOnce(tx *journal.Tx) *decision {
	c := in.config.Load()
	if c == nil || c.Limits.ReadReceipts || !in.ready() {
		return nil
	}
	chat := *in.chat // as it is now, should the decision be taken back
	d := &decision{
		engine: in.engine, runner: &runner{limited: true}, tx: tx, config: c, now: in.now,
		message: in.m, chat: &chat,
	}
	err := tx.Try(func() error {
		if err := d.make(); err != nil {
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

// skipIncoming deals with a message that could not be journalled. When the journal fails, WhatsApp keeps the message.
// When it is the message that fails, giving it back would bring it again for ever and hold up all others: the time line
// tells of it.
func (e *engine) skipIncoming(id string, cause error) error {
	cause = fmt.Errorf("message %s: %w", id, cause)
	if journal.Failed(cause) {
		return cause
	}
	e.log.Error("a message could not be taken in", "id", id, "error", cause)
	return e.write(func(tx *journal.Tx) error {
		return note(tx, flowhq.TenantEventWorker, "A message could not be taken in, because of a fault: "+cause.Error())
	})
}

// overflow deals with a message that finds the queue full: it is in the log, it gets no answer of its own, and the
// customer is told once to wait.
func (in *intake) overflow(tx *journal.Tx) error {
	err := in.trace(
		tx, flowhq.TraceQueueFull, fmt.Sprintf("Not answered: %d messages of this chat wait already.", maxWaiting),
	)
	c := in.chat
	if err == nil && !c.WaitTold && !c.OptedOut && !c.HandedOver(in.now) {
		c.WaitTold = true
		_, err = tx.EnqueueOutgoing(journal.Outgoing{
			ID: in.dev.NewMessageID(), ChatID: c.ID, Text: in.texts().waiting, Author: flowhq.AuthorBot,
			Cause: journal.CauseWaiting, Answers: in.m.ID, Asked: excerpt(in.m.Text), AskedAt: in.m.SentAt,
			CreatedAt: in.now,
		})
	}
	if err != nil {
		return err
	}
	return tx.SaveChat(c)
}

// addressesJoined is told by the device when a number and a LID turn out to be one person. Strangers are not written
// down.
func (e *engine) addressesJoined(p message.Person) {
	var merges []journal.Merge
	err := e.write(func(tx *journal.Tx) (err error) {
		known, err := tx.HasChat(p)
		if err == nil && known {
			_, merges, err = tx.UpsertChat(p, time.Now())
		}
		return err
	})
	if err != nil {
		e.log.Warn("two addresses of one person could not be joined", "person", p.Key(), "error", err)
		return
	}
	e.chatsMerged(merges)
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

// durationText writes a duration as a person says it.
func durationText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", max(d, 0).Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	default:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
}

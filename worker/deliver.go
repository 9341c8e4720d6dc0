package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// Typing is shown for as long as a person who types fast would need, within bounds that a customer finds natural.
const (
	typingLeast   = time.Second
	typingMost    = 6 * time.Second
	typingPerRune = 25 * time.Millisecond
)

// Waits between attempts whose outcome is not known.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

func typingTime(text string) time.Duration {
	return min(typingLeast+time.Duration(len([]rune(text)))*typingPerRune, typingMost)
}

// deliver sends a message. Its id was journalled with it, so that sending it again after a crash or without an
// acknowledgement shows the customer one message.
func (e *engine) deliver(r *runner, o *journal.Outgoing) progress {
	to := e.recipient(o)
	if o.ChatID != journal.OwnerChat && !o.Wrote && o.Author != flowhq.AuthorAdmin {
		return e.fail(o, flowhq.TraceFailed, "Not sent: this person has not written first, and no admin allowed it.")
	}
	limits := e.config.Load().Limits
	if late := time.Since(o.CreatedAt); o.Cause == journal.CauseReply && o.Attempts == 0 && late > limits.CatchUp {
		return e.tooLate(o, late)
	}
	if o.ChatID != journal.OwnerChat && o.Attempts == 0 && limits.Typing {
		if e.showTyping(to, o.Text); e.ownerCameBefore(o) {
			return e.fail(o, flowhq.TraceHandedOver, "Not sent: the owner answered on the phone meanwhile.")
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(e.forced, sendTimeout)
	at, err := e.dev.Send(ctx, o.ID, to, o.Text)
	cancel()
	return e.sent(r, o, began, at, err)
}

// sent handles the result of an attempt to send.
func (e *engine) sent(r *runner, o *journal.Outgoing, began, at time.Time, err error) progress {
	switch {
	case err == nil:
		r.retry.Reset()
		return e.acknowledged(o, began, at)
	case errors.Is(err, whatsapp.ErrOffline), errors.Is(err, whatsapp.ErrClosed), errors.Is(err, whatsapp.ErrNotLinked),
		e.forced.Err() != nil:
		return blocked
	case errors.Is(err, whatsapp.ErrRestricted):
		return e.restricted(o)
	case errors.Is(err, whatsapp.ErrRefused):
		e.log.Warn("WhatsApp refused a message", "id", o.ID, "error", err)
		return e.fail(o, flowhq.TraceFailed, "WhatsApp refused the reply: "+err.Error())
	default:
		return e.uncertain(r, o, err)
	}
}

// recipient gives whom a message goes to. One to an owner without a number goes to the account itself.
func (e *engine) recipient(o *journal.Outgoing) message.Person {
	if o.ChatID == journal.OwnerChat && o.To.IsZero() {
		return e.dev.Self()
	}
	return o.To
}

// showTyping shows that somebody is typing for as long as the text takes; stopping cuts it short.
func (e *engine) showTyping(to message.Person, text string) {
	if err := e.dev.Typing(e.draining, to, true); err != nil {
		e.log.Debug("typing is not shown", "error", err)
	}
	e.wait(typingTime(text))
}

// acknowledged journals that WhatsApp has a message.
func (e *engine) acknowledged(o *journal.Outgoing, began, at time.Time) progress {
	now := time.Now()
	if at.IsZero() {
		at = now
	}
	err := e.write(func(tx *journal.Tx) error {
		f, err := tx.FinishOutgoing(o.ID, true, now)
		if err != nil || f == nil {
			return err
		}
		key := e.keyOf(o, f)
		if err := trace(tx, about(o), key, began, flowhq.TraceSent, "Handed to WhatsApp as "+o.ID+"."); err != nil {
			return err
		}
		return e.delivered(tx, o, key, at, now)
	})
	if err != nil {
		return e.retryLater("a sent message could not be journalled; it will be sent again with the same id", err)
	}
	return done
}

// delivered writes a message that WhatsApp has into the log.
func (e *engine) delivered(tx *journal.Tx, o *journal.Outgoing, key string, at, now time.Time) error {
	err := tx.Event(flowhq.WorkerEvent{At: now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: o.ID, Chat: key, Direction: flowhq.DirectionOut, Author: o.Author, Kind: flowhq.KindText,
		From: e.dev.Self().Key(), To: key, Text: o.Text, SentAt: at, Target: o.Answers,
	}})
	if err != nil {
		return err
	}
	return trace(tx, about(o), key, now, flowhq.TraceAcknowledged, "WhatsApp has "+o.ID+".")
}

// about gives the id of the message that traces about an outgoing one belong to: the one that it answers, else itself.
func about(o *journal.Outgoing) string {
	if o.Answers != "" {
		return o.Answers
	}
	return o.ID
}

// keyOf names the chat of a message that was finished just now, in whose chat others may have been merged meanwhile.
func (e *engine) keyOf(o *journal.Outgoing, f *journal.Finished) string {
	if f.Chat != "" {
		return f.Chat
	}
	return e.recipient(o).Key()
}

// fail gives a message up.
func (e *engine) fail(o *journal.Outgoing, step, detail string) progress {
	now := time.Now()
	err := e.write(func(tx *journal.Tx) error {
		f, err := tx.FinishOutgoing(o.ID, false, now)
		if err != nil || f == nil {
			return err
		}
		return trace(tx, about(o), e.keyOf(o, f), now, step, detail)
	})
	if err != nil {
		return e.retryLater("a failed reply could not be journalled", err)
	}
	return done
}

// tooLate gives up a reply that could not be sent in time, and puts its question on the owner's list.
func (e *engine) tooLate(o *journal.Outgoing, late time.Duration) progress {
	now := time.Now()
	err := e.write(func(tx *journal.Tx) error {
		f, err := tx.FinishOutgoing(o.ID, false, now)
		if err != nil || f == nil {
			return err
		}
		err = tx.AddMissed(journal.Missed{Chat: f.ChatID, Name: o.ToName, Text: o.Asked, SentAt: o.AskedAt})
		if err != nil {
			return err
		}
		return trace(tx, about(o), e.keyOf(o, f), now, flowhq.TraceTooOld,
			fmt.Sprintf("The reply could not be sent for %s and is too old now. The owner gets a list.", durationText(late)))
	})
	if err != nil {
		return e.retryLater("a late reply could not be given up", err)
	}
	e.scheduleMissed()
	return done
}

// ownerCameBefore tells whether the owner took the chat over while a reply was on its way.
func (e *engine) ownerCameBefore(o *journal.Outgoing) bool {
	if o.Cause != journal.CauseReply {
		return false
	}
	handed := false
	err := e.j.Read(func(tx *journal.Tx) error {
		c, err := tx.Chat(o.ChatID)
		handed = err == nil && c != nil && c.HandoffCause == journal.HandoffOwner && c.HandedOver(time.Now())
		return err
	})
	return err == nil && handed
}

// restricted keeps a message until WhatsApp lets the account send again.
func (e *engine) restricted(o *journal.Outgoing) progress {
	err := e.write(func(tx *journal.Tx) error {
		if first, err := tx.MarkHeld(o.ID); err != nil || !first {
			return err
		}
		return trace(tx, about(o), e.recipient(o).Key(), time.Now(), flowhq.TraceLimited,
			"WhatsApp refuses messages from this number for now; the reply waits.")
	})
	if err != nil {
		return e.retryLater("a restriction could not be journalled", err)
	}
	return blocked
}

// uncertain repeats a message that may have arrived, with the same id, until it is certain; past the time in which an answer
// makes sense it is given up.
func (e *engine) uncertain(r *runner, o *journal.Outgoing, cause error) progress {
	e.log.Warn("a message was not acknowledged; it is repeated with the same id",
		"id", o.ID, "attempt", o.Attempts+1, "error", cause)
	if time.Since(o.CreatedAt) > e.config.Load().Limits.CatchUp {
		return e.fail(o, flowhq.TraceFailed, "WhatsApp never acknowledged the reply: "+cause.Error())
	}
	err := e.write(func(tx *journal.Tx) error {
		if err := tx.CountAttempt(o.ID); err != nil || o.Attempts > 0 {
			return err
		}
		return trace(tx, about(o), e.recipient(o).Key(), time.Now(), flowhq.TraceSent,
			"Handed to WhatsApp as "+o.ID+", no acknowledgement yet: repeated with the same id.")
	})
	if err != nil {
		return e.retryLater("an attempt could not be journalled", err)
	}
	if !e.wait(r.retry.NextBackOff()) {
		return blocked
	}
	return done
}

// markRead shows the customer that the message was read. A failure does not matter.
func (e *engine) markRead(c *journal.Chat, m *message.Incoming) {
	ctx, cancel := context.WithTimeout(e.forced, 5*time.Second)
	defer cancel()
	if err := e.dev.MarkRead(ctx, c.Person, []string{m.ID}); err != nil {
		e.log.Debug("not marked as read", "id", m.ID, "error", err)
	}
}

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

// delivery is one outgoing message while it is sent.
type delivery struct {
	*engine
	*journal.Outgoing
	runner *runner
}

// send sends the message. Its id was journalled with it, so that sending it again after a crash or without an
// acknowledgement shows the customer one message.
func (d *delivery) send() progress {
	to := d.recipient(d.Outgoing)
	if d.ChatID != journal.OwnerChat && !d.Wrote && d.Author != flowhq.AuthorAdmin {
		return d.fail(flowhq.TraceFailed, "Not sent: this person has not written first, and no admin allowed it.")
	}
	limits := d.config.Load().Limits
	if late := time.Since(d.CreatedAt); d.Cause == journal.CauseReply && d.Attempts == 0 && late > limits.CatchUp {
		return d.tooLate(late)
	}
	if d.ChatID != journal.OwnerChat && d.Attempts == 0 && limits.Typing {
		if d.showTyping(to); d.ownerCameBefore() {
			return d.fail(flowhq.TraceHandedOver, "Not sent: the owner answered on the phone meanwhile.")
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(d.forced, sendTimeout)
	at, err := d.dev.Send(ctx, d.ID, to, d.Text)
	cancel()
	return d.sent(began, at, err)
}

// sent handles the result of an attempt to send.
func (d *delivery) sent(began, at time.Time, err error) progress {
	switch {
	case err == nil:
		d.runner.retry.Reset()
		return d.acknowledged(began, at)
	case errors.Is(err, whatsapp.ErrOffline), errors.Is(err, whatsapp.ErrClosed), errors.Is(err, whatsapp.ErrNotLinked),
		d.forced.Err() != nil:
		return blocked
	case errors.Is(err, whatsapp.ErrRestricted):
		return d.restricted()
	case errors.Is(err, whatsapp.ErrRefused):
		d.log.Warn("WhatsApp refused a message", "id", d.ID, "error", err)
		return d.fail(flowhq.TraceFailed, "WhatsApp refused the reply: "+err.Error())
	default:
		return d.uncertain(err)
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
func (d *delivery) showTyping(to message.Person) {
	if err := d.dev.Typing(d.draining, to, true); err != nil {
		d.log.Debug("typing is not shown", "error", err)
	}
	d.wait(typingTime(d.Text))
}

// acknowledged journals that WhatsApp has a message.
func (d *delivery) acknowledged(began, at time.Time) progress {
	now := time.Now()
	if at.IsZero() {
		at = now
	}
	err := d.write(func(tx *journal.Tx) error {
		f, err := tx.FinishOutgoing(d.ID, true, now)
		if err != nil || f == nil {
			return err
		}
		key := d.keyOf(d.Outgoing, f)
		if err := trace(tx, d.about(), key, began, flowhq.TraceSent, "Handed to WhatsApp as "+d.ID+"."); err != nil {
			return err
		}
		return delivered(tx, d.dev.Self(), d.Outgoing, key, at, now)
	})
	if err != nil {
		return d.retryLater("a sent message could not be journalled; it will be sent again with the same id", err)
	}
	return done
}

// delivered writes a message that WhatsApp has into the log; self is the account.
func delivered(tx *journal.Tx, self message.Person, o *journal.Outgoing, key string, at, now time.Time) error {
	err := tx.Event(flowhq.WorkerEvent{At: now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: o.ID, Chat: key, Direction: flowhq.DirectionOut, Author: o.Author, Kind: flowhq.KindText,
		From: self.Key(), To: key, Text: o.Text, SentAt: at, Target: o.Answers,
	}})
	if err != nil {
		return err
	}
	return trace(tx, about(o), key, now, flowhq.TraceAcknowledged, "WhatsApp has "+o.ID+".")
}

func (d *delivery) about() string { return about(d.Outgoing) }

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
func (d *delivery) fail(step, detail string) progress {
	now := time.Now()
	err := d.write(func(tx *journal.Tx) error {
		f, err := tx.FinishOutgoing(d.ID, false, now)
		if err != nil || f == nil {
			return err
		}
		return trace(tx, d.about(), d.keyOf(d.Outgoing, f), now, step, detail)
	})
	if err != nil {
		return d.retryLater("a failed reply could not be journalled", err)
	}
	return done
}

// tooLate gives up a reply that could not be sent in time, and puts its question on the owner's list.
func (d *delivery) tooLate(late time.Duration) progress {
	now := time.Now()
	err := d.write(func(tx *journal.Tx) error {
		f, err := tx.FinishOutgoing(d.ID, false, now)
		if err != nil || f == nil {
			return err
		}
		err = tx.AddMissed(journal.Missed{Chat: f.ChatID, Name: d.ToName, Text: d.Asked, SentAt: d.AskedAt})
		if err != nil {
			return err
		}
		return trace(
			tx,
			d.about(),
			d.keyOf(d.Outgoing, f),
			now,
			flowhq.TraceTooOld,
			fmt.Sprintf(
				"The reply could not be sent for %s and is too old now. The owner gets a list.", durationText(late),
			),
		)
	})
	if err != nil {
		return d.retryLater("a late reply could not be given up", err)
	}
	d.scheduleMissed()
	return done
}

// ownerCameBefore tells whether the owner took the chat over while a reply was on its way.
func (d *delivery) ownerCameBefore() bool {
	if d.Cause != journal.CauseReply {
		return false
	}
	handed := false
	err := d.j.Read(func(tx *journal.Tx) error {
		c, err := tx.Chat(d.ChatID)
		handed = err == nil && c != nil && c.HandoffCause == journal.HandoffOwner && c.HandedOver(time.Now())
		return err
	})
	return err == nil && handed
}

// restricted keeps a message until WhatsApp lets the account send again.
func (d *delivery) restricted() progress {
	err := d.write(func(tx *journal.Tx) error {
		if first, err := tx.MarkHeld(d.ID); err != nil || !first {
			return err
		}
		return trace(tx, d.about(), d.recipient(d.Outgoing).Key(), time.Now(), flowhq.TraceLimited,
			"WhatsApp refuses messages from this number for now; the reply waits.")
	})
	if err != nil {
		return d.retryLater("a restriction could not be journalled", err)
	}
	return blocked
}

// uncertain repeats a message that may have arrived, with the same id, until it is certain; past the time in which an
// answer makes sense it is given up.
func (d *delivery) uncertain(cause error) progress {
	d.log.Warn("a message was not acknowledged; it is repeated with the same id",
		"id", d.ID, "attempt", d.Attempts+1, "error", cause)
	if time.Since(d.CreatedAt) > d.config.Load().Limits.CatchUp {
		return d.fail(flowhq.TraceFailed, "WhatsApp never acknowledged the reply: "+cause.Error())
	}
	err := d.write(func(tx *journal.Tx) error {
		if err := tx.CountAttempt(d.ID); err != nil || d.Attempts > 0 {
			return err
		}
		return trace(tx, d.about(), d.recipient(d.Outgoing).Key(), time.Now(), flowhq.TraceSent,
			"Handed to WhatsApp as "+d.ID+", no acknowledgement yet: repeated with the same id.")
	})
	if err != nil {
		return d.retryLater("an attempt could not be journalled", err)
	}
	if !d.wait(d.runner.retry.NextBackOff()) {
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

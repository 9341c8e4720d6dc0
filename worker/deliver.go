package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/whatsapp"
)

// Typing takes as long as a quick hand needs, within bounds that a customer finds natural.
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

// deliver sends a parcel. Its id was journalled with it, so that sending it again after a crash or without an
// acknowledgement shows the customer one message.
func (e *engine) deliver(r *runner, p *journal.Parcel) progress {
	to, key, unasked, err := e.recipient(p)
	if err != nil {
		return e.stumble("the recipient cannot be looked up", err)
	}
	if unasked && p.Author != flowhq.AuthorAdmin {
		return e.fail(p, key, flowhq.TraceFailed, "Not sent: this person has not written first, and no admin allowed it.")
	}
	limits := e.config.Load().Limits
	if late := time.Since(p.CreatedAt); p.Cause == journal.CauseReply && p.Attempts == 0 && late > limits.CatchUp {
		return e.tooLate(p, key, late)
	}
	if p.Chat != ownerChat && p.Attempts == 0 && limits.Typing {
		if e.showTyping(to, p.Text); e.ownerCameBefore(p) {
			return e.fail(p, key, flowhq.TraceHandedOver, "Not sent: the owner answered on the phone meanwhile.")
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(e.hard, sendTimeout)
	at, err := e.dev.Send(ctx, p.ID, to, p.Text)
	cancel()
	switch {
	case err == nil:
		r.retry = 0
		return e.settle(p, began, at)
	case errors.Is(err, whatsapp.ErrOffline), errors.Is(err, whatsapp.ErrClosed), errors.Is(err, whatsapp.ErrNotLinked), e.hard.Err() != nil:
		return blocked
	case errors.Is(err, whatsapp.ErrRestricted):
		return e.restricted(p, key)
	case errors.Is(err, whatsapp.ErrRefused):
		e.log.Warn("WhatsApp refused a message", "id", p.ID, "error", err)
		return e.fail(p, key, flowhq.TraceFailed, "WhatsApp refused the reply: "+err.Error())
	default:
		return e.unknown(r, p, key, err)
	}
}

// recipient gives where a parcel goes, the chat's name for it, and whether it goes to somebody who never wrote.
func (e *engine) recipient(p *journal.Parcel) (to whatsapp.Address, key string, unasked bool, err error) {
	if p.Chat == ownerChat {
		if to = address(p.To); to.IsZero() {
			to = e.dev.Self()
		}
		return to, person(to).Key(), false, nil
	}
	var c *journal.Chat
	err = e.j.Read(func(tx *journal.Tx) (err error) {
		c, err = tx.Chat(p.Chat)
		return err
	})
	if err == nil && c == nil {
		err = fmt.Errorf("chat %d is gone", p.Chat)
	}
	if err != nil {
		return to, "", false, err
	}
	return address(c.Person), c.Key(), !c.Wrote, nil
}

// showTyping shows that somebody is typing for as long as the text takes; stopping cuts it short.
func (e *engine) showTyping(to whatsapp.Address, text string) {
	if err := e.dev.Typing(e.hurry, to, true); err != nil {
		e.log.Debug("typing is not shown", "error", err)
	}
	e.rest(typingTime(text))
}

func (e *engine) settle(p *journal.Parcel, began, at time.Time) progress {
	now := time.Now()
	if at.IsZero() {
		at = now
	}
	err := e.write(func(tx *journal.Tx) error {
		settled, err := tx.Settle(p.ID, true, now)
		if err != nil || !settled {
			return err
		}
		if err := e.sentAt(tx, p, began); err != nil {
			return err
		}
		return e.delivered(tx, p, at, now)
	})
	if err != nil {
		return e.stumble("a sent message could not be journalled; it will be sent again with the same id", err)
	}
	return done
}

func (e *engine) sentAt(tx *journal.Tx, p *journal.Parcel, began time.Time) error {
	key, err := e.keyOf(tx, p)
	if err != nil {
		return err
	}
	return trace(tx, about(p), key, began, flowhq.TraceSent, "Handed to WhatsApp as "+p.ID+".")
}

// delivered writes a parcel that WhatsApp has into the log.
func (e *engine) delivered(tx *journal.Tx, p *journal.Parcel, at, now time.Time) error {
	key, err := e.keyOf(tx, p)
	if err != nil {
		return err
	}
	err = tx.Event(flowhq.WorkerEvent{At: now, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: p.ID, Chat: key, Direction: flowhq.DirectionOut, Author: p.Author, Kind: flowhq.KindText,
		From: person(e.dev.Self()).Key(), To: key, Text: p.Text, SentAt: at, Target: p.Answers,
	}})
	if err != nil {
		return err
	}
	return trace(tx, about(p), key, now, flowhq.TraceAcknowledged, "WhatsApp has "+p.ID+".")
}

// about names the message that a parcel's decisions are told with: the one it answers, else itself.
func about(p *journal.Parcel) string {
	if p.Answers != "" {
		return p.Answers
	}
	return p.ID
}

func (e *engine) keyOf(tx *journal.Tx, p *journal.Parcel) (string, error) {
	if p.Chat == ownerChat {
		if p.To == (journal.Person{}) {
			return person(e.dev.Self()).Key(), nil
		}
		return p.To.Key(), nil
	}
	now, err := tx.Parcel(p.ID) // the chat may have been merged since the parcel was read
	if err != nil || now == nil {
		return "", errors.Join(err, fmt.Errorf("parcel %s is gone", p.ID))
	}
	c, err := tx.Chat(now.Chat)
	if err != nil || c == nil {
		return "", errors.Join(err, fmt.Errorf("chat %d is gone", now.Chat))
	}
	return c.Key(), nil
}

// fail gives a parcel up.
func (e *engine) fail(p *journal.Parcel, key, step, detail string) progress {
	now := time.Now()
	err := e.write(func(tx *journal.Tx) error {
		if settled, err := tx.Settle(p.ID, false, now); err != nil || !settled {
			return err
		}
		return trace(tx, about(p), key, now, step, detail)
	})
	if err != nil {
		return e.stumble("a failed reply could not be journalled", err)
	}
	return done
}

// tooLate gives up a reply that could not be sent in time, and puts its question on the owner's list.
func (e *engine) tooLate(p *journal.Parcel, key string, late time.Duration) progress {
	now := time.Now()
	err := e.write(func(tx *journal.Tx) error {
		if settled, err := tx.Settle(p.ID, false, now); err != nil || !settled {
			return err
		}
		c, err := tx.Chat(p.Chat)
		if err == nil && c != nil {
			err = tx.AddTooOld(journal.TooOld{Chat: c.ID, Name: c.Name, Text: p.Asked, SentAt: p.AskedAt})
		}
		if err != nil {
			return err
		}
		return trace(tx, about(p), key, now, flowhq.TraceTooOld,
			fmt.Sprintf("The reply could not be sent for %s and is too old now. The owner gets a list.", span(late)))
	})
	if err != nil {
		return e.stumble("a late reply could not be given up", err)
	}
	e.scheduleList()
	return done
}

// ownerCameBefore tells whether the owner took the chat over while a reply was on its way.
func (e *engine) ownerCameBefore(p *journal.Parcel) bool {
	if p.Cause != journal.CauseReply {
		return false
	}
	handed := false
	err := e.j.Read(func(tx *journal.Tx) error {
		c, err := tx.Chat(p.Chat)
		handed = err == nil && c != nil && c.HandoffCause == journal.HandoffOwner && c.HandedOver(time.Now())
		return err
	})
	return err == nil && handed
}

// restricted keeps a parcel until WhatsApp lets the account send again.
func (e *engine) restricted(p *journal.Parcel, key string) progress {
	err := e.write(func(tx *journal.Tx) error {
		if first, err := tx.Hold(p.ID); err != nil || !first {
			return err
		}
		return trace(tx, about(p), key, time.Now(), flowhq.TraceLimited, "WhatsApp refuses messages from this number for now; the reply waits.")
	})
	if err != nil {
		return e.stumble("a restriction could not be journalled", err)
	}
	return blocked
}

// unknown repeats a parcel that may have arrived, with the same id, until it is certain; past the time in which an answer
// makes sense it is given up.
func (e *engine) unknown(r *runner, p *journal.Parcel, key string, cause error) progress {
	e.log.Warn("a message was not acknowledged; it is repeated with the same id", "id", p.ID, "attempt", p.Attempts+1, "error", cause)
	if time.Since(p.CreatedAt) > e.config.Load().Limits.CatchUp {
		return e.fail(p, key, flowhq.TraceFailed, "WhatsApp never acknowledged the reply: "+cause.Error())
	}
	err := e.write(func(tx *journal.Tx) error {
		if err := tx.Attempted(p.ID); err != nil || p.Attempts > 0 {
			return err
		}
		return trace(tx, about(p), key, time.Now(), flowhq.TraceSent, "Handed to WhatsApp as "+p.ID+", no acknowledgement yet: repeated with the same id.")
	})
	if err != nil {
		return e.stumble("an attempt could not be journalled", err)
	}
	r.retry = min(max(r.retry*2, firstRetry), lastRetry)
	if !e.rest(r.retry) {
		return blocked
	}
	return done
}

// markRead shows the customer that the message was read; failing at it matters to nobody.
func (e *engine) markRead(c *journal.Chat, l *journal.Letter) {
	ctx, cancel := context.WithTimeout(e.hard, 5*time.Second)
	defer cancel()
	if err := e.dev.MarkRead(ctx, address(c.Person), []string{l.ID}); err != nil {
		e.log.Debug("not marked as read", "id", l.ID, "error", err)
	}
}

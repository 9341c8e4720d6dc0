package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/wire"
	"flowhq/worker/journal"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// maxAdminText bounds what an admin may send at once, in characters.
const maxAdminText = 4096

// commands is what the appliance may ask of this worker.
type commands struct {
	*engine
	dir    string
	link   func(flowhq.WorkerConfig) error
	acked  func(ctx context.Context, seq int64) // waits until the appliance has an event
	finish func()                               // begins the orderly end
}

var _ wire.Commands = (*commands)(nil)

func (c *commands) Configure(_ context.Context, w flowhq.WorkerConfig) error { return c.link(w) }

func (c *commands) Ping(context.Context) (flowhq.SessionReport, error) { return c.report(), nil }

func (c *commands) Relink(context.Context) error {
	c.dev.Relink()
	return nil
}

func (c *commands) LinkCode(ctx context.Context, phone string) (flowhq.LinkCode, error) {
	code, err := c.dev.LinkCode(ctx, phone)
	return code, deviceError(err)
}

func (c *commands) Logout(ctx context.Context) error { return deviceError(c.dev.Logout(ctx)) }

// deviceError makes an error of the device one that a person can read.
func deviceError(err error) error {
	if err == nil || flowhq.CodeOf(err) != flowhq.CodeInternal {
		return err
	}
	e := flowhq.Fail(flowhq.CodeInternal, key.WorkerWhatsappRefused)
	switch {
	case errors.Is(err, whatsapp.ErrLinked):
		e = flowhq.Fail(flowhq.CodeConflict, key.WorkerDeviceLinked)
	case errors.Is(err, whatsapp.ErrNotLinked):
		e = flowhq.Fail(flowhq.CodeConflict, key.WorkerNoDevice)
	case errors.Is(err, whatsapp.ErrOffline), errors.Is(err, whatsapp.ErrUnknown), errors.Is(err, whatsapp.ErrClosed),
		errors.Is(err, context.DeadlineExceeded):
		e = flowhq.Fail(flowhq.CodeUnavailable, key.WorkerWhatsappAway)
	case errors.Is(err, whatsapp.ErrRestricted):
		e = flowhq.Fail(flowhq.CodeUnavailable, key.WorkerWhatsappRestricts)
	}
	e.Cause = err
	return e
}

// Send journals an admin's text. It goes only to people who wrote first, unless that very admin allows it, and never to
// somebody who opted out.
func (c *commands) Send(_ context.Context, id, chat, text string, allowFirst bool) error {
	text = strings.TrimSpace(text)
	var wrong []flowhq.FieldError
	if id == "" {
		wrong = append(wrong, flowhq.Wrong("id", key.FieldEmpty))
	}
	if text == "" {
		wrong = append(wrong, flowhq.Wrong("text", key.FieldEmpty))
	}
	if len([]rune(text)) > maxAdminText {
		wrong = append(wrong, flowhq.Wrong("text", key.FieldTooLong, "limit", 4096))
	}
	if err := flowhq.Invalid(wrong); err != nil {
		return err
	}
	open := openKnown
	if allowFirst {
		open = openAnyNumber
	}
	return c.change(chat, open, func(tx *journal.Tx, found *journal.Chat, now time.Time) error {
		switch {
		case !found.Wrote && !allowFirst:
			return flowhq.Fail(flowhq.CodeForbidden, key.WorkerNotWrittenFirst)
		case found.OptedOut:
			return flowhq.Fail(flowhq.CodeConflict, key.WorkerOptedOut)
		}
		_, err := tx.EnqueueOutgoing(journal.Outgoing{
			ID: messageID(
				id,
			),
			ChatID:    found.ID,
			Text:      text,
			Author:    flowhq.AuthorAdmin,
			Cause:     journal.CauseAdmin,
			CreatedAt: now,
		})
		return err
	})
}

// messageID derives the id of a message on WhatsApp from the caller's id: the same from the same.
func messageID(id string) string {
	sum := sha256.Sum256([]byte("flowhq send " + id))
	return "3EB0" + strings.ToUpper(hex.EncodeToString(sum[:9]))
}

func (c *commands) TakeOver(ctx context.Context, chat string) error {
	return c.changeSeen(ctx, chat, func(tx *journal.Tx, found *journal.Chat, now time.Time) error {
		found.HandoffCause, found.HandoffEnds, found.HandoffText = journal.HandoffAdmin, now.Add(c.handoff()), ""
		return chatChanged(tx, found, now)
	})
}

func (c *commands) Release(ctx context.Context, chat string) error {
	return c.changeSeen(ctx, chat, func(tx *journal.Tx, found *journal.Chat, now time.Time) error {
		if found.HandoffCause == "" {
			return nil
		}
		found.EndHandoff()
		return chatChanged(tx, found, now)
	})
}

func (c *commands) OptIn(ctx context.Context, chat string) error {
	return c.changeSeen(ctx, chat, func(tx *journal.Tx, found *journal.Chat, now time.Time) error {
		if !found.OptedOut {
			return nil
		}
		found.OptedOut = false
		return chatChanged(tx, found, now)
	})
}

// openKnown finds a chat; nil when there is none.
func openKnown(tx *journal.Tx, chat string) (*journal.Chat, error) { return tx.ChatByKey(chat) }

// openAnyNumber finds the chat of a phone number, and makes one when the number never wrote.
func openAnyNumber(tx *journal.Tx, chat string) (*journal.Chat, error) {
	if !strings.HasPrefix(chat, "+") {
		return tx.ChatByKey(chat)
	}
	c, _, err := tx.UpsertChat(message.Person{PN: chat}, time.Now())
	return c, err
}

// changeSeen changes a chat and waits until the appliance has the events of the change, at most ackWait: the change
// holds without that.
func (c *commands) changeSeen(ctx context.Context, chat string, do chatChange) error {
	err := c.change(chat, openKnown, do)
	if err == nil {
		c.acked(ctx, c.j.LastSeq())
	}
	return err
}

// chatChange changes a chat in memory and writes the events of that; the caller saves the chat.
type chatChange func(tx *journal.Tx, found *journal.Chat, now time.Time) error

// change changes a chat that the appliance named.
func (c *commands) change(chat string, open func(*journal.Tx, string) (*journal.Chat, error), do chatChange) error {
	var id int64
	err := c.write(func(tx *journal.Tx) error {
		found, err := open(tx, chat)
		if err != nil {
			return err
		}
		if found == nil {
			return flowhq.NotFound("Chat")
		}
		id = found.ID
		if err := do(tx, found, time.Now()); err != nil {
			return err
		}
		return tx.SaveChat(found)
	})
	if journal.Failed(err) {
		e := flowhq.Fail(flowhq.CodeUnavailable, key.WorkerJournalFault)
		e.Cause = err
		return e
	}
	if err == nil {
		c.schedule(id)
	}
	return err
}

func (c *commands) Drain(context.Context) error {
	c.finish()
	return nil
}

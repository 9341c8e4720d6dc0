package journal

import (
	"fmt"
	"time"

	"flowhq"
	"flowhq/worker/message"
)

// OwnerChat stands in place of a chat for what is sent to the owner.
const OwnerChat = 0

// Outgoing is a message to send, with the id that it has on WhatsApp from the first attempt on.
type Outgoing struct {
	Seq       int64
	ID        string
	ChatID    int64          // OwnerChat: to the owner
	To        message.Person // of one to the owner: the number in the settings, nobody: the account's chat with itself
	Text      string
	Author    flowhq.Author
	Cause     Cause
	Answers   string    // id of the message that it answers, or ""
	Asked     string    // what that message said, in short
	AskedAt   time.Time // when that message was sent
	Attempts  int       // that ended without certainty
	CreatedAt time.Time

	ToName string // of the chat's person; read only
	Wrote  bool   // the chat's person wrote at least once; read only
}

// Cause says why a message is sent.
type Cause string

// The causes.
const (
	CauseReply   Cause = "reply"
	CauseSlow    Cause = "slow"    // please slow down: the tenant's limit
	CauseEnough  Cause = "enough"  // please slow down: the contact's limit
	CauseWaiting Cause = "waiting" // please wait: the queue is full
	CauseAdmin   Cause = "admin"
	CauseNotice  Cause = "notice" // to the owner
)

// States of an outgoing message.
const (
	statePending = 0
	stateSent    = 1
	stateFailed  = 2
)

// EnqueueOutgoing journals a message to send; false when there is one with that id already.
func (tx *Tx) EnqueueOutgoing(o Outgoing) (fresh bool, err error) {
	var to message.Person // that of a chat is in its row, and may still change
	if o.ChatID == OwnerChat {
		to = o.To
	}
	n, err := tx.changed(
		`INSERT OR IGNORE INTO outbox
		(id, chat, pn, lid, text, author, cause, answers, asked, asked_at, state, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
		o.ID,
		o.ChatID,
		to.PN,
		to.LID,
		o.Text,
		o.Author,
		o.Cause,
		o.Answers,
		o.Asked,
		millis(o.AskedAt),
		millis(o.CreatedAt),
	)
	return n > 0, err
}

// outgoingWhere reads one message with its recipient.
func outgoingWhere(tx *Tx, where string, args ...any) (*Outgoing, error) {
	var o Outgoing
	var asked, created int64
	found, err := tx.one(
		`SELECT o.n, o.id, o.chat, coalesce(c.pn, o.pn), coalesce(c.lid, o.lid), o.text, o.author, o.cause,
			o.answers, o.asked, o.asked_at, o.attempts, o.created_at, coalesce(c.name, ''), coalesce(c.wrote, 0)
		FROM outbox o LEFT JOIN chats c ON c.id = o.chat WHERE `+where,
		args,
		&o.Seq,
		&o.ID,
		&o.ChatID,
		&o.To.PN,
		&o.To.LID,
		&o.Text,
		&o.Author,
		&o.Cause,
		&o.Answers,
		&o.Asked,
		&asked,
		&o.Attempts,
		&created,
		&o.ToName,
		&o.Wrote,
	)
	if !found {
		return nil, err
	}
	if o.ChatID != OwnerChat && o.To.IsZero() {
		return nil, fmt.Errorf("chat %d of message %s is gone", o.ChatID, o.ID)
	}
	o.AskedAt, o.CreatedAt = fromMillis(asked), fromMillis(created)
	return &o, nil
}

// NextOutgoing gives the oldest message to a chat that is not sent yet; nil when there is none.
func (tx *Tx) NextOutgoing(chat int64) (*Outgoing, error) {
	return outgoingWhere(tx, "o.chat = ? AND o.state = 0 ORDER BY o.n LIMIT 1", chat)
}

// Outgoing gives a message by its id, sent or not; nil when there is none.
func (tx *Tx) Outgoing(id string) (*Outgoing, error) { return outgoingWhere(tx, "o.id = ?", id) }

// Finished is an outgoing message that needs no more attempts. Its chat may have been merged since the message was
// read.
type Finished struct {
	ChatID int64
	Chat   string // the chat's key; "" of a message to the owner
}

// FinishOutgoing marks a message as sent, or as failed for good; nil when it was finished before.
func (tx *Tx) FinishOutgoing(id string, sent bool, at time.Time) (*Finished, error) {
	state := stateFailed
	if sent {
		state = stateSent
	}
	var f Finished
	found, err := tx.one(`UPDATE outbox SET state = ?, done_at = ? WHERE id = ? AND state = ?
		RETURNING chat, coalesce((SELECT coalesce(pn, 'lid:' || lid) FROM chats WHERE id = outbox.chat), '')`,
		[]any{state, millis(at), id, statePending}, &f.ChatID, &f.Chat)
	if !found {
		return nil, err
	}
	return &f, nil
}

// CountAttempt notes an attempt without certainty.
func (tx *Tx) CountAttempt(id string) error {
	return tx.exec("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", id)
}

// MarkHeld notes that a message has to wait until WhatsApp lets the account send; true the first time.
func (tx *Tx) MarkHeld(id string) (first bool, err error) {
	n, err := tx.changed("UPDATE outbox SET held = 1 WHERE id = ? AND held = 0", id)
	return n > 0, err
}

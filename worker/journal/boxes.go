package journal

import (
	"time"

	"flowhq"
)

// Letter is a message of a customer that is not dealt with yet.
type Letter struct {
	N          int64 // order of arrival
	Chat       int64
	ID         string
	Kind       flowhq.MessageKind
	Text       string
	Name       string
	Target     string
	SentAt     time.Time // by WhatsApp's clock
	ReceivedAt time.Time // by ours
	Late       bool      // delivered after an absence
}

// See notes the id of a message of a chat; false when it was seen before.
func (tx *Tx) See(chat int64, id string, at time.Time) (fresh bool, err error) {
	n, err := tx.changed("INSERT OR IGNORE INTO seen (chat, id, at) VALUES (?, ?, ?)", chat, id, millis(at))
	return n > 0, err
}

// Enqueue puts a letter behind the others of its chat.
func (tx *Tx) Enqueue(l Letter) error {
	return tx.exec(`INSERT INTO inbox (chat, id, kind, text, name, target, sent_at, received_at, late) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.Chat, l.ID, l.Kind, l.Text, l.Name, l.Target, millis(l.SentAt), millis(l.ReceivedAt), l.Late)
}

// Waiting counts the letters of a chat, and its parcels that are not sent yet.
func (tx *Tx) Waiting(chat int64) (letters, parcels int, err error) {
	_, err = tx.one("SELECT (SELECT count(*) FROM inbox WHERE chat = ?1), (SELECT count(*) FROM outbox WHERE chat = ?1 AND state = 0)",
		[]any{chat}, &letters, &parcels)
	return letters, parcels, err
}

// NextLetter gives the oldest letter of a chat; nil when none waits.
func (tx *Tx) NextLetter(chat int64) (*Letter, error) {
	var l Letter
	var sent, received int64
	found, err := tx.one("SELECT n, chat, id, kind, text, name, target, sent_at, received_at, late FROM inbox WHERE chat = ? ORDER BY n LIMIT 1",
		[]any{chat}, &l.N, &l.Chat, &l.ID, &l.Kind, &l.Text, &l.Name, &l.Target, &sent, &received, &l.Late)
	if !found {
		return nil, err
	}
	l.SentAt, l.ReceivedAt = fromMillis(sent), fromMillis(received)
	return &l, nil
}

// Dequeue takes a letter out; it is dealt with.
func (tx *Tx) Dequeue(n int64) error { return tx.exec("DELETE FROM inbox WHERE n = ?", n) }

// Parcel is something to send, with the id that it has on WhatsApp from the first attempt on.
type Parcel struct {
	N         int64
	ID        string
	Chat      int64  // 0: to the owner
	To        Person // of a parcel to the owner; both empty: the account's chat with itself
	Text      string
	Author    flowhq.Author
	Cause     Cause
	Answers   string    // id of the message that it answers, or ""
	Asked     string    // what that message said, in short
	AskedAt   time.Time // when it was sent
	Attempts  int       // that ended without certainty
	CreatedAt time.Time
}

// Cause says why a parcel is sent.
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

// States of a parcel.
const (
	parcelPending = 0
	parcelSent    = 1
	parcelFailed  = 2
)

// Post journals a parcel; false when there is one with that id already.
func (tx *Tx) Post(p Parcel) (fresh bool, err error) {
	n, err := tx.changed(`INSERT OR IGNORE INTO outbox (id, chat, pn, lid, text, author, cause, answers, asked, asked_at, state, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
		p.ID, p.Chat, p.To.PN, p.To.LID, p.Text, p.Author, p.Cause, p.Answers, p.Asked, millis(p.AskedAt), millis(p.CreatedAt))
	return n > 0, err
}

const parcelColumns = "n, id, chat, pn, lid, text, author, cause, answers, asked, asked_at, attempts, created_at"

func (tx *Tx) parcelWhere(where string, args ...any) (*Parcel, error) {
	var p Parcel
	var asked, created int64
	found, err := tx.one("SELECT "+parcelColumns+" FROM outbox WHERE "+where, args,
		&p.N, &p.ID, &p.Chat, &p.To.PN, &p.To.LID, &p.Text, &p.Author, &p.Cause, &p.Answers, &p.Asked, &asked, &p.Attempts, &created)
	if !found {
		return nil, err
	}
	p.AskedAt, p.CreatedAt = fromMillis(asked), fromMillis(created)
	return &p, nil
}

// NextParcel gives the oldest parcel of a chat that is not sent yet; nil when there is none.
func (tx *Tx) NextParcel(chat int64) (*Parcel, error) {
	return tx.parcelWhere("chat = ? AND state = 0 ORDER BY n LIMIT 1", chat)
}

// Parcel gives a parcel by its id, sent or not; nil when there is none.
func (tx *Tx) Parcel(id string) (*Parcel, error) { return tx.parcelWhere("id = ?", id) }

// Settle marks a parcel as sent or as failed for good; false when it was settled before.
func (tx *Tx) Settle(id string, sent bool, at time.Time) (bool, error) {
	state := parcelFailed
	if sent {
		state = parcelSent
	}
	n, err := tx.changed("UPDATE outbox SET state = ?, done_at = ? WHERE id = ? AND state = ?", state, millis(at), id, parcelPending)
	return n > 0, err
}

// Attempted notes an attempt without certainty.
func (tx *Tx) Attempted(id string) error {
	return tx.exec("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", id)
}

// Hold notes that a parcel has to wait for WhatsApp to let the account send; true the first time.
func (tx *Tx) Hold(id string) (first bool, err error) {
	n, err := tx.changed("UPDATE outbox SET held = 1 WHERE id = ? AND held = 0", id)
	return n > 0, err
}

// Busy lists the chats with something to do; 0 among them when something waits for the owner.
func (tx *Tx) Busy() (chats []int64, err error) {
	err = tx.each("SELECT chat FROM outbox WHERE state = 0 UNION SELECT chat FROM inbox ORDER BY 1", nil, func(scan func(...any) error) error {
		var c int64
		err := scan(&c)
		chats = append(chats, c)
		return err
	})
	return chats, err
}

// Traffic is one thing that counts for limits: a message that came in or a message that went out.
type Traffic struct {
	Chat  int64
	At    time.Time
	Cause Cause // "": came in
}

// TrafficSince lists what counts for limits since then, by time.
func (tx *Tx) TrafficSince(since time.Time) (all []Traffic, err error) {
	err = tx.each(`SELECT chat, created_at, cause FROM outbox WHERE created_at > ?1 AND cause IN ('reply', 'slow', 'enough') AND chat > 0
		UNION ALL SELECT chat, at, '' FROM seen WHERE at > ?1 ORDER BY 2`, []any{millis(since)}, func(scan func(...any) error) error {
		var t Traffic
		var at int64
		err := scan(&t.Chat, &at, &t.Cause)
		t.At = fromMillis(at)
		all = append(all, t)
		return err
	})
	return all, err
}

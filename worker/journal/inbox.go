package journal

import (
	"time"

	"flowhq/worker/message"
)

// MarkSeen notes the id of a message of a chat; false when it was seen before.
func (tx *Tx) MarkSeen(chat int64, id string, at time.Time) (fresh bool, err error) {
	n, err := tx.changed("INSERT OR IGNORE INTO seen (chat, id, at) VALUES (?, ?, ?)", chat, id, millis(at))
	return n > 0, err
}

// EnqueueIncoming puts a message behind the others of its chat. It sets m.Seq.
func (tx *Tx) EnqueueIncoming(m *message.Incoming) error {
	r, err := tx.j.exec(`INSERT INTO inbox (chat, id, kind, text, name, target, sent_at, received_at, late)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ChatID, m.ID, m.Kind, m.Text, m.Name, m.Target, millis(m.SentAt), millis(m.ReceivedAt), m.Late)
	if err == nil {
		m.Seq, err = r.LastInsertId()
	}
	return err
}

// CountWaiting counts the incoming messages of a chat that wait for a decision, and the outgoing ones that are not sent
// yet.
func (tx *Tx) CountWaiting(chat int64) (incoming, outgoing int, err error) {
	_, err = tx.one(`SELECT (SELECT count(*) FROM inbox WHERE chat = ?1),
		(SELECT count(*) FROM outbox WHERE chat = ?1 AND state = 0)`, []any{chat}, &incoming, &outgoing)
	return incoming, outgoing, err
}

// NextIncoming gives the oldest message of a chat that waits; nil when there is none.
func (tx *Tx) NextIncoming(chat int64) (*message.Incoming, error) {
	var m message.Incoming
	var sent, received int64
	found, err := tx.one(`SELECT n, chat, id, kind, text, name, target, sent_at, received_at, late
		FROM inbox WHERE chat = ? ORDER BY n LIMIT 1`, []any{chat},
		&m.Seq, &m.ChatID, &m.ID, &m.Kind, &m.Text, &m.Name, &m.Target, &sent, &received, &m.Late)
	if !found {
		return nil, err
	}
	m.SentAt, m.ReceivedAt = fromMillis(sent), fromMillis(received)
	return &m, nil
}

// RemoveIncoming takes a message out of the queue: it is dealt with. It does nothing for one that does not wait there.
func (tx *Tx) RemoveIncoming(m *message.Incoming) error {
	if m.Seq == 0 {
		return nil
	}
	return tx.exec("DELETE FROM inbox WHERE n = ?", m.Seq)
}

// ChatsWithWork lists the chats that have something waiting, in or out; OwnerChat among them when something waits for
// the owner.
func (tx *Tx) ChatsWithWork() (chats []int64, err error) {
	err = tx.each("SELECT chat FROM outbox WHERE state = 0 UNION SELECT chat FROM inbox ORDER BY 1", nil,
		func(scan func(...any) error) error {
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
	err = tx.each(`SELECT chat, created_at, cause FROM outbox
			WHERE created_at > ?1 AND cause IN ('reply', 'slow', 'enough') AND chat > 0
		UNION ALL SELECT chat, at, '' FROM seen WHERE at > ?1 ORDER BY 2`, []any{millis(since)},
		func(scan func(...any) error) error {
			var t Traffic
			var at int64
			err := scan(&t.Chat, &at, &t.Cause)
			t.At = fromMillis(at)
			all = append(all, t)
			return err
		})
	return all, err
}

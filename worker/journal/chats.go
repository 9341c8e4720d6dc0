package journal

import (
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/message"
)

// Causes of a hand-over.
const (
	HandoffOwner    = "owner"    // the owner wrote on the phone
	HandoffAdmin    = "admin"    // somebody took over on the page
	HandoffFlow     = "flow"     // the conversation called a human
	HandoffCustomer = "customer" // the customer asked for one
)

// Chat is what is known of one chat.
type Chat struct {
	ID int64
	message.Person
	Name         string
	Language     flowhq.Language
	State        []byte // of the conversation, JSON; nil at the start
	Flow         int64  // settings version that the conversation began with; 0 when none is under way
	OptedOut     bool
	HandoffCause string // "": the bot has the chat
	HandoffEnds  time.Time
	HandoffText  string // what the owner wrote last, as a digest, while that alone handed the chat over
	WaitTold     bool   // told to wait since the queue was last empty
	Wrote        bool   // the customer wrote at least once
	LastSeen     time.Time
}

// EndHandoff gives the chat back to the bot.
func (c *Chat) EndHandoff() { c.HandoffCause, c.HandoffEnds, c.HandoffText = "", time.Time{}, "" }

// HandedOver tells whether a human has the chat at the time now.
func (c *Chat) HandedOver(now time.Time) bool {
	return c.HandoffCause != "" && now.Before(c.HandoffEnds)
}

const chatColumns = `id, coalesce(pn, ''), coalesce(lid, ''), name, language, state, flow, opted_out,
	handoff_cause, handoff_ends, handoff_text, wait_told, wrote, last_seen`

func (c *Chat) scan(ends, seen *int64) []any {
	return []any{&c.ID, &c.PN, &c.LID, &c.Name, &c.Language, &c.State, &c.Flow, &c.OptedOut, &c.HandoffCause, ends,
		&c.HandoffText, &c.WaitTold, &c.Wrote, seen}
}

func chatWhere(tx *Tx, where string, args ...any) (*Chat, error) {
	var c Chat
	var ends, seen int64
	found, err := tx.one("SELECT "+chatColumns+" FROM chats WHERE "+where, args, c.scan(&ends, &seen)...)
	if !found {
		return nil, err
	}
	c.HandoffEnds, c.LastSeen = fromMillis(ends), fromMillis(seen)
	return &c, nil
}

// Chat gives a chat by its number; nil when it is gone (merged into another).
func (tx *Tx) Chat(id int64) (*Chat, error) { return chatWhere(tx, "id = ?", id) }

// ChatOf gives the chat of a message that waits, which may have been merged since the message was read.
func (tx *Tx) ChatOf(m *message.Incoming) (*Chat, error) {
	c, err := chatWhere(tx, "id = (SELECT chat FROM inbox WHERE n = ?)", m.Seq)
	if err == nil && c == nil {
		err = fmt.Errorf("the chat of message %s is gone", m.ID)
	}
	return c, err
}

// ChatByKey gives a chat by the key that events name it by; nil when there is none.
func (tx *Tx) ChatByKey(key string) (*Chat, error) {
	if lid, ok := strings.CutPrefix(key, "lid:"); ok {
		return chatWhere(tx, "lid = ?", lid)
	}
	return chatWhere(tx, "pn = ?", key)
}

// Merge says that two chats, or two names of one, turned out to be one person.
type Merge struct {
	Absorbed int64 // number of the chat that is gone; 0 when the chat only got another name
	Into     int64
	flowhq.IdentityMerge
}

// UpsertChat finds the chat of a person, makes it when there is none, and joins what turns out to belong together: it
// gives the merges and writes their events. A person's LID that comes with another number than before follows the
// number.
func (tx *Tx) UpsertChat(p message.Person, at time.Time) (*Chat, []Merge, error) {
	byPN, byLID, err := findChats(tx, p)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case byPN != nil:
		return joinToNumber(tx, byPN, byLID, p.LID, at)
	case byLID != nil && p.PN == "":
		return byLID, nil, nil
	case byLID != nil && byLID.PN == "":
		m, err := addNumber(tx, byLID, p.PN, at)
		return byLID, m, err
	case byLID != nil: // known under another number: the LID goes with the new one
		if err := removeLID(tx, byLID); err != nil {
			return nil, nil, err
		}
	}
	c, err := addChat(tx, p, at)
	return c, nil, err
}

// joinToNumber gives the chat of a number the LID that came with it, and what is known of the LID so far.
func joinToNumber(tx *Tx, byPN, byLID *Chat, lid string, at time.Time) (*Chat, []Merge, error) {
	switch {
	case lid == "" || byPN.LID == lid:
		return byPN, nil, nil
	case byLID != nil && byLID.PN == "":
		m, err := mergeChats(tx, byPN, byLID, at)
		return byPN, m, err
	case byLID != nil: // the LID was another number's: it moves
		if err := removeLID(tx, byLID); err != nil {
			return nil, nil, err
		}
	}
	byPN.LID = lid
	return byPN, nil, tx.SaveChat(byPN)
}

func removeLID(tx *Tx, c *Chat) error {
	return tx.exec("UPDATE chats SET lid = NULL WHERE id = ?", c.ID)
}

func findChats(tx *Tx, p message.Person) (byPN, byLID *Chat, err error) {
	if p.PN != "" {
		if byPN, err = chatWhere(tx, "pn = ?", p.PN); err != nil {
			return nil, nil, err
		}
	}
	if p.LID != "" {
		if byLID, err = chatWhere(tx, "lid = ?", p.LID); err != nil {
			return nil, nil, err
		}
	}
	return byPN, byLID, nil
}

func addChat(tx *Tx, p message.Person, at time.Time) (*Chat, error) {
	r, err := tx.j.exec("INSERT INTO chats (pn, lid, last_seen) VALUES (nullif(?, ''), nullif(?, ''), ?)",
		p.PN, p.LID, millis(at))
	if err != nil {
		return nil, err
	}
	c := &Chat{Person: p, LastSeen: fromMillis(millis(at))}
	c.ID, err = r.LastInsertId()
	return c, err
}

// addNumber sets the number of a chat that was known by its LID only.
func addNumber(tx *Tx, c *Chat, pn string, at time.Time) ([]Merge, error) {
	m := Merge{Into: c.ID, IdentityMerge: flowhq.IdentityMerge{From: c.Key(), Into: pn}}
	c.PN = pn
	if err := tx.SaveChat(c); err != nil {
		return nil, err
	}
	return []Merge{m}, writeMerge(tx, m, at)
}

// mergeChats merges the chat of a LID into that of the number: what waits, what was seen, what was sent, and the state
// of the conversation that was used last. An opt-out or a hand-over of either chat counts.
func mergeChats(tx *Tx, into, from *Chat, at time.Time) ([]Merge, error) {
	m := Merge{
		Absorbed: from.ID, Into: into.ID, IdentityMerge: flowhq.IdentityMerge{From: from.Key(), Into: into.Key()},
	}
	for _, q := range []string{
		"UPDATE OR IGNORE seen SET chat = ?1 WHERE chat = ?2", "DELETE FROM seen WHERE chat = ?2 AND ?1 > 0",
		"UPDATE inbox SET chat = ?1 WHERE chat = ?2", "UPDATE outbox SET chat = ?1 WHERE chat = ?2",
		"UPDATE too_old SET chat = ?1 WHERE chat = ?2", "UPDATE owner_texts SET chat = ?1 WHERE chat = ?2",
		"DELETE FROM chats WHERE id = ?2 AND ?1 > 0",
	} {
		if err := tx.exec(q, into.ID, from.ID); err != nil {
			return nil, err
		}
	}
	if from.LastSeen.After(into.LastSeen) || into.State == nil {
		into.State, into.Flow, into.LastSeen = from.State, from.Flow, from.LastSeen
		if from.Language != "" {
			into.Language = from.Language
		}
	}
	if into.Name == "" {
		into.Name = from.Name
	}
	into.LID = from.LID
	into.OptedOut = into.OptedOut || from.OptedOut
	into.WaitTold = into.WaitTold || from.WaitTold
	into.Wrote = into.Wrote || from.Wrote
	if from.HandoffEnds.After(into.HandoffEnds) {
		into.HandoffCause, into.HandoffEnds, into.HandoffText = from.HandoffCause, from.HandoffEnds, from.HandoffText
	}
	if err := tx.SaveChat(into); err != nil {
		return nil, err
	}
	return []Merge{m}, writeMerge(tx, m, at)
}

func writeMerge(tx *Tx, m Merge, at time.Time) error {
	return tx.Event(flowhq.WorkerEvent{At: at, Kind: flowhq.EventMerge, Merge: &m.IdentityMerge})
}

// SaveChat writes a chat back.
func (tx *Tx) SaveChat(c *Chat) error {
	return tx.exec(
		`UPDATE chats SET pn = nullif(?, ''), lid = nullif(?, ''), name = ?, language = ?, state = ?, flow = ?,
			opted_out = ?, handoff_cause = ?, handoff_ends = ?, handoff_text = ?,
			wait_told = ?, wrote = ?, last_seen = ? WHERE id = ?`,
		c.PN,
		c.LID,
		c.Name,
		c.Language,
		c.State,
		c.Flow,
		c.OptedOut,
		c.HandoffCause,
		millis(c.HandoffEnds),
		c.HandoffText,
		c.WaitTold,
		c.Wrote,
		millis(c.LastSeen),
		c.ID,
	)
}

// HasChat tells whether either form of a person has a chat.
func (tx *Tx) HasChat(p message.Person) (bool, error) {
	byPN, byLID, err := findChats(tx, p)
	return byPN != nil || byLID != nil, err
}

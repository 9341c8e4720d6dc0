package journal

import (
	"encoding/json"
	"time"

	"flowhq"
)

// Event numbers an event and stores it for the appliance.
func (tx *Tx) Event(e flowhq.WorkerEvent) error {
	tx.j.lastSeq++
	e.Seq = tx.j.lastSeq
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO events (seq, at, json) VALUES (?, ?, ?)", e.Seq, millis(e.At), body)
}

// EventsAfter gives the events that follow seq, by number: at most n, and at most maxBytes of JSON unless the first
// alone is longer.
func (tx *Tx) EventsAfter(seq int64, n, maxBytes int) (events []flowhq.WorkerEvent, err error) {
	size := 0
	full := false
	err = tx.each(
		"SELECT json FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
		[]any{seq, n},
		func(scan func(...any) error) error {
			var body []byte
			if err := scan(&body); err != nil || full {
				return err
			}
			if size += len(body); size > maxBytes && len(events) > 0 {
				full = true
				return nil
			}
			var e flowhq.WorkerEvent
			err := json.Unmarshal(body, &e)
			events = append(events, e)
			return err
		},
	)
	return events, err
}

// Bounds say what of the past is kept.
type Bounds struct {
	// Events is how long acknowledged events stay: longer than between two backups, for a database that is restored.
	Events        time.Duration
	EventBytes    int64         // acknowledged events at most, oldest first out
	Seen          time.Duration // ids against duplicates
	SeenLeast     int64         // so many of them are kept however old
	Outgoing      time.Duration // what was sent, for phones that could not decrypt and for knowing one's own echo
	OutgoingLeast int64
}

// DefaultBounds are the product's.
func DefaultBounds() Bounds {
	return Bounds{
		Events: 48 * time.Hour, EventBytes: 64 << 20,
		Seen: 72 * time.Hour, SeenLeast: 5000,
		Outgoing: 72 * time.Hour, OutgoingLeast: 1000,
	}
}

// ownerTexts is how long texts of the owner are kept, which are compared to find away messages.
const ownerTexts = 48 * time.Hour

// pruneStep bounds the rows that one call of Prune deletes from a table, so that no commit grows long.
const pruneStep = 2000

// Prune deletes what is past its bounds. acked is the highest event that the appliance has: none above it is touched.
// more tells that it stopped early.
func (tx *Tx) Prune(b Bounds, acked int64, now time.Time) (more bool, err error) {
	edge, err := bytesEdge(tx, b.EventBytes, acked)
	if err != nil {
		return false, err
	}
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM events WHERE seq IN
			(SELECT seq FROM events WHERE seq <= ? AND (at < ? OR seq <= ?) ORDER BY seq LIMIT ?)`,
			[]any{acked, millis(now.Add(-b.Events)), edge, pruneStep}},
		{`DELETE FROM seen WHERE (chat, id) IN (SELECT chat, id FROM seen
			WHERE at < min(?, coalesce((SELECT at FROM seen ORDER BY at DESC LIMIT 1 OFFSET ?), 0))
			ORDER BY at LIMIT ?)`,
			[]any{millis(now.Add(-b.Seen)), b.SeenLeast - 1, pruneStep}},
		{`DELETE FROM outbox WHERE n IN (SELECT n FROM outbox WHERE state <> 0 AND created_at < ? AND
			n <= (SELECT max(n) FROM outbox) - ? ORDER BY n LIMIT ?)`,
			[]any{millis(now.Add(-b.Outgoing)), b.OutgoingLeast, pruneStep}},
		{"DELETE FROM owner_texts WHERE n IN (SELECT n FROM owner_texts WHERE at < ? LIMIT ?)",
			[]any{millis(now.Add(-ownerTexts)), pruneStep}},
	} {
		n, err := tx.changed(q.sql, q.args...)
		if err != nil {
			return more, err
		}
		more = more || n == pruneStep
	}
	return more, nil
}

// bytesEdge gives the number up to which events must go for the acknowledged ones to fit into max bytes.
func bytesEdge(tx *Tx, max, acked int64) (edge int64, err error) {
	_, err = tx.one(
		`SELECT coalesce(max(seq), 0) FROM
			(SELECT seq, sum(length(json)) OVER (ORDER BY seq DESC) AS total FROM events WHERE seq <= ?)
		WHERE total > ?`,
		[]any{acked, max},
		&edge,
	)
	return edge, err
}

// Unacked counts the events above acked.
func (tx *Tx) Unacked(acked int64) (n int64, err error) {
	_, err = tx.one("SELECT count(*) FROM events WHERE seq > ?", []any{acked}, &n)
	return n, err
}

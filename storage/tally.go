package storage

import (
	"slices"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// longestWait is what still counts as the time a customer waited for an answer; a text that comes later is no answer.
const longestWait = 10 * time.Minute

// tally counts the messages of a batch by the hour. A journal that was restored and tells of messages again counts them
// again: the figures are for the day's picture, and nothing is decided by them.
type tally struct {
	hours   map[time.Time]*flowhq.MessageHour
	asked   map[string]time.Time // by chat: the customer's latest message that has no answer in this batch
	replied map[string]time.Time // by chat: an answer to a message of an earlier batch
}

func newTally() tally {
	return tally{hours: map[time.Time]*flowhq.MessageHour{}, asked: map[string]time.Time{},
		replied: map[string]time.Time{}}
}

func (t *tally) hour(at time.Time) *flowhq.MessageHour {
	start := at.UTC().Truncate(time.Hour)
	h := t.hours[start]
	if h == nil {
		h = &flowhq.MessageHour{Hour: start}
		t.hours[start] = h
	}
	return h
}

// count takes a message in.
func (t *tally) count(chat string, m flowhq.MessageEvent, at time.Time) {
	if m.Kind == flowhq.KindEdit || m.Kind == flowhq.KindDelete {
		return
	}
	if m.Direction == flowhq.DirectionIn {
		t.hour(at).Received++
		t.asked[chat] = at
		return
	}
	t.hour(at).Sent++
	if m.Author != flowhq.AuthorBot {
		return
	}
	if since, there := t.asked[chat]; there {
		t.answer(since, at)
		delete(t.asked, chat)
	} else if _, there := t.replied[chat]; !there {
		t.replied[chat] = at
	}
}

func (t *tally) answer(asked, answered time.Time) {
	if wait := answered.Sub(asked); wait >= 0 && wait <= longestWait {
		h := t.hour(answered)
		h.Answered++
		h.Wait += wait
	}
}

// flushTally writes the figures of a batch. It comes before the batch's own sightings of customers are written: what is
// read here is when they were seen before.
func (b *batch) flushTally() error {
	for chat, at := range b.tally.replied {
		c, err := b.lookUp(chat)
		if err != nil {
			return err
		}
		if c != nil {
			b.tally.answer(c.LastSeenAt.Time, at)
		}
	}
	rows := make([][]any, 0, len(b.tally.hours))
	for _, h := range b.tally.hours {
		rows = append(rows, []any{b.tenantID, db.At(h.Hour), h.Received, h.Sent, h.Answered, h.Wait.Milliseconds()})
	}
	slices.SortFunc(rows, func(x, y []any) int { return x[1].(db.Time).Compare(y[1].(db.Time).Time) })
	b.tally = newTally()
	return b.t.insert(upsertHours(), rows)
}

// upsertHours adds to what is counted already.
func upsertHours() insertion {
	return insertion{"message_hours", []column{
		{"tenant_id", ""}, {"hour", "timestamp"}, {"received", "bigint"}, {"sent", "bigint"}, {"answered", "bigint"},
		{"wait_ms", "bigint"},
	}, `ON CONFLICT (tenant_id, hour) DO UPDATE SET
  received = message_hours.received + excluded.received, sent = message_hours.sent + excluded.sent,
  answered = message_hours.answered + excluded.answered, wait_ms = message_hours.wait_ms + excluded.wait_ms`}
}

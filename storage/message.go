package storage

import (
	"context"
	"encoding/json"
	"slices"

	"flowhq"
	"flowhq/storage/internal/db"
)

// Messages gives a part of the tenant's message log, newest first, of one chat or of all. With Trace, each message
// carries the decisions that were made about it, oldest first; they cost one query for the whole page.
func (s *ConversationStore) Messages(ctx context.Context, tenantID string, q flowhq.MessageQuery) ([]flowhq.Message,
	error) {
	rows, err := s.messageRows(ctx, tenantID, q)
	if err != nil {
		return nil, s.fail("list messages", err)
	}
	if len(rows) == 0 && q.Before.IsZero() {
		return []flowhq.Message{}, s.mustExist(ctx, tenantID)
	}
	out := make([]flowhq.Message, len(rows))
	index := make(map[string]int, len(rows))
	for i, r := range rows {
		out[i] = messageOf(r)
		index[r.ID] = i
	}
	if !q.Trace || len(out) == 0 {
		return out, nil
	}
	traces, err := s.traceRows(ctx, tenantID, q, out[len(out)-1])
	if err != nil {
		return nil, s.fail("list traces", err)
	}
	for _, tr := range traces {
		i, there := index[tr.MessageID]
		if !there {
			continue
		}
		var entries []flowhq.TraceEntry
		if err := json.Unmarshal(tr.EntriesJson, &entries); err != nil {
			return nil, s.fail("read trace of message "+tr.MessageID, err)
		}
		out[i].Trace = append(out[i].Trace, entries...)
	}
	for i := range out {
		out[i].Trace = ordered(out[i].Trace)
	}
	return out, nil
}

// ordered puts decisions into their order, each once: a journal that was restored tells again what it told before.
func ordered(entries []flowhq.TraceEntry) []flowhq.TraceEntry {
	slices.SortStableFunc(entries, func(a, b flowhq.TraceEntry) int { return a.At.Compare(b.At) })
	seen := make(map[flowhq.TraceEntry]bool, len(entries))
	return slices.DeleteFunc(entries, func(e flowhq.TraceEntry) bool {
		again := seen[e]
		seen[e] = true
		return again
	})
}

func (s *ConversationStore) messageRows(ctx context.Context, tenantID string, q flowhq.MessageQuery) ([]db.MessageLog,
	error) {
	at, id := before(q.Before)
	if q.Chat == "" {
		return s.queries().MessagesPage(ctx, db.MessagesPageParams{TenantID: tenantID, BeforeAt: at, BeforeID: id,
			MaxRows: limit(q.Limit)})
	}
	return s.queries().ChatMessagesPage(ctx, db.ChatMessagesPageParams{
		TenantID: tenantID, Chat: q.Chat, BeforeAt: at, BeforeID: id, MaxRows: limit(q.Limit),
	})
}

// traceRows gives the decisions about the page of messages that ends with last.
func (s *ConversationStore) traceRows(ctx context.Context, tenantID string, q flowhq.MessageQuery,
	last flowhq.Message) ([]db.TracesPageRow, error) {
	at, id := before(q.Before)
	if q.Chat == "" {
		return s.queries().TracesPage(ctx, db.TracesPageParams{
			TenantID: tenantID, BeforeAt: at, BeforeID: id, LastAt: db.At(last.CreatedAt), LastID: last.ID,
		})
	}
	rows, err := s.queries().ChatTracesPage(ctx, db.ChatTracesPageParams{
		TenantID: tenantID, Chat: q.Chat, BeforeAt: at, BeforeID: id, LastAt: db.At(last.CreatedAt), LastID: last.ID,
	})
	out := make([]db.TracesPageRow, len(rows))
	for i, r := range rows {
		out[i] = db.TracesPageRow(r)
	}
	return out, err
}

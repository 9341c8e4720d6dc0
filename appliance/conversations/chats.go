package conversations

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// Bounds of labels and of a search.
const (
	maxLabels      = 20
	maxLabel       = 40
	searchedAtOnce = 20_000 // messages that one search reads at most
)

// Chats lists a tenant's chats with the newest message of each, last seen first.
func (s *Chats) Chats(ctx context.Context, id string, q flowhq.CustomerQuery) ([]flowhq.ChatSummary, error) {
	var err error
	if q.Limit, err = form.PageLimit(q.Limit); err != nil {
		return nil, err
	}
	rows, err := s.store.Chats(ctx, id, q)
	for i := range rows {
		s.handedBack(&rows[i].Customer)
	}
	return rows, err
}

// Customer gives the customer of one chat.
func (s *Chats) Customer(ctx context.Context, id, chat string) (flowhq.Customer, error) {
	c, err := s.store.Customer(ctx, id, chat)
	s.handedBack(&c)
	return c, err
}

// SetLabels replaces a customer's labels; spaces around them and repetitions are dropped.
func (s *Chats) SetLabels(ctx context.Context, id, chat string, labels []string) ([]string, error) {
	var f form.Form
	kept := []string{}
	for _, l := range labels {
		l = strings.Join(strings.Fields(l), " ")
		if l == "" || slices.ContainsFunc(kept, func(k string) bool { return strings.EqualFold(k, l) }) {
			continue
		}
		if utf8.RuneCountInString(l) > maxLabel || !utf8.ValidString(l) {
			f.Refuse("labels", key.FieldLabelTooLong, "label", l, "limit", maxLabel)
		}
		kept = append(kept, l)
	}
	if len(kept) > maxLabels {
		f.Refuse("labels", key.FieldTooManyLabels, "limit", maxLabels)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := s.store.SetLabels(ctx, id, chat, kept); err != nil {
		return nil, err
	}
	s.changed(flowhq.ChangeChat, id, "")
	return kept, nil
}

// SearchMessages looks for a text, whatever its case, in a tenant's messages, newest first. It reads a bounded number
// of them; next is where a further search goes on, the zero Cursor when all was read.
func (s *Chats) SearchMessages(ctx context.Context, id, text string,
	q flowhq.MessageQuery) (found []flowhq.Message, next flowhq.Cursor, err error) {
	if q.Limit, err = form.PageLimit(q.Limit); err != nil {
		return nil, next, err
	}
	want := q.Limit
	text = strings.ToLower(strings.TrimSpace(text))
	q.Limit, q.Trace = flowhq.MaxLimit, false
	for read := 0; read < searchedAtOnce; read += flowhq.MaxLimit {
		rows, err := s.store.Messages(ctx, id, q)
		if err != nil {
			return nil, next, err
		}
		for _, m := range rows {
			q.Before = flowhq.Cursor{At: m.CreatedAt, ID: m.ID}
			if strings.Contains(strings.ToLower(m.Text), text) {
				if found = append(found, m); len(found) == want {
					return found, q.Before, nil
				}
			}
		}
		if len(rows) < flowhq.MaxLimit {
			return found, flowhq.Cursor{}, nil
		}
	}
	return found, q.Before, nil
}

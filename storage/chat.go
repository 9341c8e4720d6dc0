package storage

import (
	"context"
	"encoding/json"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// Chats gives a part of the tenant's chats with the newest message of each, last seen first, from one picture of the
// database. It costs one look into an index for each chat.
func (s *ConversationStore) Chats(ctx context.Context, tenantID string, q flowhq.CustomerQuery) ([]flowhq.ChatSummary,
	error) {
	customers, err := s.Customers(ctx, tenantID, q)
	if err != nil {
		return nil, err
	}
	out := make([]flowhq.ChatSummary, len(customers))
	err = s.read(ctx, "list chats", func(queries *db.Queries) error {
		for i, c := range customers {
			out[i].Customer = c
			row, err := queries.LastMessage(ctx, db.LastMessageParams{TenantID: tenantID, Chat: c.Chat})
			if there, err := found(err); err != nil {
				return err
			} else if there {
				m := messageOf(row)
				out[i].Last = &m
			}
		}
		return nil
	})
	return out, err
}

// Customer gives the customer of one chat; CodeNotFound "Chat not found".
func (s *ConversationStore) Customer(ctx context.Context, tenantID, chat string) (flowhq.Customer, error) {
	row, err := s.queries().CustomerByChat(ctx, db.CustomerByChatParams{TenantID: tenantID, Chat: chat})
	if err != nil {
		return flowhq.Customer{}, s.fail("find customer", orNotFound(err, "Chat"))
	}
	return customerOf(row)
}

// SetLabels replaces the labels of a customer.
func (s *ConversationStore) SetLabels(ctx context.Context, tenantID, chat string, labels []string) error {
	raw, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	return s.write(ctx, "label customer", func(t *tx) error {
		n, err := t.Queries.SetLabels(ctx, db.SetLabelsParams{TenantID: tenantID, Chat: chat, LabelsJson: raw})
		return oneRow(n, err, "Chat")
	})
}

// Request gives one request of a tenant's customers; CodeNotFound "Request not found".
func (s *ConversationStore) Request(ctx context.Context, tenantID, id string) (flowhq.CustomerRequest, error) {
	row, err := s.queries().GetRequest(ctx, db.GetRequestParams{TenantID: tenantID, ID: id})
	if err != nil {
		return flowhq.CustomerRequest{}, s.fail("find request", orNotFound(err, "Request"))
	}
	return requestOf(row)
}

// RequestHistory gives what happened to a request since it was made, newest first, MaxLimit entries at most.
func (s *ConversationStore) RequestHistory(ctx context.Context, tenantID, id string) ([]flowhq.TenantEvent, error) {
	r, err := s.Request(ctx, tenantID, id)
	if err != nil {
		return nil, err
	}
	since := r.CreatedAt.Add(-time.Hour) // the worker's clock made the one, the appliance's the other
	rows, err := s.queries().RequestEvents(ctx, db.RequestEventsParams{
		TenantID: tenantID, Since: db.At(since), RequestID: id, MaxRows: flowhq.MaxLimit,
	})
	if err != nil {
		return nil, s.fail("list history", err)
	}
	return eventsOf(rows), nil
}

func asNumber(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}

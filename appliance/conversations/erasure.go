package conversations

import (
	"context"
	"log/slog"

	"flowhq"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
)

// ErasureStore hands out and deletes what is kept of one customer.
type ErasureStore interface {
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// CustomerData gives it by table. An unknown chat is CodeNotFound.
	CustomerData(ctx context.Context, tenantID, chat string) (map[string][]map[string]any, error)
	// EraseCustomer deletes it and tells how many rows are gone; cause goes to the time line.
	EraseCustomer(ctx context.Context, tenantID, chat, cause string) (rows int64, err error)
}

// ErasureConfig is what Erasure is made of; all is required but EraseChat.
type ErasureConfig struct {
	Store   ErasureStore
	Workers *supervisor.Workers
	// EraseChat removes a chat from the journal of a tenant whose worker does not run; nil: there is none.
	EraseChat func(ctx context.Context, tenantID, chat string) error
	Changed   func(kind flowhq.ChangeKind, tenantID, id string) // told of what pages should show
	Logger    *slog.Logger
}

// Erasure hands out what is kept of a customer, and deletes it. It is safe for use by many goroutines.
type Erasure struct {
	store     ErasureStore
	workers   *supervisor.Workers
	eraseChat func(ctx context.Context, tenantID, chat string) error
	changed   func(kind flowhq.ChangeKind, tenantID, id string)
	log       *slog.Logger
}

// NewErasure makes Erasure.
func NewErasure(c ErasureConfig) *Erasure {
	e := &Erasure{store: c.Store, workers: c.Workers, eraseChat: c.EraseChat, changed: c.Changed, log: c.Logger}
	if e.eraseChat == nil {
		e.eraseChat = func(context.Context, string, string) error { return nil }
	}
	return e
}

// CustomerData gives everything that is kept of a customer in the database, by table, for the customer to have.
func (s *Erasure) CustomerData(ctx context.Context, id, chat string) (map[string][]map[string]any, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.CustomerData(ctx, id, chat)
}

// EraseCustomer deletes everything that is kept of a customer: messages, requests, decisions, what the bot remembers.
// The worker is stopped for it, since its journal holds messages too, and started again. Backups that were taken
// before hold the customer until they are outdated. It tells how many rows of the database are gone.
func (s *Erasure) EraseCustomer(ctx context.Context, by, id, chat string) (rows int64, err error) {
	err = s.workers.Exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		// nobody is stopped for a customer who is not there
		if _, err := s.store.CustomerData(ctx, id, chat); err != nil {
			return err
		}
		if err := s.workers.Halt(ctx, id); err != nil {
			return err
		}
		if err := s.eraseChat(ctx, id, chat); err != nil {
			return &flowhq.Error{
				Code: flowhq.CodeUnavailable, Cause: err,
				Text: flowhq.Say(key.RefusalCustomerNotErased),
			}
		}
		if rows, err = s.store.EraseCustomer(ctx, id, chat, "A customer's data was erased by "+by); err != nil {
			return err
		}
		s.log.Info("a customer's data was erased", "tenant", id, "by", by, "rows", rows)
		s.changed(flowhq.ChangeChat, id, "")
		if !t.ShouldRun() {
			return nil
		}
		return s.workers.Start(ctx, t, "A customer's data was erased by "+by)
	})
	return rows, err
}

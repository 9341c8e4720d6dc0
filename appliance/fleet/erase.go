package fleet

import (
	"context"

	"flowhq"
)

// CustomerData gives everything that is kept of a customer in the database, by table, for the customer to have.
func (s *Service) CustomerData(ctx context.Context, id, chat string) (map[string][]map[string]any, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.CustomerData(ctx, id, chat)
}

// EraseCustomer deletes everything that is kept of a customer: messages, requests, decisions, what the bot remembers. The worker
// is stopped for it, since its journal holds messages too, and started again. Backups that were taken before hold the customer
// until they are outdated. It tells how many rows of the database are gone.
func (s *Service) EraseCustomer(ctx context.Context, by, id, chat string) (rows int64, err error) {
	err = s.exclusively(ctx, id, func(ctx context.Context) error {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if _, err := s.store.CustomerData(ctx, id, chat); err != nil { // nobody is stopped for a customer who is not there
			return err
		}
		if err := s.halt(ctx, id); err != nil {
			return err
		}
		if err := s.eraseChat(ctx, id, chat); err != nil {
			return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "What the bot remembers of the customer could not be erased. The worker stays stopped; try again.", Cause: err}
		}
		if rows, err = s.store.EraseCustomer(ctx, id, chat, "A customer's data was erased by "+by); err != nil {
			return err
		}
		s.log.Info("a customer's data was erased", "tenant", id, "by", by, "rows", rows)
		s.changed(flowhq.ChangeChat, id, "")
		if !wished(t) {
			return nil
		}
		return s.start(ctx, t, "A customer's data was erased by "+by)
	})
	return rows, err
}

package conversations

import (
	"context"
	"log/slog"
	"time"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/appliance/supervisor"
)

// Store keeps messages, customers, chats and what customers asked for.
type Store interface {
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// Messages gives a part of the log, newest first; Trace fills each message's decisions.
	Messages(ctx context.Context, tenantID string, q flowhq.MessageQuery) ([]flowhq.Message, error)
	Customers(ctx context.Context, tenantID string, q flowhq.CustomerQuery) ([]flowhq.Customer, error)
	// Customer gives the customer of one chat; CodeNotFound "Chat not found".
	Customer(ctx context.Context, tenantID, chat string) (flowhq.Customer, error)
	// Chats gives customers with the newest message of each, last seen first.
	Chats(ctx context.Context, tenantID string, q flowhq.CustomerQuery) ([]flowhq.ChatSummary, error)
	// SetLabels replaces a customer's labels.
	SetLabels(ctx context.Context, tenantID, chat string, labels []string) error
}

// Links reach running workers for what is said in chats. Every call fails with CodeUnavailable when the worker is not
// connected.
type Links interface {
	// Send sends a text to a chat as an admin; id makes a repeat harmless.
	Send(ctx context.Context, tenantID, id, chat, text string) error
	// SendFirst is Send to a phone number that need not have written before.
	SendFirst(ctx context.Context, tenantID, id, chat, text string) error
	// TakeOver and Release hand a chat to a human and back to the bot.
	TakeOver(ctx context.Context, tenantID, chat string) error
	Release(ctx context.Context, tenantID, chat string) error
	// OptIn takes a customer's opting out back.
	OptIn(ctx context.Context, tenantID, chat string) error
}

// Config is what Chats is made of; all is required.
type Config struct {
	Store   Store
	Links   Links
	Workers *supervisor.Workers
	Changed func(kind flowhq.ChangeKind, tenantID, id string) // told of what pages should show
	Now     func() time.Time
	Logger  *slog.Logger
}

// Chats lists what was said and to whom, and acts in chats. It is safe for use by many goroutines.
type Chats struct {
	store   Store
	links   Links
	workers *supervisor.Workers
	changed func(kind flowhq.ChangeKind, tenantID, id string)
	now     func() time.Time
	log     *slog.Logger
}

// New makes Chats.
func New(c Config) *Chats {
	return &Chats{store: c.Store, links: c.Links, workers: c.Workers, changed: c.Changed, now: c.Now, log: c.Logger}
}

// Messages gives a part of a tenant's message log, newest first.
func (s *Chats) Messages(ctx context.Context, id string, q flowhq.MessageQuery) ([]flowhq.Message, error) {
	var err error
	if q.Limit, err = form.PageLimit(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.Messages(ctx, id, q)
}

// Customers lists who wrote to a tenant, last seen first.
func (s *Chats) Customers(ctx context.Context, id string, q flowhq.CustomerQuery) ([]flowhq.Customer, error) {
	var err error
	if q.Limit, err = form.PageLimit(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	rows, err := s.store.Customers(ctx, id, q)
	for i := range rows {
		s.handedBack(&rows[i])
	}
	return rows, err
}

// handedBack takes a hand-over as ended whose time is over: the worker says so itself only with the chat's next
// message.
func (s *Chats) handedBack(c *flowhq.Customer) {
	if c.HandoffEnds != nil && !s.now().Before(*c.HandoffEnds) {
		c.HandedOver, c.HandoffEnds = nil, nil
	}
}

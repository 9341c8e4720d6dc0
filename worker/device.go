package worker

import (
	"context"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/whatsapp"
)

// device is the linked device as a worker needs it.
type device interface {
	Run(ctx context.Context) error
	Report() flowhq.SessionReport
	NewMessageID() string
	Send(ctx context.Context, id string, to whatsapp.Address, text string) (time.Time, error)
	Typing(ctx context.Context, to whatsapp.Address, on bool) error
	MarkRead(ctx context.Context, from whatsapp.Address, ids []string) error
	LinkCode(ctx context.Context, phone string) (flowhq.LinkCode, error)
	Relink()
	Logout(ctx context.Context) error
	Self() whatsapp.Address
	Close() error
}

var _ device = (*whatsapp.Client)(nil)

func openWhatsApp(c whatsapp.Config) (device, error) {
	d, err := whatsapp.Open(context.Background(), c)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func person(a whatsapp.Address) journal.Person  { return journal.Person{PN: a.PN, LID: a.LID} }
func address(p journal.Person) whatsapp.Address { return whatsapp.Address{PN: p.PN, LID: p.LID} }

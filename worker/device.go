package worker

import (
	"context"
	"time"

	"flowhq"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// device is the linked device as a worker needs it.
type device interface {
	Run(ctx context.Context) error
	Report() flowhq.SessionReport
	NewMessageID() string
	Send(ctx context.Context, id string, to message.Person, text string) (time.Time, error)
	Typing(ctx context.Context, to message.Person, on bool) error
	MarkRead(ctx context.Context, from message.Person, ids []string) error
	LinkCode(ctx context.Context, phone string) (flowhq.LinkCode, error)
	Relink()
	Logout(ctx context.Context) error
	Self() message.Person
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

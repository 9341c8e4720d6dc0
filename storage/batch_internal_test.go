package storage

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// counted counts the statements that a batch sends.
type counted struct {
	db.DBTX
	reads, chats int // of all rows, and of rows of customers
}

func (c *counted) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.reads++
	if strings.Contains(query, "FROM customers") {
		c.chats++
	}
	return c.DBTX.QueryRowContext(ctx, query, args...)
}

// A customer's row is read once in a batch at most, and never after the batch wrote it.
func TestBatch_reads(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "flowhq.db"),
		Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d, err := s.CreateTenant(t.Context(), flowhq.NewTenant{Name: "Asha"}, flowhq.Settings{}.Normalize(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	const chat = "+255711"
	seq := int64(0)
	event := func(e flowhq.WorkerEvent) flowhq.WorkerEvent {
		seq++
		e.Seq, e.At = seq, time.Unix(1_770_000_000+seq, 0)
		return e
	}
	text := func(author flowhq.Author) flowhq.WorkerEvent {
		return event(flowhq.WorkerEvent{Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{Author: author, Chat: chat, Name: "Juma"}})
	}
	state := func(human bool) flowhq.WorkerEvent {
		return event(flowhq.WorkerEvent{Kind: flowhq.EventChat, Chat: &flowhq.ChatEvent{Chat: chat, HandedOver: human}})
	}
	request := func(id string) flowhq.WorkerEvent {
		return event(flowhq.WorkerEvent{Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{ID: id, Chat: chat, Type: flowhq.RequestTicket}})
	}
	for _, c := range []struct {
		name         string
		events       []flowhq.WorkerEvent
		reads, chats int // the mark of the journal is read too
	}{
		{"a message of somebody new with its reply", []flowhq.WorkerEvent{text(flowhq.AuthorCustomer), text(flowhq.AuthorBot)}, 1, 0},
		{"a reply to a message of an earlier batch", []flowhq.WorkerEvent{text(flowhq.AuthorBot)}, 2, 1},
		{"a reply that ends a flow", []flowhq.WorkerEvent{text(flowhq.AuthorBot), request("r1"), state(true), state(false)}, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var count *counted
			err := s.write(t.Context(), "apply events", func(tx *tx) error {
				count = &counted{DBTX: db.Cleaned(tx.sql)}
				tx.Queries = db.New(count)
				_, err := tx.applyEvents(d.ID, "j", c.events)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if count.reads != c.reads || count.chats != c.chats {
				t.Errorf("%d rows are read, of customers %d; want %d and %d", count.reads, count.chats, c.reads, c.chats)
			}
		})
	}
	list, err := s.Customers(t.Context(), d.ID, flowhq.CustomerQuery{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d customers, %v", len(list), err)
	}
	if c := list[0]; c.Name != "Juma" || c.HandedOver != nil || !c.LastSeenAt.Equal(time.Unix(1_770_000_005, 0)) {
		t.Errorf("the customer is %+v", c)
	}
}

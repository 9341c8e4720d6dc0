package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/dump"
)

func table(tables []dump.Table, name string) dump.Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	panic("no table " + name) // the bench is wrong, not what it measures
}

// messageRow makes a row of the message log.
func messageRow(t dump.Table, tenant string, at time.Time, n int, kind string) dump.Row {
	chat := fmt.Sprintf("+25571%07d", n%200)
	values := map[string]any{
		"id": uuid.Must(uuid.NewV7()).String(), "tenant_id": tenant, "direction": "IN", "from_number": chat,
		"to_number":    "+255700000001",
		"message_text": message, "wa_message_id": fmt.Sprintf("%s%016X", kind, n), "created_at": at.UnixMilli(),
		"chat":   chat,
		"author": "customer", "kind": "text",
	}
	row := make(dump.Row, len(t.Columns))
	for i, c := range t.Columns {
		row[i] = values[c.Name]
	}
	return row
}

// big is the tenant whose log is read: a hundredth of all rows are its own.
const bigShare = 100

// fill makes the messages of a year from number from up to number to, the tenants before the first of them, and tells
// the size of what holds these messages.
func (b *bench) fill(ctx context.Context, dsn string, from, to int) (size int64, err error) {
	s, err := open(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }()
	if from == 0 {
		if err := b.makeTenants(ctx, s); err != nil {
			return 0, err
		}
	}
	before, err := s.Size(ctx)
	if err != nil {
		return 0, err
	}
	begin := time.Now().AddDate(-1, 0, 0)
	step := time.Since(begin) / time.Duration(max(to-from, 1))
	const part = 20_000
	for n := from; n < to; n += part {
		if err := b.fillPart(ctx, s, begin.Add(time.Duration(n-from)*step), step, n, min(n+part, to)); err != nil {
			return 0, err
		}
	}
	for more := true; more; { // brings the write-ahead log home, or vacuums and analyzes
		if more, err = s.Reclaim(ctx); err != nil {
			return 0, err
		}
	}
	after, err := s.Size(ctx)
	return after - before, err
}

func (b *bench) makeTenants(ctx context.Context, s *storage.Store) error {
	b.ids = make([]string, b.tenants)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for n := range b.ids {
		group.Go(func() error {
			d, err := s.CreateTenant(ctx, flowhq.NewTenant{
				Name: fmt.Sprintf("Duka %05d", n), PhoneNumber: fmt.Sprintf("+2557%08d", n),
				BusinessName: fmt.Sprintf("Duka la %05d", n),
				TemplateType: flowhq.TemplateTypes()[n%3],
			}, flowhq.Settings{}.Normalize(), "")
			b.ids[n] = d.ID
			return err
		})
	}
	return group.Wait()
}

// fillPart makes messages from number from up to number to, the first at begin and each step after the one before.
func (b *bench) fillPart(ctx context.Context, s *storage.Store, begin time.Time, step time.Duration, from,
	to int) error {
	return s.Load(ctx, func(w *dump.Writer) error {
		t := table(w.Tables, "message_logs")
		rows := make([]dump.Row, 0, to-from)
		for n := from; n < to; n++ {
			id := b.ids[0]
			if n%bigShare != 0 {
				id = b.ids[n%len(b.ids)]
			}
			rows = append(rows, messageRow(t, id, begin.Add(time.Duration(n-from)*step), n, "M"))
		}
		return w.Insert(ctx, t.Name, t.Columns, rows)
	})
}

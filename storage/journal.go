package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"flowhq"
	"flowhq/storage/internal/db"
)

// ApplyEvents applies what a worker journalled, in the order of Seq, each event once under (journal, Seq): what it does
// and the high-water mark are one transaction. Events at or below the mark are skipped; a gap is no error. It gives the
// highest sequence number that is durable.
//
// A power failure under SQLite may take back what was acknowledged last, mark and effect together; the worker, which
// lost its connection too, is told the mark when it says hello and sends the rest again.
func (s *JournalStore) ApplyEvents(ctx context.Context, tenantID, journal string,
	events []flowhq.WorkerEvent) (acked int64, err error) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b flowhq.WorkerEvent) int { return cmp.Compare(a.Seq, b.Seq) })
	err = s.writeRelaxed(ctx, "apply events", func(t *tx) (err error) {
		acked, err = t.applyEvents(tenantID, journal, events)
		return err
	})
	if err == nil {
		return acked, nil
	}
	if !refused(ctx, err) {
		return 0, err
	}
	return s.applySingly(ctx, tenantID, journal, events)
}

// refused tells whether the database took offence at what it was given, and not at how it is doing.
func refused(ctx context.Context, err error) bool {
	_, domain := errors.AsType[*flowhq.Error](err)
	return !domain && ctx.Err() == nil
}

// applySingly applies events one by one after the batch was refused for what is in it. One that can't be applied must
// not hold up all that the worker tells after it: it is left out, with a trail in the log and on the time line.
func (s *JournalStore) applySingly(ctx context.Context, tenantID, journal string,
	events []flowhq.WorkerEvent) (acked int64, err error) {
	for _, e := range events {
		one := []flowhq.WorkerEvent{e}
		err := s.writeRelaxed(ctx, "apply event", func(t *tx) (err error) {
			acked, err = t.applyEvents(tenantID, journal, one)
			return err
		})
		if err == nil {
			continue
		}
		if !refused(ctx, err) {
			return 0, err
		}
		s.log.ErrorContext(ctx, "an event of a worker cannot be stored and is left out", "tenant", tenantID,
			"journal", journal, "seq", e.Seq, "kind", e.Kind, "error", err, "left_out_since_start", s.leftOut.Add(1))
		one[0] = flowhq.WorkerEvent{Seq: e.Seq, At: e.At, Kind: flowhq.EventNote, Note: &flowhq.TenantEventNote{
			Type: flowhq.TenantEventWorker, Detail: fmt.Sprintf(
				"an event of kind %q could not be stored and was left out", e.Kind),
		}}
		err = s.writeRelaxed(ctx, "leave event out", func(t *tx) (err error) {
			acked, err = t.applyEvents(tenantID, journal, one)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return acked, nil
}

// LeftOut tells how many events of workers could not be stored, and were left out, since the store was opened. Each is
// in the log with its error, and on the time line of its business.
func (s *JournalStore) LeftOut() int64 { return s.leftOut.Load() }

// Acked gives the high-water mark of a journal, 0 when nothing of it was seen.
func (s *JournalStore) Acked(ctx context.Context, tenantID, journal string) (int64, error) {
	acked, err := s.queries().Acked(ctx, db.AckedParams{TenantID: tenantID, Journal: journal})
	_, err = found(err)
	return acked, s.fail("read journal mark", err)
}

func (t *tx) applyEvents(tenantID, journal string, events []flowhq.WorkerEvent) (int64, error) {
	// One batch of a tenant at a time, whichever journal it is from.
	if err := t.lockName("events", tenantID); err != nil {
		return 0, err
	}
	mark, err := t.TenantMark(t.ctx, db.TenantMarkParams{TenantID: tenantID, Journal: journal})
	if err != nil {
		return 0, orNotFound(err, "Tenant")
	}
	b := newBatch(t, tenantID)
	acked := mark
	for _, e := range events {
		if e.Seq <= acked {
			continue
		}
		if err := b.add(e); err != nil {
			return 0, err
		}
		acked = e.Seq
	}
	if acked == mark {
		return mark, nil
	}
	if err := b.flush(); err != nil {
		return 0, err
	}
	return acked, t.SetAcked(t.ctx, db.SetAckedParams{TenantID: tenantID, Journal: journal, AckedSeq: acked,
		CreatedAt: t.now, UpdatedAt: t.now})
}

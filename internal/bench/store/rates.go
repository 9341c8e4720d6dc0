package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/dump"
)

// message is a customer's message of usual length.
const message = "Habari, naomba kuweka miadi ya kusuka nywele Jumamosi saa nne asubuhi, kama kuna nafasi. Asante sana."

func event(seq int64) flowhq.WorkerEvent {
	chat := fmt.Sprintf("+25571%07d", seq%200)
	return flowhq.WorkerEvent{Seq: seq, At: time.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		Direction: flowhq.DirectionIn, Chat: chat, From: chat, To: "+255700000001", Text: message,
		WAMessageID: fmt.Sprintf("3EB0%016X", seq),
		Author:      flowhq.AuthorCustomer, Kind: flowhq.KindText,
	}}
}

// rates measures rows a second through the store, and the same rows through the driver, without our code.
func (b *bench) rates(ctx context.Context, p place, r *result) error {
	dsn, err := p.fresh("rates")
	if err != nil {
		return err
	}
	s, err := open(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	var ids []string
	for n := range slicesMax(writers) {
		d, err := s.CreateTenant(ctx, flowhq.NewTenant{Name: fmt.Sprint("Duka ", n), BusinessName: "Duka"},
			flowhq.Settings{}.Normalize(), "")
		if err != nil {
			return err
		}
		ids = append(ids, d.ID)
	}
	r.single, r.grouped, r.floor = map[int]float64{}, map[int]float64{}, map[int]float64{}
	for _, n := range writers {
		say("%s: %d writers", r.engine, n)
		if r.single[n], err = b.apply(ctx, s, ids[:n], 1); err != nil {
			return err
		}
		if r.grouped[n], err = b.apply(ctx, s, ids[:n], 50); err != nil {
			return err
		}
		if r.floor[n], err = b.plain(ctx, dsn, ids[:n]); err != nil {
			return err
		}
	}
	r.ceiling, err = b.bulk(ctx, s, ids[0])
	return err
}

func slicesMax(list []int) (most int) {
	for _, n := range list {
		most = max(most, n)
	}
	return most
}

// apply has one worker a tenant tell its journal, so many events a batch.
func (b *bench) apply(ctx context.Context, s *storage.Store, ids []string, batch int) (float64, error) {
	return b.rate(ids, func(id string, more func() bool, done func(int)) error {
		journal := uuid.NewString()
		for seq := int64(1); more(); {
			events := make([]flowhq.WorkerEvent, batch)
			for i := range events {
				events[i] = event(seq)
				events[i].Message.WAMessageID = journal[:8] + events[i].Message.WAMessageID
				seq++
			}
			if _, err := s.ApplyEvents(ctx, id, journal, events); err != nil {
				return err
			}
			done(batch)
		}
		return nil
	})
}

// rate runs a writer for each tenant and counts rows a second.
func (b *bench) rate(ids []string, write func(id string, more func() bool, done func(int)) error) (float64, error) {
	var rows atomic.Int64
	var wrong atomic.Pointer[error]
	start := time.Now()
	more := func() bool { return time.Since(start) < b.span && wrong.Load() == nil }
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			if err := write(id, more, func(n int) { rows.Add(int64(n)) }); err != nil {
				wrong.Store(&err)
			}
		})
	}
	all.Wait()
	if err := wrong.Load(); err != nil {
		return 0, *err
	}
	return float64(rows.Load()) / time.Since(start).Seconds(), nil
}

const insert = `INSERT INTO message_logs (id, tenant_id, direction, from_number, to_number, message_text,
 wa_message_id, created_at, chat, author, kind)
VALUES ($1, $2, 'IN', $3, '+255700000001', $4, $5, $6, $3, 'customer', 'text')`

// plain inserts the same rows one by one, each a transaction of its own, without any of our code: through pgx's pool,
// or through modernc's driver with one connection.
func (b *bench) plain(ctx context.Context, dsn string, ids []string) (float64, error) {
	if file, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		db, err := sql.Open("sqlite", "file:"+file+
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
		if err != nil {
			return 0, err
		}
		defer func() { _ = db.Close() }()
		db.SetMaxOpenConns(1)
		return b.rate(ids, func(id string, more func() bool, done func(int)) error {
			for n := 0; more(); n++ {
				_, err := db.ExecContext(ctx, insert, uuid.Must(uuid.NewV7()).String(), id,
					fmt.Sprintf("+25571%07d", n%200), message, uuid.NewString(), time.Now().UnixMilli())
				if err != nil {
					return err
				}
				done(1)
			}
			return nil
		})
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return 0, err
	}
	cfg.MaxConns = int32(len(ids))
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	return b.rate(ids, func(id string, more func() bool, done func(int)) error {
		for n := 0; more(); n++ {
			_, err := pool.Exec(ctx, insert, uuid.Must(uuid.NewV7()).String(), id, fmt.Sprintf("+25571%07d", n%200),
				message, uuid.NewString(), time.Now().UTC())
			if err != nil {
				return err
			}
			done(1)
		}
		return nil
	})
}

// bulk is as quick as it gets: COPY in one transaction, and for SQLite inserts of many rows in one.
func (b *bench) bulk(ctx context.Context, s *storage.Store, id string) (float64, error) {
	const rows = 200_000
	start := time.Now()
	err := s.Load(ctx, func(w *dump.Writer) error {
		t := table(w.Tables, "message_logs")
		for part := range rows / 5000 {
			list := make([]dump.Row, 5000)
			for i := range list {
				list[i] = messageRow(t, id, time.Now(), part*5000+i, "bulk")
			}
			if err := w.Insert(ctx, t.Name, t.Columns, list); err != nil {
				return err
			}
		}
		return nil
	})
	return rows / time.Since(start).Seconds(), err
}

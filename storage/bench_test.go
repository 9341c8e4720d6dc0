package storage_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/pgtest"
)

func benchBoth(b *testing.B, bench func(*testing.B, *storage.Store)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			dsn := "sqlite://" + filepath.Join(b.TempDir(), "flowhq.db")
			if engine == "postgres" {
				dsn = pgtest.DSN(b)
			}
			s, err := storage.Open(context.Background(), dsn,
				storage.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { noError(b, s.Close()) })
			bench(b, s)
		})
	}
}

func benchTenant(b *testing.B, s *storage.Store, n int) string {
	d, err := s.CreateTenant(context.Background(),
		flowhq.NewTenant{Name: fmt.Sprint("Duka ", n), PhoneNumber: fmt.Sprintf("+2557%08d", n), BusinessName: "Duka"},
		flowhq.Settings{}.Normalize(), "")
	if err != nil {
		b.Fatal(err)
	}
	return d.ID
}

// exchange is what one customer's message makes: itself, five decisions, the reply.
func exchange(seq int64) []flowhq.WorkerEvent {
	id := fmt.Sprintf("3EB0%016X", seq)
	events := []flowhq.WorkerEvent{text(seq*8+1, fmt.Sprintf("+25571%07d", seq%200), id)}
	for i, step := range []string{flowhq.TraceReceived, flowhq.TraceQueued, flowhq.TraceStep, flowhq.TraceReplyID,
		flowhq.TraceSent} {
		events = append(events, trace(seq*8+2+int64(i), id, step))
	}
	return append(events, reply(seq*8+7, fmt.Sprintf("+25571%07d", seq%200), id+"R"))
}

// BenchmarkApply applies one exchange a batch (2 messages, 5 decisions), from as many workers as tenants.
func BenchmarkApply(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *storage.Store) {
		for _, perBatch := range []int64{1, 25} {
			for _, workers := range []int{1, 16} {
				b.Run(fmt.Sprintf("exchanges=%d/workers=%d", perBatch, workers), func(b *testing.B) {
					var next atomic.Int64
					b.SetParallelism(workers)
					b.RunParallel(func(pb *testing.PB) {
						n := next.Add(1)
						id := benchTenant(b, s, int(time.Now().UnixNano()%1e8+n))
						var seq int64
						for pb.Next() {
							var events []flowhq.WorkerEvent
							for range perBatch {
								seq++
								events = append(events, exchange(seq)...)
							}
							if _, err := s.ApplyEvents(context.Background(), id, "j", events); err != nil {
								b.Error(err)
								return
							}
						}
					})
					b.ReportMetric(float64(b.N)*float64(perBatch)*2/b.Elapsed().Seconds(), "messages/s")
				})
			}
		}
	})
}

// BenchmarkTenants lists 1,000 tenants with all that belongs to them, and 50 of them.
func BenchmarkTenants(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *storage.Store) {
		for n := range 1000 {
			benchTenant(b, s, n)
		}
		for _, f := range []flowhq.TenantFilter{{}, {Limit: 50}, {Query: "duka 77"}} {
			b.Run(fmt.Sprintf("limit=%d/query=%s", f.Limit, f.Query), func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Tenants(context.Background(), f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

// BenchmarkMessages reads pages of one tenant's log among 50,000 exchanges of 10 tenants.
func BenchmarkMessages(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *storage.Store) {
		var id string
		for n := range 10 {
			id = benchTenant(b, s, n)
			for part := range int64(50) {
				var events []flowhq.WorkerEvent
				for seq := range int64(100) {
					events = append(events, exchange(part*100+seq)...)
				}
				if _, err := s.ApplyEvents(context.Background(), id, "j", events); err != nil {
					b.Fatal(err)
				}
			}
		}
		for name, q := range map[string]flowhq.MessageQuery{
			"newest": {Limit: 50}, "with-trace": {Limit: 50, Trace: true}, "chat": {Limit: 50, Chat: "+255710000007"},
			"deep": {Limit: 50, Before: flowhq.Cursor{At: after(20_000), ID: "x"}},
		} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Messages(context.Background(), id, q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

// BenchmarkHeartbeats writes those of 500 workers.
func BenchmarkHeartbeats(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *storage.Store) {
		beats := make([]flowhq.Heartbeat, 500)
		for n := range beats {
			beats[n].TenantID = benchTenant(b, s, n)
		}
		now := time.Now()
		for b.Loop() {
			now = now.Add(time.Second)
			for n := range beats {
				beats[n].SeenAt, beats[n].HeardAt = now, &now
			}
			if err := s.Heartbeats(context.Background(), beats); err != nil {
				b.Fatal(err)
			}
		}
	})
}

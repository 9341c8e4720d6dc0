package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"flowhq/storage"
	"flowhq/storage/pgtest"
)

// result is what was measured on one engine.
type result struct {
	engine           string
	single, grouped  map[int]float64 // rows a second, by writers: one event a batch; 50 a batch
	floor            map[int]float64 // the same inserts one by one by the driver, without our code
	ceiling          float64         // bulk
	perMillion       int64           // bytes on disk
	board, boardFind spread          // the page of all businesses; the same with a search
	list             spread          // the API's list of 100
	log, logDeep     spread          // a business's log by the API: newest, far back
	page             spread          // a business's page
	logStore         spread          // the same 50 rows from the store itself
	backup, restore  float64         // MB of rows a second
	backupSize       int64
	removed          float64 // old rows a second
	copied           float64 // rows a second to the other engine, checked on both sides
}

// writers are how many write at once.
var writers = []int{1, 8, 64}

func (b *bench) measure(ctx context.Context) ([]result, error) {
	var out []result
	for _, engine := range []string{"postgresql", "sqlite"} {
		if !slices.Contains(strings.Split(b.engines, ","), engine) {
			continue
		}
		r, err := b.engine(ctx, engine)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", engine, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// place makes empty databases of one engine.
type place struct {
	fresh func(name string) (dsn string, err error)
	close func()
}

func (b *bench) place(engine string) (place, error) {
	if engine == "sqlite" {
		return place{
			fresh: func(name string) (string, error) { return "sqlite://" + filepath.Join(b.dir, name+".db"), nil },
			close: func() {},
		}, nil
	}
	server, err := pgtest.Durable(b.dir)
	if err != nil {
		return place{}, err
	}
	return place{fresh: server.Create, close: server.Close}, nil
}

func (b *bench) engine(ctx context.Context, engine string) (r result, err error) {
	r.engine = engine
	p, err := b.place(engine)
	if err != nil {
		return r, err
	}
	defer p.close()
	if err := b.rates(ctx, p, &r); err != nil {
		return r, err
	}
	dsn, err := p.fresh("big")
	if err != nil {
		return r, err
	}
	say("%s: filling %d rows", engine, b.rows)
	size, err := b.fill(ctx, dsn, 0, b.rows)
	if err != nil {
		return r, err
	}
	r.perMillion = size * 1_000_000 / int64(b.rows)
	say("%s: backup, restore, copy, retention", engine)
	if err := b.moves(ctx, p, dsn, &r); err != nil {
		return r, err
	}
	say("%s: filling up to %d rows", engine, b.paged)
	if _, err := b.fill(ctx, dsn, b.rows, b.paged); err != nil {
		return r, err
	}
	say("%s: pages", engine)
	return r, b.pages(ctx, dsn, &r)
}

func open(ctx context.Context, dsn string) (*storage.Store, error) {
	return storage.Open(ctx, dsn, storage.Options{Logger: slog.New(slog.DiscardHandler), MaxConns: 64})
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}

// spread is how long something took.
type spread struct{ median, p99 time.Duration }

func spreadOf(times []time.Duration) spread {
	if len(times) == 0 {
		return spread{}
	}
	slices.Sort(times)
	return spread{times[len(times)/2], times[min(len(times)-1, len(times)*99/100)]}
}

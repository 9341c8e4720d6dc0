package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
)

// moves measures what is done with a whole database.
func (b *bench) moves(ctx context.Context, p place, dsn string, r *result) error {
	file := filepath.Join(b.dir, r.engine+".backup")
	bytes, err := b.takeBackup(ctx, dsn, file, r)
	if err != nil {
		return err
	}
	fresh, err := p.fresh("restored")
	if err != nil {
		return err
	}
	if err := b.restore(ctx, fresh, file, bytes, r); err != nil {
		return err
	}
	if err := b.copy(ctx, dsn, r); err != nil {
		return err
	}
	return b.remove(ctx, fresh, r)
}

// takeBackup tells the size of the rows that a backup holds before they are compressed: the text of messages and what
// goes with them, as the database has it.
func (b *bench) takeBackup(ctx context.Context, dsn, file string, r *result) (bytes int64, err error) {
	s, err := open(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }()
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	contents, err := backup.Take(ctx, backup.Source{Store: s, Sessions: filepath.Join(b.dir, "none"), Now: time.Now}, f,
		archive.Keys{})
	if err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	took := time.Since(start)
	for _, e := range contents.Entries {
		bytes += e.Size
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	r.backup, r.backupSize = megabytes(bytes, took), info.Size()
	return bytes, nil
}

func megabytes(bytes int64, took time.Duration) float64 { return float64(bytes) / 1e6 / took.Seconds() }

func (b *bench) restore(ctx context.Context, dsn, file string, bytes int64, r *result) error {
	s, err := open(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	sessions := filepath.Join(b.dir, "sessions-"+r.engine)
	if err := os.Mkdir(sessions, 0o700); err != nil {
		return err
	}
	start := time.Now()
	_, err = backup.Restore(ctx, backup.Target{Store: s, Sessions: sessions, Now: time.Now}, backup.Wanted{},
		func(context.Context) (io.ReadCloser, error) { return os.Open(file) }, archive.Keys{})
	r.restore = megabytes(bytes, time.Since(start))
	return err
}

// copy goes to the other engine.
func (b *bench) copy(ctx context.Context, dsn string, r *result) error {
	other := "sqlite"
	if r.engine == "sqlite" {
		other = "postgresql"
	}
	p, err := b.place(other)
	if err != nil {
		return err
	}
	defer p.close()
	to, err := p.fresh("copied")
	if err != nil {
		return err
	}
	result, err := storage.Copy(ctx, dsn, to, storage.Options{Logger: slog.New(slog.DiscardHandler)}, nil)
	r.copied = float64(result.Rows) / result.Took.Seconds()
	return err
}

// remove removes old rows in the steps that the appliance does it in, without its pauses.
func (b *bench) remove(ctx context.Context, dsn string, r *result) error {
	s, err := open(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	keepings, err := s.RetentionRules(ctx, "", 1000)
	if err != nil {
		return err
	}
	rows, start := 0, time.Now()
	for _, k := range keepings {
		for time.Since(start) < 2*b.span {
			n, err := s.DeleteOld(ctx, k.TenantID, flowhq.RetainMessages, time.Now().AddDate(0, -6, 0), 500)
			rows += n
			if err != nil {
				return err
			}
			if n < 500 {
				break
			}
		}
	}
	r.removed = float64(rows) / time.Since(start).Seconds()
	return nil
}

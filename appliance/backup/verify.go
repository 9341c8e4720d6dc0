package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"flowhq"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
	"flowhq/storage/dump"
)

// Verify proves that a backup can be brought back: it reads everything, compares every checksum, restores it into a
// store of its own below the folder scratch ("": the system's for temporary files), counts what arrived, and has every
// tenant's databases looked over. Nothing stays.
func Verify(ctx context.Context, scratch string, open func(context.Context) (io.ReadCloser, error), keys archive.Keys,
	progress func(Progress)) (_ Restored, err error) {
	dir, err := os.MkdirTemp(scratch, "flowhq-verify-")
	if err != nil {
		return Restored{}, Explain(err, "verifying")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := storage.Open(ctx, "sqlite://"+filepath.Join(dir, "flowhq.db"),
		storage.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return Restored{}, Explain(err, "verifying")
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	got, err := Restore(ctx, Target{Store: store, Sessions: filepath.Join(dir, "sessions"), Now: time.Now,
		Progress: progress}, Wanted{}, open, keys)
	if err != nil {
		return Restored{}, Explain(err, "verifying")
	}
	return got, compare(ctx, store, got.Contents)
}

// compare counts the rows that arrived. What a restore makes itself is not counted.
func compare(ctx context.Context, store *storage.Store, c archive.Contents) error {
	own := ownRows(c)
	return store.Dump(ctx, func(r *dump.Reader) error {
		for _, want := range c.Tables {
			i := slices.IndexFunc(r.Tables, func(t dump.Table) bool { return t.Name == want.Name })
			if i < 0 || want.Name == "tenant_fences" {
				continue
			}
			n, err := r.Count(ctx, dump.Query{Table: r.Tables[i]})
			if err != nil {
				return err
			}
			if low := want.Rows; n < low || n > low+2*own[want.Name] {
				return &flowhq.Error{
					Code: flowhq.CodeInvalid, Message: fmt.Sprintf(
						"The backup cannot be brought back whole: of %d rows of %s, %d arrived.", want.Rows, want.Name,
						n),
				}
			}
		}
		return nil
	})
}

// ownRows says how many rows of a table a restore may make itself.
func ownRows(c archive.Contents) map[string]int64 {
	journals := int64(0)
	for _, t := range c.Tenants {
		for _, name := range t.Files {
			if name == journalFile {
				journals++
			}
		}
	}
	return map[string]int64{"tenant_events": int64(len(c.Tenants)), "journal_marks": journals}
}

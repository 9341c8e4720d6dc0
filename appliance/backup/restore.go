package backup

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
	"flowhq/storage/dump"
)

// Target is where a backup is brought back.
type Target struct {
	Store    *storage.Store
	Sessions string // SESSIONS_PATH
	Now      func() time.Time
	Progress func(Progress) // may be nil
}

// Wanted says what is brought back from a backup, and how.
type Wanted struct {
	Tenant       string // id of the one that is wanted; "": all
	AsNew        bool   // beside the one that is there, under an id of its own
	Replace      bool   // what is there may be replaced
	DatabaseOnly bool   // the folders that are there stay: they are newer, and tell the database what it lacks
}

// Restored tells what was brought back.
type Restored struct {
	Manifest archive.Manifest
	Contents archive.Contents
	Tenants  []RestoredTenant
}

// RestoredTenant is a business that was brought back.
type RestoredTenant struct {
	ID     string `json:"id"` // that it has here
	Name   string `json:"name"`
	Device bool   `json:"device"` // a linked device came along: the worker stays stopped until an admin confirms
}

// Restore brings a backup back. open is called twice: everything is read and checked once before anything is taken
// over. It can be called again after it was interrupted wherever that was. What stands in the way is CodeConflict.
func Restore(ctx context.Context, t Target, want Wanted, open func(context.Context) (io.ReadCloser, error),
	keys archive.Keys) (_ Restored, err error) {
	if t.Progress == nil {
		t.Progress = func(Progress) {}
	}
	r := &restoring{Target: t, want: want, keys: keys, folders: map[string]storage.RestoredFolder{}}
	if want.AsNew && want.DatabaseOnly {
		return Restored{}, flowhq.Errorf(flowhq.CodeInvalid,
			"A business beside its original needs its folder too: leave --database-only out.")
	}
	done, err := r.begin(ctx)
	if err != nil {
		return Restored{}, Explain(err, "the restore")
	}
	defer done()
	if err := r.check(ctx, open); err != nil {
		return Restored{}, Explain(err, "the restore")
	}
	if err := r.ready(ctx); err != nil {
		return Restored{}, Explain(err, "the restore")
	}
	if err := r.takeOver(ctx, open); err != nil {
		return Restored{}, Explain(err, "the restore")
	}
	if err := settleAll(ctx, t.Store, t.Sessions, t.Progress); err != nil {
		return Restored{}, Explain(err, "the restore")
	}
	return r.report(), nil
}

// restoring is a restore under way.
type restoring struct {
	Target
	want     Wanted
	keys     archive.Keys
	stage    string // folder in which everything waits
	as       string // id of a tenant that comes back beside its original
	manifest archive.Manifest
	contents archive.Contents
	folders  map[string]storage.RestoredFolder
}

// begin takes the folder of restores for this one and clears away what earlier ones left that came to nothing.
func (r *restoring) begin(ctx context.Context) (done func(), err error) {
	release, err := lockRestores(r.Sessions)
	if err != nil {
		return nil, err
	}
	if err := sweepStages(ctx, r.Store, r.Sessions); err != nil {
		release()
		return nil, err
	}
	r.stage = filepath.Join(r.Sessions, restoreFolder, uuid.Must(uuid.NewV7()).String())
	if err := os.MkdirAll(r.stage, 0o700); err != nil {
		release()
		return nil, err
	}
	return func() {
		// what is left is swept by the next one, or settled
		_ = sweepStages(context.WithoutCancel(ctx), r.Store, r.Sessions)
		release()
	}, nil
}

// check reads everything, and puts the wanted files aside.
func (r *restoring) check(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) error {
	from, err := open(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	r.contents, err = archive.Read(reading(ctx, Watched(from, PhaseChecking, r.Progress)), r.keys, archive.Visitor{
		Manifest: r.begun,
		File: func(tenant, name string, size int64, content io.Reader) error {
			if r.want.DatabaseOnly || r.want.Tenant != "" && tenant != r.want.Tenant {
				return nil
			}
			return r.putAside(tenant, name, content)
		},
	})
	return err
}

func (r *restoring) begun(m archive.Manifest) error {
	r.manifest = m
	if known, err := r.Store.Version(context.Background()); err != nil || m.Schema > known {
		if err != nil {
			return err
		}
		return flowhq.Errorf(flowhq.CodeConflict, "The backup is from a newer Flow HQ (%s, schema %d; this one knows "+
			"%d). Install that version, then restore.", m.Version, m.Schema, known)
	}
	switch {
	case m.Tenant == "":
	case r.want.Tenant == "":
		r.want.Tenant = m.Tenant
	case r.want.Tenant != m.Tenant:
		return flowhq.Errorf(flowhq.CodeNotFound, "The backup is of another business (%s).", m.Tenant)
	}
	if r.want.AsNew {
		if r.want.Tenant == "" {
			return flowhq.Errorf(flowhq.CodeInvalid,
				"Name the business that is to come back beside its original (--tenant).")
		}
		r.as = uuid.Must(uuid.NewV7()).String()
	}
	return nil
}

func (r *restoring) putAside(tenant, name string, content io.Reader) error {
	if name != deviceFile && name != journalFile {
		return nil
	}
	dir := filepath.Join(r.stage, r.target(tenant))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, content); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// target gives the id that a tenant of the backup has here.
func (r *restoring) target(tenant string) string {
	if r.as != "" && tenant == r.want.Tenant {
		return r.as
	}
	return tenant
}

// ready looks into what was put aside, gives the journals their new UUIDs, and makes sure that nothing is in the way.
func (r *restoring) ready(ctx context.Context) error {
	if r.want.DatabaseOnly {
		return nil
	}
	for i, t := range r.contents.Tenants {
		if r.want.Tenant != "" && t.ID != r.want.Tenant {
			continue
		}
		r.Progress(Progress{PhasePreparing, int64(i), int64(len(r.contents.Tenants)), t.Name})
		if err := r.nothingInTheWay(t); err != nil {
			return err
		}
		if len(t.Files) == 0 && !r.want.Replace {
			continue
		}
		folder, err := r.prepare(ctx, filepath.Join(r.stage, r.target(t.ID)))
		if err != nil {
			return fmt.Errorf("the files of %s: %w", t.Name, err)
		}
		folder.Staged = filepath.Base(r.stage)
		r.folders[t.ID] = folder
	}
	return syncFolder(r.stage)
}

// takeOver is the moment at which the restore happens.
func (r *restoring) takeOver(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) error {
	columns := map[string][]dump.Column{}
	for _, table := range r.contents.Tables {
		columns[table.Name] = table.Columns
		for column, labels := range table.Labels {
			if err := r.Store.AddLabels(ctx, table.Name, column, labels); err != nil {
				return err
			}
		}
	}
	from, err := open(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	total, done := r.contents.Rows(), int64(0)
	origin := flowhq.BackupOrigin{ID: r.manifest.ID, Host: r.manifest.Host, TakenAt: r.manifest.TakenAt}
	return r.Store.Restore(ctx, storage.Restore{
		Origin: origin, Tenant: r.want.Tenant, As: r.as, Replace: r.want.Replace, Folders: r.folders,
		Making: func(done, total int) { r.Progress(Progress{PhaseIndexes, int64(done), int64(total), ""}) },
		Cause: fmt.Sprintf("Restored from the backup of %s taken on %s",
			origin.TakenAt.UTC().Format("2006-01-02 15:04 UTC"), origin.Host),
	}, func(put storage.Put) error {
		again, err := parsed(ctx, from, r.keys, columns, func(table string, rows []dump.Row) error {
			r.Progress(Progress{PhaseRows, done, total, table})
			done += int64(len(rows))
			return put(table, columns[table], rows)
		})
		if err == nil && again.FinishedAt != r.contents.FinishedAt {
			err = flowhq.Errorf(flowhq.CodeConflict, "The backup was exchanged while it was read. Try again.")
		}
		return err
	})
}

// parsed reads a backup and gives its rows, parsed, while the next ones are read already.
func parsed(ctx context.Context, from io.Reader, keys archive.Keys, columns map[string][]dump.Column,
	put func(table string, rows []dump.Row) error) (archive.Contents, error) {
	type part struct {
		table string
		rows  []dump.Row
	}
	var contents archive.Contents
	ahead := make(chan part, 2)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() (err error) {
		defer close(ahead)
		contents, err = archive.Read(reading(ctx, from), keys,
			archive.Visitor{Rows: func(table string, lines [][]byte) error {
				p := part{table, make([]dump.Row, len(lines))}
				for i, line := range lines {
					if p.rows[i], err = dump.ParseRow(columns[table], line); err != nil {
						return err
					}
				}
				select {
				case ahead <- p:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}})
		return err
	})
	work.Go(func() error {
		for p := range ahead {
			if err := put(p.table, p.rows); err != nil {
				return err
			}
		}
		return nil
	})
	return contents, work.Wait()
}

func (r *restoring) report() Restored {
	out := Restored{Manifest: r.manifest, Contents: r.contents}
	for _, t := range r.contents.Tenants {
		if r.want.Tenant == "" || t.ID == r.want.Tenant {
			out.Tenants = append(out.Tenants, RestoredTenant{ID: r.target(t.ID), Name: t.Name,
				Device: r.folders[t.ID].Device != ""})
		}
	}
	return out
}

// reading ends a reader with its context.
func reading(ctx context.Context, from io.Reader) io.Reader { return ctxReader{ctx, from} }

type ctxReader struct {
	ctx  context.Context
	from io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.from.Read(p)
}

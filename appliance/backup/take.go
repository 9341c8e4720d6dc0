package backup

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"flowhq"
	"flowhq/appliance/backup/archive"
	"flowhq/storage"
	"flowhq/storage/dump"
)

// Source is what a backup is taken of.
type Source struct {
	Store    *storage.Store
	Sessions string // SESSIONS_PATH
	// Snapshot has the databases of a tenant copied into the folder to, which lies in the tenant's own; nil: CopyFolder
	// does it.
	Snapshot func(ctx context.Context, tenantID, to string) error
	Tenant   string // "": all
	Version  string // of the program
	Host     string
	Now      func() time.Time
	Progress func(Progress) // called now and then, never twice at once; may be nil
}

// Progress tells how far a backup or a restore is.
type Progress struct {
	Phase   string `json:"phase"`   // PhaseTenants, PhaseRows, …
	Done    int64  `json:"done"`    // of what the phase counts
	Total   int64  `json:"total"`   // 0: not known
	Current string `json:"current"` // what is at it: a tenant's name, a table
}

// Phases of backups and restores.
const (
	PhaseTenants   = "tenants"   // a backup copies the folders of tenants
	PhaseRows      = "rows"      // of the database, copied or brought back
	PhaseSending   = "sending"   // bytes, to the appliance that restores
	PhaseChecking  = "checking"  // bytes of a backup, read and compared
	PhasePreparing = "preparing" // folders that were in it, looked over
	PhaseIndexes   = "indexes"   // made of the rows that came back
	PhaseFolders   = "folders"   // put into their places
)

// snapshotFolder is what the folder of a tenant's copies is called while they are made; one that is left over is
// removed.
const snapshotFolder = "backup.tmp"

// notKept names tables that no backup takes: who was signed in when it was taken must not be so when it is brought
// back.
func notKept() []string { return []string{"admin_sessions"} }

// bookkeeping names tables of the database that are nobody's loss: the bookkeeping of migrations, which a restore makes
// anew.
func bookkeeping() []string { return []string{"flowhq_migrations", "_prisma_migrations"} }

// Take writes a backup to to. What could not be backed up of a single tenant (a damaged journal) does not end it: it is
// in Problems. Every other error does, and what was written then is no backup.
func Take(ctx context.Context, s Source, to io.Writer, keys archive.Keys) (_ archive.Contents, err error) {
	if s.Progress == nil {
		s.Progress = func(Progress) {}
	}
	tenants, err := s.tenants(ctx)
	if err != nil {
		return archive.Contents{}, err
	}
	schema, err := s.Store.Version(ctx)
	if err != nil {
		return archive.Contents{}, err
	}
	w, err := archive.NewWriter(to, keys, archive.Manifest{
		ID: uuid.Must(uuid.NewV7()).String(), TakenAt: s.Now().UTC().Truncate(time.Second), Version: s.Version,
		Host:   s.Host,
		Engine: string(s.Store.Engine()), Schema: schema, Tenant: s.Tenant,
	})
	if err != nil {
		return archive.Contents{}, err
	}
	defer func() {
		if err != nil {
			w.Abandon()
		}
	}()
	for i, t := range tenants {
		s.Progress(Progress{PhaseTenants, int64(i), int64(len(tenants)), t.Name})
		if err := s.tenant(ctx, w, t); err != nil {
			return archive.Contents{}, err
		}
	}
	if err := s.rows(ctx, w); err != nil {
		return archive.Contents{}, err
	}
	return w.Close(s.Now().UTC().Truncate(time.Second))
}

func (s *Source) tenants(ctx context.Context) ([]flowhq.TenantDetail, error) {
	if s.Tenant == "" {
		return s.Store.Tenants(ctx, flowhq.TenantFilter{})
	}
	t, err := s.Store.Tenant(ctx, s.Tenant)
	return []flowhq.TenantDetail{t}, err
}

// tenant copies a tenant's databases, adds the copies and removes them.
func (s *Source) tenant(ctx context.Context, w *archive.Writer, t flowhq.TenantDetail) error {
	dir := filepath.Join(s.Sessions, t.ID)
	copies := filepath.Join(dir, snapshotFolder)
	if err := os.RemoveAll(copies); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(copies) }()
	w.Tenant(archive.Tenant{ID: t.ID, Name: t.Name, Number: t.PhoneNumber})
	snapshot := s.Snapshot
	if snapshot == nil {
		snapshot = func(ctx context.Context, _, to string) error { return CopyFolder(ctx, dir, to) }
	}
	err := snapshot(ctx, t.ID, copies)
	switch {
	case err == nil:
	case errors.Is(err, errDamaged):
		w.Problem("%s: a database in its folder is damaged and is not in the backup.", t.Name)
	case ctx.Err() != nil || noSpace(err):
		return err
	default:
		w.Problem("%s: its worker did not copy its databases, and they are not in the backup.", t.Name)
	}
	for _, name := range []string{deviceFile, journalFile} {
		if err := addFile(w, copies, name); err != nil {
			return err
		}
	}
	return nil
}

func addFile(w *archive.Writer, dir, name string) error {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return w.File(name, info.Size(), f)
}

// rows adds all rows of one picture of the store, or those of one tenant.
func (s *Source) rows(ctx context.Context, w *archive.Writer) error {
	return s.Store.Dump(ctx, func(r *dump.Reader) error {
		others, err := r.Others(ctx, bookkeeping()...)
		if err != nil {
			return err
		}
		w.LeftOut(others)
		total, err := s.count(ctx, r)
		if err != nil {
			return err
		}
		done := int64(0)
		for _, table := range s.wanted(r.Tables) {
			s.Progress(Progress{PhaseRows, done, total, table.Name})
			n, err := s.table(ctx, r, w, table, func(rows int64) {
				s.Progress(Progress{PhaseRows, done + rows, total, table.Name})
			})
			if err != nil {
				return err
			}
			done += n
		}
		return nil
	})
}

func (s *Source) wanted(tables []dump.Table) []dump.Table {
	return slices.DeleteFunc(slices.Clone(tables), func(t dump.Table) bool {
		return slices.Contains(notKept(), t.Name) || s.Tenant != "" && !t.OfTenants()
	})
}

func (s *Source) count(ctx context.Context, r *dump.Reader) (total int64, err error) {
	for _, table := range s.wanted(r.Tables) {
		n, err := r.Count(ctx, dump.Query{Table: table, Tenant: s.Tenant})
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// everyRows is after how many rows progress is told.
const everyRows = 10_000

func (s *Source) table(ctx context.Context, r *dump.Reader, w *archive.Writer, table dump.Table,
	told func(rows int64)) (n int64, err error) {
	labels, err := r.Labels(ctx, table.Name)
	if err != nil {
		return 0, err
	}
	out := w.Table(table, labels)
	for row, err := range r.Rows(ctx, dump.Query{Table: table, Tenant: s.Tenant}) {
		if err != nil {
			return n, err
		}
		if err := out.Row(row); err != nil {
			return n, err
		}
		if n++; n%everyRows == 0 {
			told(n)
		}
	}
	return n, out.Close()
}

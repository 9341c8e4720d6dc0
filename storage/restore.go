package storage

import (
	"context"
	"fmt"
	"slices"

	"flowhq"
	"flowhq/storage/dump"
	"flowhq/storage/internal/db"
)

// Restore says what is brought back from a backup, and how.
type Restore struct {
	Origin  flowhq.BackupOrigin
	Tenant  string // the one that is wanted; "": everything, into a store without tenants and users
	As      string // a new tenant's id that it gets, "": its own
	Replace bool   // a tenant that is there already is replaced; otherwise that is CodeConflict
	Cause   string // what the time lines say of it
	// Folders says what came along for each tenant, by its id in the backup. Tenants without an entry keep the folder that they
	// have: they get no restore hold.
	Folders map[string]RestoredFolder
	Making  func(done, total int) // told before each index that is made at the end; may be nil
}

// RestoredFolder is a tenant's files that wait to be put into place.
type RestoredFolder struct {
	Staged  string // name of the folder that they wait in
	Device  string // address of the linked device in it, so that the tenant's worker must not start by itself; "" without one
	Journal string // the journal's UUID when it was backed up, "" without a journal
	Renewed string // the UUID that it has now
	LastSeq int64  // number of its newest event
}

// Put takes rows of a table, whose values stand in the order of columns. Tables come in the order of Tables.
type Put func(table string, columns []dump.Column, rows []dump.Row) error

// Restore brings back what feed puts, in one transaction: it happens altogether or not at all. Sessions come back disconnected,
// workers stopped, each with a restore hold; who was signed in is not. What stands in the way is CodeConflict and says what.
func (s *BackupStore) Restore(ctx context.Context, r Restore, feed func(Put) error) error {
	return s.Load(ctx, func(w *dump.Writer) error {
		b := &restoring{Restore: r, s: s, ctx: ctx, w: w, now: db.At(s.now()), users: map[string]string{},
			spare: map[string]spareUser{}, labels: learned{}, found: map[string]*flowhq.RestoreHold{}}
		b.t = &tx{Queries: db.New(db.Cleaned(w.Tx)), sql: w.Tx, engine: s.engine, now: b.now, ctx: ctx}
		if err := b.makeRoom(); err != nil {
			return err
		}
		if err := feed(b.put); err != nil {
			return err
		}
		return b.finish()
	})
}

// bringing is a restore under way.
type restoring struct {
	Restore
	s       *BackupStore
	ctx     context.Context
	w       *dump.Writer
	t       *tx
	now     db.Time
	users   map[string]string    // users of the backup, by the id that they have there, with the one that they have here
	spare   map[string]spareUser // users of others in the backup
	labels  learned
	dropped *droppedIndexes                // during a whole restore
	found   map[string]*flowhq.RestoreHold // tenants that came, with what their restore holds will say
	order   []string                       // of found
}

// keptTables are those whose rows in a backup, where there are any, are of no use here.
func leftOutTables() []string { return []string{"admin_sessions", "tenant_fences"} }

// makeRoom makes sure that nothing is overwritten, unless that was wanted.
func (b *restoring) makeRoom() error {
	if b.Tenant == "" {
		return b.clear()
	}
	id := b.target(b.Tenant)
	there, err := b.t.engine.lockTenant(b.ctx, b.w.Tx, id)
	switch {
	case err != nil || !there:
		return err
	case !b.Replace:
		return flowhq.Errorf(flowhq.CodeConflict, "This business is here already. Restore it beside the one that is here (--as-new), or say that this one is to be replaced (--replace).")
	}
	return b.t.deleteTenant(id)
}

// clear makes an empty store ready. What migrations put into tables goes too: the backup has it.
func (b *restoring) clear() (err error) {
	for _, table := range []string{"tenants", "users"} {
		var n int64
		if err := b.w.Tx.QueryRowContext(b.ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return flowhq.Errorf(flowhq.CodeConflict, "There are %d %s in the database already, and a whole backup goes into an empty one alone. "+
				"Restore single businesses (--tenant), or use an empty database.", n, table)
		}
	}
	for _, table := range slices.Backward(b.w.Tables) {
		if slices.Contains(leftOutTables(), table.Name) {
			continue
		}
		if _, err := b.w.Tx.ExecContext(b.ctx, `DELETE FROM "`+table.Name+`"`); err != nil {
			return err
		}
	}
	b.dropped, err = b.s.engine.dropIndexes(b.ctx, b.s.database, b.w.Tx, b.w.Tables)
	return err
}

// put takes rows in.
func (b *restoring) put(name string, columns []dump.Column, rows []dump.Row) error {
	i := slices.IndexFunc(b.w.Tables, func(t dump.Table) bool { return t.Name == name })
	if i < 0 || slices.Contains(leftOutTables(), name) {
		return nil
	}
	p := &part{restoring: b, table: b.w.Tables[i], columns: columns}
	ready := make([]dump.Row, 0, len(rows))
	for _, row := range rows {
		wanted, err := p.prepare(row)
		if err != nil {
			return err
		}
		if wanted {
			ready = append(ready, row)
		}
	}
	kept, ready := p.onlyKnown(ready)
	if err := b.s.learn(b.ctx, b.labels, name, kept, ready); err != nil {
		return err
	}
	return b.w.Insert(b.ctx, name, kept, ready)
}

// target gives the id that a tenant of the backup has here.
func (b *restoring) target(id string) string {
	if b.As != "" && id == b.Tenant {
		return b.As
	}
	return id
}

// finish writes restore holds and what the journals are known to have told.
func (b *restoring) finish() error {
	if b.Tenant != "" && len(b.order) == 0 {
		return flowhq.Errorf(flowhq.CodeNotFound, "The backup does not hold this business. `flowhq backup list` and `flowhq backup verify` tell what is in which.")
	}
	if b.dropped != nil {
		if err := b.dropped.restore(b.ctx, b.w.Tx, b.Making); err != nil {
			return fmt.Errorf("make the indexes: %w", err)
		}
	}
	for _, id := range b.order {
		f, folder := b.found[id], b.Folders[id]
		if _, came := b.Folders[id]; came {
			if err := b.hold(b.target(id), f, folder); err != nil {
				return err
			}
		}
		payload := map[string]string{"backup": b.Origin.ID, "host": b.Origin.Host, "taken_at": b.Origin.TakenAt.UTC().Format("2006-01-02T15:04:05Z")}
		if err := b.t.addEvent(b.target(id), flowhq.TenantEventAdmin, b.Cause, payload); err != nil {
			return err
		}
	}
	return nil
}

func (b *restoring) hold(id string, f *flowhq.RestoreHold, folder RestoredFolder) error {
	f.LinkedJID = folder.Device
	err := b.t.InsertRestoreHold(b.ctx, db.InsertRestoreHoldParams{
		TenantID: id, BackupID: b.Origin.ID, BackupHost: b.Origin.Host, TakenAt: db.At(b.Origin.TakenAt), Wish: string(f.DesiredState),
		LinkedJid: f.LinkedJID, Staged: folder.Staged, CreatedAt: b.now,
	})
	if err != nil || folder.Renewed == "" {
		return err
	}
	var acked int64
	err = b.w.Tx.QueryRowContext(b.ctx, "SELECT acked_seq FROM journal_marks WHERE tenant_id = $1 AND journal = $2", id, folder.Journal).Scan(&acked)
	if _, err = found(err); err != nil {
		return err
	}
	// The journal is older than the store: what it has not told yet begins after the lower of the two.
	return b.t.SetAcked(b.ctx, db.SetAckedParams{
		TenantID: id, Journal: folder.Renewed, AckedSeq: min(acked, folder.LastSeq), CreatedAt: b.now, UpdatedAt: b.now,
	})
}

func (b *restoring) exists(query string, args ...any) (id string, there bool, err error) {
	there, err = found(b.w.Tx.QueryRowContext(b.ctx, query, args...).Scan(&id))
	if err != nil {
		err = fmt.Errorf("look for what is here: %w", err)
	}
	return id, there, err
}

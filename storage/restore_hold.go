package storage

import (
	"context"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/storage/internal/db"
)

// RestoreHold gives a tenant's restore hold, nil when it has none.
func (s *WorkerStore) RestoreHold(ctx context.Context, tenantID string) (*flowhq.RestoreHold, error) {
	r, err := s.queries().GetRestoreHold(ctx, tenantID)
	there, err := found(err)
	if err != nil || !there {
		return nil, s.fail("read restore hold", err)
	}
	f := restoreHoldOf(r)
	return &f, nil
}

// RestoreHolds lists restore holds, oldest first: at most so many (0: all) of those after a cursor, whose zero value is the
// start. A restore hold's cursor is when it was made and its tenant.
func (s *WorkerStore) RestoreHolds(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.RestoreHold, error) {
	at, id := after(from)
	rows, err := s.queries().RestoreHolds(ctx, db.RestoreHoldsParams{AfterAt: at, AfterID: id, MaxRows: limitOrAll(most)})
	if err != nil {
		return nil, s.fail("list restore holds", err)
	}
	out := make([]flowhq.RestoreHold, len(rows))
	for i, r := range rows {
		out[i] = restoreHoldOf(r)
	}
	return out, nil
}

// SettleRestoreHold notes that the restored files of a tenant are in its folder.
func (s *WorkerStore) SettleRestoreHold(ctx context.Context, tenantID string) error {
	return s.write(ctx, "settle restore hold", func(t *tx) error { return t.Queries.SettleRestoreHold(ctx, tenantID) })
}

// ReleaseRestoreHold removes a tenant's restore hold and gives it; its worker should run again if it should when the
// backup was taken. It is CodeConflict when there is no hold, when the files are not in place yet, and when another
// tenant works with the same device, unless the device's keys were removed here.
func (s *WorkerStore) ReleaseRestoreHold(ctx context.Context, tenantID, cause string,
	deviceGone bool) (flowhq.RestoreHold, error) {
	var out flowhq.RestoreHold
	err := s.write(ctx, "release restore hold", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		r, err := t.GetRestoreHold(ctx, tenantID)
		there, err := found(err)
		if err != nil {
			return err
		}
		if out = restoreHoldOf(r); !there {
			return flowhq.Fail(flowhq.CodeConflict, key.RestoreNotHeld)
		}
		if out.Staged != "" {
			return flowhq.Fail(flowhq.CodeConflict, key.RestoreNotInPlace)
		}
		if !deviceGone {
			if err := t.onlyHere(out); err != nil {
				return err
			}
		}
		if err := t.DeleteRestoreHold(ctx, tenantID); err != nil {
			return err
		}
		if out.DesiredState == flowhq.DesiredRunning {
			if err := t.setDesired(tenantID, flowhq.DesiredRunning); err != nil {
				return err
			}
		}
		return t.addEvent(tenantID, flowhq.TenantEventAdmin, cause, nil)
	})
	return out, err
}

// onlyHere refuses a device that another tenant of this store is at work with.
func (t *tx) onlyHere(f flowhq.RestoreHold) error {
	if f.LinkedJID == "" {
		return nil
	}
	names, err := t.LinkedElsewhere(t.ctx, db.LinkedElsewhereParams{LinkedJid: db.Text(f.LinkedJID),
		TenantID: f.TenantID})
	if err != nil || len(names) == 0 {
		return err
	}
	return flowhq.Fail(flowhq.CodeConflict, key.RestoreDeviceInUse, "name", names[0])
}

func restoreHoldOf(r db.TenantFence) flowhq.RestoreHold {
	return flowhq.RestoreHold{
		TenantID: r.TenantID, Origin: flowhq.BackupOrigin{ID: r.BackupID, Host: r.BackupHost, TakenAt: r.TakenAt.Time},
		DesiredState: flowhq.DesiredState(r.Wish), LinkedJID: r.LinkedJid, Staged: r.Staged,
		CreatedAt: r.CreatedAt.Time,
	}
}

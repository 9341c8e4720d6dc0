package storage

import (
	"context"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/storage/internal/db"
)

// RestoreHold gives a tenant's fence, nil when it has none.
func (s *WorkerStore) RestoreHold(ctx context.Context, tenantID string) (*flowhq.RestoreHold, error) {
	r, err := s.queries().GetFence(ctx, tenantID)
	there, err := found(err)
	if err != nil || !there {
		return nil, s.fail("read fence", err)
	}
	f := fenceOf(r)
	return &f, nil
}

// RestoreHolds lists fences, the oldest first: those after a place, the zero one being the start, at most so many, 0
// being all. A fence's place is when it was made and its tenant.
func (s *WorkerStore) RestoreHolds(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.RestoreHold, error) {
	at, id := after(from)
	rows, err := s.queries().Fences(ctx, db.FencesParams{AfterAt: at, AfterID: id, MaxRows: limitOrAll(most)})
	if err != nil {
		return nil, s.fail("list fences", err)
	}
	out := make([]flowhq.RestoreHold, len(rows))
	for i, r := range rows {
		out[i] = fenceOf(r)
	}
	return out, nil
}

// SettleRestoreHold notes that the restored files of a tenant are in its folder.
func (s *WorkerStore) SettleRestoreHold(ctx context.Context, tenantID string) error {
	return s.write(ctx, "settle fence", func(t *tx) error { return t.Queries.SettleFence(ctx, tenantID) })
}

// ReleaseRestoreHold takes a tenant's fence away and gives it; the worker is wished to run again where it was when the
// backup was taken. No fence is CodeConflict, as are files that are not in place yet, and another tenant that is at
// work with the same device, unless the device's keys were removed here.
func (s *WorkerStore) ReleaseRestoreHold(ctx context.Context, tenantID, cause string,
	deviceGone bool) (flowhq.RestoreHold, error) {
	var out flowhq.RestoreHold
	err := s.write(ctx, "lift fence", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		r, err := t.GetFence(ctx, tenantID)
		there, err := found(err)
		if err != nil {
			return err
		}
		if out = fenceOf(r); !there {
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
		if err := t.DeleteFence(ctx, tenantID); err != nil {
			return err
		}
		if out.DesiredState == flowhq.DesiredRunning {
			if err := t.setWish(tenantID, flowhq.DesiredRunning); err != nil {
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

func fenceOf(r db.TenantFence) flowhq.RestoreHold {
	return flowhq.RestoreHold{
		TenantID: r.TenantID, Origin: flowhq.BackupOrigin{ID: r.BackupID, Host: r.BackupHost, TakenAt: r.TakenAt.Time},
		DesiredState: flowhq.DesiredState(r.Wish), LinkedJID: r.LinkedJid, Staged: r.Staged,
		CreatedAt: r.CreatedAt.Time,
	}
}

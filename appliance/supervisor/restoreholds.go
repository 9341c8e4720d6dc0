package supervisor

import (
	"context"

	"flowhq"
)

// RestoreHolds keeps the workers of restored tenants from running until an admin says that their device runs nowhere
// else: two on one device throw each other out.
type RestoreHolds struct {
	*core
	workers *Workers
	holds   RestoreHoldStore
	settle  func(ctx context.Context) error
}

// RestoreHolds lists the tenants whose session came back from a backup and whose worker waits until an admin says
// that the device runs nowhere else: those after a place, the oldest first, at most so many, 0 being all.
func (s *RestoreHolds) RestoreHolds(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.RestoreHold, error) {
	return s.holds.RestoreHolds(ctx, from, most)
}

// RestoreHold gives a tenant's hold, nil when it has none.
func (s *RestoreHolds) RestoreHold(ctx context.Context, id string) (*flowhq.RestoreHold, error) {
	return s.store.RestoreHold(ctx, id)
}

// ReleaseRestoreHold takes an admin's word that the device of a restored tenant runs nowhere else. Its worker runs
// again where it did when the backup was taken. No hold, or a device that another tenant here is at work with, is
// CodeConflict.
func (s *RestoreHolds) ReleaseRestoreHold(ctx context.Context, by, id string) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		if _, err := s.store.Tenant(ctx, id); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			s.log.Warn("restored files are not all in place", "error", err)
		}
		hold, err := s.holds.ReleaseRestoreHold(ctx, id, "Confirmed by "+by+": the device runs nowhere else", false)
		if err != nil {
			return err
		}
		s.log.Info("a restored tenant is released", "tenant", id, "by", by, "backup", hold.Origin.ID)
		s.announce(flowhq.ChangeTenant, id, "")
		t, err := s.store.Tenant(ctx, id)
		if err != nil || !t.ShouldRun() {
			return err
		}
		return s.workers.Start(ctx, t, "Confirmed by "+by)
	})
}

// resetBy releases a tenant whose device was removed: nothing can run twice any more.
func (s *RestoreHolds) resetBy(ctx context.Context, id, by string) error {
	hold, err := s.store.RestoreHold(ctx, id)
	if err != nil || hold == nil {
		return err
	}
	_, err = s.holds.ReleaseRestoreHold(ctx, id, "Session reset by "+by+": the restored device is gone", true)
	return err
}

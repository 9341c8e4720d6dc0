package fleet

import (
	"context"
	"time"

	"flowhq"
)

// RestoreHolds lists the tenants whose session came back from a backup and whose worker waits until an admin says that the device
// runs nowhere else: those after a place, the oldest first, at most so many, 0 being all.
func (s *Service) RestoreHolds(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.RestoreHold, error) {
	return s.store.RestoreHolds(ctx, from, most)
}

// RestoreHold gives a tenant's fence, nil when it has none.
func (s *Service) RestoreHold(ctx context.Context, id string) (*flowhq.RestoreHold, error) {
	return s.store.RestoreHold(ctx, id)
}

// ReleaseRestoreHold takes an admin's word that the device of a restored tenant runs nowhere else. Its worker runs again where it did when
// the backup was taken. No fence, or a device that another tenant here is at work with, is CodeConflict.
func (s *Service) ReleaseRestoreHold(ctx context.Context, by, id string) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		if _, err := s.store.Tenant(ctx, id); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			s.log.Warn("restored files are not all in place", "error", err)
		}
		f, err := s.store.ReleaseRestoreHold(ctx, id, "Confirmed by "+by+": the device runs nowhere else", false)
		if err != nil {
			return err
		}
		s.log.Info("a restored tenant is released", "tenant", id, "by", by, "backup", f.Origin.ID)
		s.changed(flowhq.ChangeTenant, id, "")
		t, err := s.store.Tenant(ctx, id)
		if err != nil || !wished(t) {
			return err
		}
		return s.start(ctx, t, "Confirmed by "+by)
	})
}

// unfenced refuses to start the worker of a tenant that is held back.
func (s *Service) unfenced(ctx context.Context, id string) error {
	f, err := s.store.RestoreHold(ctx, id)
	if err != nil || f == nil {
		return err
	}
	return flowhq.Errorf(flowhq.CodeConflict, "This business was restored from a backup of %s. Confirm first that its device runs nowhere else: "+
		"two on one device throw each other out.", f.Origin.TakenAt.UTC().Format("2006-01-02 15:04 UTC"))
}

// resetFence releases a tenant whose device was removed: nothing can run twice any more.
func (s *Service) resetFence(ctx context.Context, id, by string) error {
	f, err := s.store.RestoreHold(ctx, id)
	if err != nil || f == nil {
		return err
	}
	_, err = s.store.ReleaseRestoreHold(ctx, id, "Session reset by "+by+": the restored device is gone", true)
	return err
}

// connectPatience is how long a worker that has just been started may take to connect before its folder is copied without it.
const connectPatience = 10 * time.Second

// Snapshot has the databases of a tenant copied into the folder to, which must lie in the tenant's own: by its worker when it
// runs, else under the lock of its folder. No other action on the tenant comes in between.
func (s *Service) Snapshot(ctx context.Context, id, to string) error {
	return s.exclusively(ctx, id, func(ctx context.Context) error {
		for ends := s.now().Add(connectPatience); s.processes.Running(id) && !s.links.Connected(id) && s.now().Before(ends); {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
		if s.links.Connected(id) {
			err := s.links.Snapshot(ctx, id, to)
			if err == nil {
				return nil
			}
			s.log.Warn("a worker could not copy its databases; they are copied without it", "tenant", id, "error", err)
		}
		return s.copyFolder(ctx, id, to)
	})
}

// WhileStopped stops the worker of a tenant, which need not exist yet, and runs do as the only action on it; what was known of
// the tenant is forgotten afterwards, and whoever watches is told. The worker stays stopped: do decides what is wished.
func (s *Service) WhileStopped(ctx context.Context, id string, do func(context.Context) error) error {
	release, err := s.locks.acquire(ctx, id)
	if err != nil {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "Something else is being done with this tenant. Try again.", Cause: err}
	}
	defer release()
	_, err = s.store.Tenant(ctx, id)
	switch flowhq.CodeOf(err) {
	case "":
		if err := s.halt(ctx, id); err != nil {
			return err
		}
	case flowhq.CodeNotFound:
	default:
		return err
	}
	if err := do(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.workers, id)
	delete(s.beats, id)
	s.mu.Unlock()
	s.changed(flowhq.ChangeTenant, id, "")
	return nil
}

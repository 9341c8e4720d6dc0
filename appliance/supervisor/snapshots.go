package supervisor

import (
	"context"
	"time"

	"flowhq"
	"flowhq/locale/key"
)

// Snapshots copies the databases of tenants, and stops workers while their data is replaced.
type Snapshots struct {
	*core
	workers    *Workers
	copyFolder func(ctx context.Context, tenantID, to string) error
}

// connectPatience is how long a worker that has just been started may take to connect before its folder is copied
// without it.
const connectPatience = 10 * time.Second

// Snapshot has the databases of a tenant copied into the folder to, which must lie in the tenant's own: by its worker
// when it runs, else under the lock of its folder. No other action on the tenant comes in between.
func (s *Snapshots) Snapshot(ctx context.Context, id, to string) error {
	return s.Exclusively(ctx, id, func(ctx context.Context) error {
		for ends := s.now().Add(connectPatience); s.processes.Running(id) && !s.links.Connected(id) &&
			s.now().Before(ends); {
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

// WhileStopped stops the worker of a tenant, which need not exist yet, and runs do as the only action on it; what was
// known of the tenant is forgotten afterwards, and whoever watches is told. The worker stays stopped: do decides what
// is wished.
func (s *Snapshots) WhileStopped(ctx context.Context, id string, do func(context.Context) error) error {
	release, err := s.locks.acquire(ctx, id)
	if err != nil {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.RefusalTenantBusy), Cause: err}
	}
	defer release()
	_, err = s.store.Tenant(ctx, id)
	switch flowhq.CodeOf(err) {
	case "":
		if err := s.workers.Halt(ctx, id); err != nil {
			return err
		}
	case flowhq.CodeNotFound:
	default:
		return err
	}
	if err := do(ctx); err != nil {
		return err
	}
	s.drop(id)
	s.announce(flowhq.ChangeTenant, id, "")
	return nil
}

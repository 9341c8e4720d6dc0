package storage

import (
	"context"
	"slices"
	"strings"

	"flowhq"
	"flowhq/storage/internal/db"
)

// SetDesired writes whether the tenant's worker should run.
func (s *WorkerStore) SetDesired(ctx context.Context, tenantID string, w flowhq.DesiredState) error {
	return s.write(ctx, "set desired state", func(t *tx) error { return t.setDesired(tenantID, w) })
}

// SetWorkerStatus writes what the tenant's worker is doing and its last error; "" clears that.
func (s *WorkerStore) SetWorkerStatus(ctx context.Context, tenantID string, status flowhq.WorkerStatus, lastError string) error {
	return s.write(ctx, "set worker status", func(t *tx) error {
		return t.onWorker(tenantID, func() (int64, error) {
			return t.Queries.SetWorkerStatus(ctx, db.SetWorkerStatusParams{
				TenantID: tenantID, Status: string(status), LastError: db.Text(lastError), UpdatedAt: t.now,
			})
		})
	})
}

// ShouldRun gives the ids of the tenants whose worker should run, oldest first: their desired state is
// running and they are not PAUSED.
func (s *WorkerStore) ShouldRun(ctx context.Context) ([]string, error) {
	ids, err := s.queries().ShouldRun(ctx)
	return ids, s.fail("list workers that should run", err)
}

// beat is a heartbeat as the engines write it.
type beat struct {
	tenantID    string
	seen, heard db.Time
}

// Heartbeats writes when workers were seen, and when WhatsApp was heard, of many tenants in one transaction. None of these
// times goes backwards. Unknown tenants are ignored.
func (s *WorkerStore) Heartbeats(ctx context.Context, beats []flowhq.Heartbeat) error {
	latest := make(map[string]beat, len(beats))
	for _, b := range beats {
		got := latest[b.TenantID]
		latest[b.TenantID] = beat{b.TenantID, later(got.seen, db.At(b.SeenAt)), later(got.heard, db.AtPtr(b.HeardAt))}
	}
	if len(latest) == 0 {
		return nil
	}
	rows := make([]beat, 0, len(latest))
	for _, b := range latest {
		rows = append(rows, b)
	}
	// In one order always, so that two writers of the same rows wait for each other and never in a circle.
	slices.SortFunc(rows, func(a, b beat) int { return strings.Compare(a.tenantID, b.tenantID) })
	return s.writeRelaxed(ctx, "write heartbeats", func(t *tx) error { return t.engine.beat(ctx, t.sql, t.now, rows) })
}

func later(a, b db.Time) db.Time {
	if b.After(a.Time) {
		return b
	}
	return a
}

func (t *tx) setDesired(tenantID string, w flowhq.DesiredState) error {
	return t.onWorker(tenantID, func() (int64, error) {
		return t.Queries.SetDesiredState(t.ctx, db.SetDesiredStateParams{TenantID: tenantID, Wish: string(w), UpdatedAt: t.now})
	})
}

// onWorker runs an update of the tenant's worker; where another program made the tenant without one, it is made first.
func (t *tx) onWorker(tenantID string, update func() (int64, error)) error {
	n, err := update()
	if err != nil || n > 0 {
		return err
	}
	if _, err := t.TenantExists(t.ctx, tenantID); err != nil {
		return orNotFound(err, "Tenant")
	}
	if err := t.ensureWorker(tenantID); err != nil {
		return err
	}
	_, err = update()
	return err
}

func (t *tx) ensureWorker(tenantID string) error {
	return t.InsertWorker(t.ctx, db.InsertWorkerParams{
		ID: newID(), TenantID: tenantID, Pm2Name: flowhq.ProcessName(tenantID), Status: string(flowhq.WorkerStopped),
		Wish: string(flowhq.DesiredStopped), CreatedAt: t.now, UpdatedAt: t.now,
	})
}

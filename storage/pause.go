package storage

import (
	"context"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// SavePause keeps why and until when a tenant is paused.
func (s *PauseStore) SavePause(ctx context.Context, p flowhq.Pause) error {
	return s.write(ctx, "save pause", func(t *tx) error {
		if err := t.lockTenant(p.TenantID); err != nil {
			return err
		}
		return t.Queries.SavePause(ctx, db.SavePauseParams{
			TenantID: p.TenantID, Reason: p.Reason, Author: p.Author, CreatedAt: t.now, UntilAt: db.AtPtr(p.Until),
		})
	})
}

// Pause gives why a tenant is paused; nil when nothing was said.
func (s *PauseStore) Pause(ctx context.Context, tenantID string) (*flowhq.Pause, error) {
	r, err := s.queries().GetPause(ctx, tenantID)
	if there, err := found(err); err != nil || !there {
		return nil, s.fail("read pause", err)
	}
	return &flowhq.Pause{
		TenantID: r.TenantID, Reason: r.Reason, Author: r.Author, CreatedAt: r.CreatedAt.Time, Until: r.UntilAt.Ptr(),
	}, nil
}

// EndPause forgets why a tenant was paused.
func (s *PauseStore) EndPause(ctx context.Context, tenantID string) error {
	return s.write(ctx, "end pause", func(t *tx) error { return t.DeletePause(ctx, tenantID) })
}

// DuePauses gives the tenants whose pause ends at or before now.
func (s *PauseStore) DuePauses(ctx context.Context, now time.Time) ([]string, error) {
	ids, err := s.queries().DuePauses(ctx, db.At(now))
	return ids, s.fail("list pauses", err)
}

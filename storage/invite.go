package storage

import (
	"context"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// inviteKept is how long an expired link is still listed.
const inviteKept = 30 * 24 * time.Hour

// CreateInvite keeps a link for an owner by the SHA-256 of its token, and drops those of the tenant that expired long
// ago.
func (s *InviteStore) CreateInvite(ctx context.Context, i flowhq.LinkInvite, tokenHash []byte) (flowhq.LinkInvite,
	error) {
	err := s.write(ctx, "create link", func(t *tx) error {
		if err := t.lockTenant(i.TenantID); err != nil {
			return err
		}
		if err := t.DeleteOldInvites(ctx, db.DeleteOldInvitesParams{TenantID: i.TenantID,
			BeforeAt: db.At(t.now.Add(-inviteKept))}); err != nil {
			return err
		}
		i.ID, i.CreatedAt = newID(), t.now.Time
		return t.InsertInvite(ctx, db.InsertInviteParams{
			ID: i.ID, TenantID: i.TenantID, TokenHash: tokenHash, Author: i.Author, CreatedAt: t.now,
			ExpiresAt: db.At(i.ExpiresAt),
		})
	})
	return i, err
}

// InviteByHash finds a link whether or not it is still open; CodeNotFound "Link not found".
func (s *InviteStore) InviteByHash(ctx context.Context, tokenHash []byte) (flowhq.LinkInvite, error) {
	row, err := s.queries().InviteByHash(ctx, tokenHash)
	if err != nil {
		return flowhq.LinkInvite{}, s.fail("find link", orNotFound(err, "Link"))
	}
	return inviteOf(row), nil
}

// Invites lists a tenant's links, newest first.
func (s *InviteStore) Invites(ctx context.Context, tenantID string, p flowhq.PageQuery) ([]flowhq.LinkInvite, error) {
	at, id := before(p.Before)
	rows, err := s.queries().Invites(ctx, db.InvitesParams{TenantID: tenantID, BeforeAt: at, BeforeID: id,
		MaxRows: limitOrAll(p.Limit)})
	if err != nil {
		return nil, s.fail("list links", err)
	}
	out := make([]flowhq.LinkInvite, len(rows))
	for i, r := range rows {
		out[i] = inviteOf(r)
	}
	return out, nil
}

// RevokeInvite ends a link; once more changes nothing.
func (s *InviteStore) RevokeInvite(ctx context.Context, tenantID, id string) error {
	return s.write(ctx, "revoke link", func(t *tx) error {
		n, err := t.Queries.RevokeInvite(ctx, db.RevokeInviteParams{TenantID: tenantID, ID: id, RevokedAt: t.now})
		return oneRow(n, err, "Link")
	})
}

// InviteOpened notes when a link was first opened.
func (s *InviteStore) InviteOpened(ctx context.Context, id string) error {
	return s.writeRelaxed(ctx, "open link", func(t *tx) error {
		return t.OpenInvite(ctx, db.OpenInviteParams{ID: id, OpenedAt: t.now})
	})
}

func inviteOf(r db.LinkInvite) flowhq.LinkInvite {
	return flowhq.LinkInvite{
		ID: r.ID, TenantID: r.TenantID, Author: r.Author, CreatedAt: r.CreatedAt.Time, ExpiresAt: r.ExpiresAt.Time,
		RevokedAt: r.RevokedAt.Ptr(), OpenedAt: r.OpenedAt.Ptr(),
	}
}

package storage

import (
	"context"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// CreateAdminSession keeps a signed-in browser. An empty ID is filled in.
func (s *UserStore) CreateAdminSession(ctx context.Context, a flowhq.AdminSession) error {
	if a.ID == "" {
		a.ID = newID()
	}
	return s.write(ctx, "create admin session", func(t *tx) error {
		return t.InsertAdminSession(ctx, db.InsertAdminSessionParams{
			ID: a.ID, TokenHash: a.TokenHash, Address: a.Address, UserAgent: a.UserAgent,
			CreatedAt: db.At(a.CreatedAt), LastSeenAt: db.At(a.LastSeenAt), ExpiresAt: db.At(a.ExpiresAt),
		})
	})
}

// AdminSessionByHash finds a session by the SHA-256 of its cookie's value, whether or not it has expired.
func (s *UserStore) AdminSessionByHash(ctx context.Context, tokenHash []byte) (flowhq.AdminSession, error) {
	r, err := s.queries().AdminSessionByHash(ctx, tokenHash)
	if err != nil {
		return flowhq.AdminSession{}, s.fail("find admin session", orNotFound(err, "Session"))
	}
	return adminSessionOf(r), nil
}

// TouchAdminSession writes when the session was last seen.
func (s *UserStore) TouchAdminSession(ctx context.Context, id string, at time.Time) error {
	return s.writeRelaxed(ctx, "touch admin session", func(t *tx) error {
		n, err := t.Queries.TouchAdminSession(ctx, db.TouchAdminSessionParams{ID: id, LastSeenAt: db.At(at)})
		return oneRow(n, err, "Session")
	})
}

// DeleteAdminSession signs a browser out.
func (s *UserStore) DeleteAdminSession(ctx context.Context, id string) error {
	return s.write(ctx, "delete admin session", func(t *tx) error {
		n, err := t.Queries.DeleteAdminSession(ctx, id)
		return oneRow(n, err, "Session")
	})
}

// AdminSessions lists sessions, last seen first.
func (s *UserStore) AdminSessions(ctx context.Context, q flowhq.AdminSessionQuery) ([]flowhq.AdminSession, error) {
	at, id := before(q.Before)
	rows, err := s.queries().AdminSessions(ctx, db.AdminSessionsParams{
		BeforeAt: at, BeforeID: id, AliveAt: sinceAny(q.Alive), SeenSince: sinceAny(q.SeenSince),
		MaxRows: limitOrAll(q.Limit),
	})
	if err != nil {
		return nil, s.fail("list admin sessions", err)
	}
	out := make([]flowhq.AdminSession, len(rows))
	for i, r := range rows {
		out[i] = adminSessionOf(r)
	}
	return out, nil
}

// DeleteExpiredAdminSessions removes the sessions that expired at or before now, and tells how many they were.
func (s *UserStore) DeleteExpiredAdminSessions(ctx context.Context, now time.Time) (int, error) {
	var n int64
	err := s.write(ctx, "delete expired admin sessions", func(t *tx) (err error) {
		n, err = t.Queries.DeleteExpiredAdminSessions(ctx, db.At(now))
		return err
	})
	return int(n), err
}

// oneRow makes CodeNotFound of a change that met no row.
func oneRow(n int64, err error, what string) error {
	if err == nil && n == 0 {
		return flowhq.NotFound(what)
	}
	return err
}

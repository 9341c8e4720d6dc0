package storage

import (
	"context"
	"strings"

	"flowhq"
	"flowhq/storage/internal/db"
)

// Users lists users, newest first.
func (s *UserStore) Users(ctx context.Context, p flowhq.PageQuery) ([]flowhq.User, error) {
	at, id := before(p.Before)
	rows, err := s.queries().Users(ctx, db.UsersParams{BeforeAt: at, BeforeID: id, MaxRows: limitOrAll(p.Limit)})
	if err != nil {
		return nil, s.fail("list users", err)
	}
	out := make([]flowhq.User, len(rows))
	for i, r := range rows {
		out[i] = userOf(r)
	}
	return out, nil
}

// UserByEmail finds a user whatever the case of the address is. Where another program made several that differ in case
// alone, the one written the same is found first, then the oldest.
func (s *UserStore) UserByEmail(ctx context.Context, email string) (flowhq.User, error) {
	u, there, err := userByEmail(ctx, s.queries(), email)
	if err == nil && !there {
		err = flowhq.NotFound("User")
	}
	return u, s.fail("find user", err)
}

// CreateUser makes a user. An e-mail address that is taken, or a tenant that has a user, is CodeConflict; an unknown
// tenant CodeNotFound. The role is OWNER where none is given.
func (s *UserStore) CreateUser(ctx context.Context, u flowhq.User) (flowhq.User, error) {
	var out flowhq.User
	err := s.write(ctx, "create user", func(t *tx) (err error) {
		if err := t.lockName("email", foldEmail(u.Email)); err != nil {
			return err
		}
		if _, taken, err := userByEmail(ctx, t.Queries, u.Email); err != nil {
			return err
		} else if taken {
			return flowhq.Errorf(flowhq.CodeConflict, "A user with this e-mail address exists already.")
		}
		if u.TenantID != "" {
			if err := t.lockTenant(u.TenantID); err != nil {
				return err
			}
			if _, err := t.UserOfTenant(ctx, db.Text(u.TenantID)); err == nil {
				return flowhq.Errorf(flowhq.CodeConflict, "This tenant has a user already.")
			} else if _, err := found(err); err != nil {
				return err
			}
		}
		out, err = t.insertUser(u)
		return err
	})
	if isUnique(err) {
		// The predecessor's web app inserts users beside us and knows nothing of our locks.
		return flowhq.User{}, &flowhq.Error{Code: flowhq.CodeConflict,
			Message: "A user with this e-mail address or this tenant exists already.", Cause: err}
	}
	return out, err
}

// CreateOwner makes a tenant named name (NEW, without a number, with config, session, worker and settings) and its
// OWNER. When the e-mail address is known, it gives those there are, and created is false; a known user without a
// tenant gets one.
func (s *UserStore) CreateOwner(ctx context.Context, email, name string) (u flowhq.User, d flowhq.TenantDetail,
	created bool, err error) {
	err = s.write(ctx, "create owner", func(t *tx) (err error) {
		if err := t.lockName("email", foldEmail(email)); err != nil {
			return err
		}
		var known bool
		if u, known, err = userByEmail(ctx, t.Queries, email); err != nil {
			return err
		}
		created = !known
		if known && u.TenantID != "" {
			r, err := t.TenantDetail(ctx, u.TenantID)
			d = detailOf(r)
			return orNotFound(err, "Tenant")
		}
		d, err = t.insertTenant(flowhq.NewTenant{Name: name, BusinessName: name}, flowhq.Settings{}.Normalize(), "")
		if err != nil {
			return err
		}
		if !known {
			u, err = t.insertUser(flowhq.User{TenantID: d.ID, Name: name, Email: email, Role: flowhq.RoleOwner})
			return err
		}
		u.TenantID, u.UpdatedAt = d.ID, t.now.Time
		return t.SetUserTenant(ctx, db.SetUserTenantParams{ID: u.ID, TenantID: db.Text(d.ID), UpdatedAt: t.now})
	})
	if err != nil {
		return flowhq.User{}, flowhq.TenantDetail{}, false, err
	}
	return u, d, created, nil
}

// DeleteUser removes a user; the user's tenant stays. An unknown id is CodeNotFound, a user with setup requests
// CodeConflict.
func (s *UserStore) DeleteUser(ctx context.Context, id string) error {
	return s.write(ctx, "delete user", func(t *tx) error {
		requests, err := t.SetupRequestsOfUser(ctx, id)
		if err != nil {
			return err
		}
		if len(requests) > 0 {
			return flowhq.Errorf(flowhq.CodeConflict, "This user has setup requests; they go with their tenant.")
		}
		n, err := t.Queries.DeleteUser(ctx, id)
		if isForeignKey(err) {
			return &flowhq.Error{Code: flowhq.CodeConflict,
				Message: "Rows that another program keeps still belong to this user.", Cause: err}
		}
		return oneRow(n, err, "User")
	})
}

func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func userByEmail(ctx context.Context, q *db.Queries, email string) (u flowhq.User, there bool, err error) {
	r, err := q.UserByEmail(ctx, strings.TrimSpace(email))
	if there, err = found(err); err != nil {
		return u, false, err
	}
	if !there {
		r, err = q.UserByFoldedEmail(ctx, foldEmail(email))
		if there, err = found(err); err != nil {
			return u, false, err
		}
	}
	return userOf(r), there, nil
}

func (t *tx) insertUser(u flowhq.User) (flowhq.User, error) {
	u.ID, u.Email, u.CreatedAt, u.UpdatedAt = newID(), strings.TrimSpace(u.Email), t.now.Time, t.now.Time
	if u.Role == "" {
		u.Role = flowhq.RoleOwner
	}
	return u, t.InsertUser(t.ctx, db.InsertUserParams{
		ID: u.ID, TenantID: db.Text(u.TenantID), Name: u.Name, Email: u.Email, Phone: db.Text(u.Phone),
		Role:      string(u.Role),
		CreatedAt: t.now, UpdatedAt: t.now,
	})
}

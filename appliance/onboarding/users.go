package onboarding

import (
	"context"
	"log/slog"

	"flowhq"
	"flowhq/appliance/form"
)

// UserStore keeps the portal's users.
type UserStore interface {
	// Users lists users, newest first.
	Users(ctx context.Context, p flowhq.PageQuery) ([]flowhq.User, error)
	// UserByEmail looks up case-insensitively; CodeNotFound "User not found".
	UserByEmail(ctx context.Context, email string) (flowhq.User, error)
	// CreateUser makes a user; an e-mail that is taken, or a tenant that has one, is CodeConflict; an unknown tenant
	// CodeNotFound.
	CreateUser(ctx context.Context, u flowhq.User) (flowhq.User, error)
	// CreateOwner makes a tenant named name (NEW, empty number, with config, session, worker and settings rows) and
	// its OWNER, or gives those there are when the e-mail is known; created tells which. A known user without a
	// tenant gets one.
	CreateOwner(ctx context.Context, email, name string) (u flowhq.User, t flowhq.TenantDetail, created bool, err error)
	// DeleteUser removes a user; the user's tenant stays. An unknown id is CodeNotFound, a user with setup requests
	// CodeConflict.
	DeleteUser(ctx context.Context, id string) error
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	// LatestSetupRequest gives nil when there is none.
	LatestSetupRequest(ctx context.Context, tenantID string) (*flowhq.SetupRequest, error)
}

// Users makes, finds and removes the portal's users. It is safe for use by many goroutines.
type Users struct {
	store   UserStore
	changed func(kind flowhq.ChangeKind, tenantID, id string)
	log     *slog.Logger
}

// NewUsers makes Users; changed is told of what pages should show.
func NewUsers(store UserStore, changed func(kind flowhq.ChangeKind, tenantID, id string), log *slog.Logger) *Users {
	return &Users{store: store, changed: changed, log: log}
}

// Users lists the portal's users, newest first.
func (s *Users) Users(ctx context.Context, p flowhq.PageQuery) ([]flowhq.User, error) {
	return s.store.Users(ctx, p)
}

// UserByEmail looks a user up whatever the case of the address; CodeNotFound "User not found".
func (s *Users) UserByEmail(ctx context.Context, email string) (flowhq.User, error) {
	return s.store.UserByEmail(ctx, email)
}

// CreateUser makes a portal user; role OWNER when none is said.
func (s *Users) CreateUser(ctx context.Context, u flowhq.User) (flowhq.User, error) {
	var f form.Form
	u.Email = f.Email("email", u.Email)
	u.Name = f.Name("name", u.Name)
	if u.Phone != "" {
		u.Phone = f.Phone("phone", u.Phone)
	}
	if u.Role == "" {
		u.Role = flowhq.RoleOwner
	}
	u.Role = f.Role("role", u.Role)
	if err := f.Err(); err != nil {
		return flowhq.User{}, err
	}
	return s.store.CreateUser(ctx, u)
}

// CreateOwner makes a user's tenant and the user as its owner at the first sign-in, or gives those there are.
func (s *Users) CreateOwner(ctx context.Context, email,
	name string) (u flowhq.User, t flowhq.TenantDetail, created bool, err error) {
	var f form.Form
	email, name = f.Email("email", email), f.Name("name", name)
	if err = f.Err(); err != nil {
		return u, t, false, err
	}
	if u, t, created, err = s.store.CreateOwner(ctx, email, name); err == nil && created {
		s.changed(flowhq.ChangeTenant, t.ID, "")
	}
	return u, t, created, err
}

// Me gives a user with the tenant and its latest setup request, nil where there is none.
func (s *Users) Me(ctx context.Context, email string) (flowhq.User, *flowhq.TenantDetail, *flowhq.SetupRequest, error) {
	u, err := s.store.UserByEmail(ctx, email)
	if err != nil || u.TenantID == "" {
		return u, nil, nil, err
	}
	t, err := s.store.Tenant(ctx, u.TenantID)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound {
		return u, nil, nil, nil
	}
	if err != nil {
		return u, nil, nil, err
	}
	r, err := s.store.LatestSetupRequest(ctx, u.TenantID)
	return u, &t, r, err
}

// OwnTenant gives the tenant of a user; CodeNotFound "Tenant not found" for a user that is unknown or has none.
func (s *Users) OwnTenant(ctx context.Context, email string) (flowhq.TenantDetail, *flowhq.SetupRequest, error) {
	_, t, r, err := s.Me(ctx, email)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound || (err == nil && t == nil) {
		return flowhq.TenantDetail{}, nil, flowhq.NotFound("Tenant")
	}
	if err != nil {
		return flowhq.TenantDetail{}, nil, err
	}
	return *t, r, nil
}

// DeleteUser removes a portal user; the user's tenant stays. An unknown id is CodeNotFound, a user with setup
// requests CodeConflict.
func (s *Users) DeleteUser(ctx context.Context, by, id string) error {
	if err := s.store.DeleteUser(ctx, id); err != nil {
		return err
	}
	s.log.Info("portal user removed", "user", id, "by", by)
	return nil
}

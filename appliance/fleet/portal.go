package fleet

import (
	"context"

	"flowhq"
)

// Users lists the portal's users, newest first.
func (s *Service) Users(ctx context.Context, p flowhq.PageQuery) ([]flowhq.User, error) {
	return s.store.Users(ctx, p)
}

// UserByEmail looks a user up whatever the case of the address; CodeNotFound "User not found".
func (s *Service) UserByEmail(ctx context.Context, email string) (flowhq.User, error) {
	return s.store.UserByEmail(ctx, email)
}

// CreateUser makes a portal user; role OWNER when none is said.
func (s *Service) CreateUser(ctx context.Context, u flowhq.User) (flowhq.User, error) {
	var f form
	u.Email = f.email("email", u.Email)
	u.Name = f.name("name", u.Name)
	if u.Phone != "" {
		u.Phone = f.phone("phone", u.Phone)
	}
	if u.Role == "" {
		u.Role = flowhq.RoleOwner
	}
	u.Role = f.role("role", u.Role)
	if err := f.err(); err != nil {
		return flowhq.User{}, err
	}
	return s.store.CreateUser(ctx, u)
}

// CreateOwner makes a user's tenant and the user as its owner at the first sign-in, or gives those there are.
func (s *Service) CreateOwner(ctx context.Context, email, name string) (u flowhq.User, t flowhq.TenantDetail, created bool, err error) {
	var f form
	email, name = f.email("email", email), f.name("name", name)
	if err = f.err(); err != nil {
		return u, t, false, err
	}
	if u, t, created, err = s.store.CreateOwner(ctx, email, name); err == nil && created {
		s.changed(flowhq.ChangeTenant, t.ID, "")
	}
	return u, t, created, err
}

// Me gives a user with the tenant and its latest setup request, nil where there is none.
func (s *Service) Me(ctx context.Context, email string) (flowhq.User, *flowhq.TenantDetail, *flowhq.SetupRequest, error) {
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
func (s *Service) OwnTenant(ctx context.Context, email string) (flowhq.TenantDetail, *flowhq.SetupRequest, error) {
	_, t, r, err := s.Me(ctx, email)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound || (err == nil && t == nil) {
		return flowhq.TenantDetail{}, nil, flowhq.NotFound("Tenant")
	}
	if err != nil {
		return flowhq.TenantDetail{}, nil, err
	}
	return *t, r, nil
}

// SubmitSetupRequest takes an owner's wish to have a bot. CodeInvalid names the wrong fields as the portal does.
func (s *Service) SubmitSetupRequest(ctx context.Context, email string, in flowhq.NewSetupRequest) (flowhq.SetupRequest, error) {
	u, err := s.store.UserByEmail(ctx, email)
	if err != nil {
		return flowhq.SetupRequest{}, err
	}
	if u.TenantID == "" {
		return flowhq.SetupRequest{}, flowhq.NotFound("Tenant")
	}
	if in, err = checkSetupRequest(in); err != nil {
		return flowhq.SetupRequest{}, err
	}
	var r flowhq.SetupRequest
	err = s.exclusively(ctx, u.TenantID, func(ctx context.Context) error {
		if r, err = s.store.SubmitSetupRequest(ctx, u.ID, in); err != nil {
			return err
		}
		s.configure(ctx, u.TenantID)
		return nil
	})
	if err != nil {
		return flowhq.SetupRequest{}, err
	}
	s.changed(flowhq.ChangeSetupRequest, u.TenantID, r.ID)
	s.changed(flowhq.ChangeTenant, u.TenantID, "")
	return r, nil
}

// CanDeleteUsers tells whether DeleteUser works on this store.
func (s *Service) CanDeleteUsers() bool {
	_, ok := s.store.(UserRemover)
	return ok
}

// DeleteUser removes a portal user; the user's tenant stays.
func (s *Service) DeleteUser(ctx context.Context, by, id string) error {
	remover, ok := s.store.(UserRemover)
	if !ok {
		return flowhq.Errorf(flowhq.CodeUnavailable, "Users cannot be removed from this store.")
	}
	if err := remover.DeleteUser(ctx, id); err != nil {
		return err
	}
	s.log.Info("portal user removed", "user", id, "by", by)
	return nil
}

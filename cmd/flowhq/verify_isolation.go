package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"flowhq/appliance/localapi"
)

type userView struct {
	ID       string  `json:"id"`
	Email    string  `json:"email"`
	TenantID *string `json:"tenant_id"`
}

// isolation wants three businesses to share nothing: rows, processes, codes.
func (v *verification) isolation(ctx context.Context) (string, error) {
	pids, codes := make(map[int]string), make(map[string]string)
	for _, t := range v.tenants {
		if err := v.ownRows(ctx, t); err != nil {
			return "", err
		}
		var p struct {
			PID *int `json:"pid"`
		}
		if err := v.web.admin(ctx, http.MethodGet, "/admin/tenants/"+t.id+"/process", nil, &p,
			http.StatusOK); err != nil {
			return "", err
		}
		if p.PID != nil && *p.PID != 0 {
			if other, taken := pids[*p.PID]; taken {
				return "", fmt.Errorf("businesses %s and %s share process %d", other, t.id, *p.PID)
			}
			pids[*p.PID] = t.id
		}
		if t.code != "" {
			if other, taken := codes[t.code]; taken {
				return "", fmt.Errorf("businesses %s and %s show the same QR code", other, t.id)
			}
			codes[t.code] = t.id
		}
	}
	return fmt.Sprintf("%d businesses have rows of their own, %d processes, %d QR codes", len(v.tenants), len(pids),
		len(codes)), nil
}

// ownRows wants a business's lists to hold nobody else's rows.
func (v *verification) ownRows(ctx context.Context, t testTenant) error {
	for _, list := range []string{"/logs", "/events", "/settings/versions"} {
		var rows []struct {
			TenantID string `json:"tenant_id"`
		}
		if err := v.web.admin(ctx, http.MethodGet, "/admin/tenants/"+t.id+list, nil, &rows, http.StatusOK); err != nil {
			return err
		}
		for _, r := range rows {
			if r.TenantID != t.id {
				return fmt.Errorf("%s of business %s holds a row of %s", list, t.id, r.TenantID)
			}
		}
	}
	return nil
}

// portalIsolation wants the portal to show each user the own business alone: users made for the test, and those there
// are.
func (v *verification) portalIsolation(ctx context.Context) (string, error) {
	made, err := v.makeUsers(ctx)
	if err != nil {
		return "", err
	}
	var users []userView
	if err := v.web.admin(ctx, http.MethodGet, "/admin/users", nil, &users, http.StatusOK); err != nil {
		return "", err
	}
	compared := 0
	for _, u := range users {
		if u.TenantID == nil || *u.TenantID == "" {
			continue
		}
		if compared++; compared > 50 {
			break
		}
		if err := v.ownPortal(ctx, u); err != nil {
			return "", err
		}
	}
	if compared < 2 {
		v.warn("isolation in the portal", "there are not two portal users to compare")
	}
	return fmt.Sprintf("%d users see their own business alone, %d of them made for this check", min(compared, 50),
		made), nil
}

// makeUsers gives each test business a user, where users can be removed again.
func (v *verification) makeUsers(ctx context.Context) (int, error) {
	var s localapi.Status
	if err := v.control.call(ctx, http.MethodGet, statusPath, &s); err != nil || !s.DeletesUser {
		return 0, nil // somebody else's machine, or a store that keeps users for ever
	}
	for n, t := range v.tenants {
		var u userView
		in := map[string]string{"email": fmt.Sprintf("%s%s", t.id, testMail),
			"name": fmt.Sprintf("%s%d", testName, n+1), "tenant_id": t.id}
		if err := v.web.admin(ctx, http.MethodPost, "/admin/users", in, &u, http.StatusCreated); err != nil {
			return n, err
		}
	}
	return len(v.tenants), nil
}

func (v *verification) ownPortal(ctx context.Context, u userView) error {
	var me struct {
		User   userView `json:"user"`
		Tenant *struct {
			ID string `json:"id"`
		} `json:"tenant"`
	}
	if err := v.web.portal(ctx, u.Email, "/portal/me", &me, http.StatusOK); err != nil {
		return err
	}
	if me.User.ID != u.ID || me.Tenant == nil || me.Tenant.ID != *u.TenantID {
		return errors.New("the portal shows a user somebody else's business")
	}
	var status struct {
		Tenant struct {
			ID string `json:"id"`
		} `json:"tenant"`
	}
	if err := v.web.portal(ctx, u.Email, "/portal/tenant/current/status", &status, http.StatusOK); err != nil {
		return err
	}
	var rows []struct {
		TenantID string `json:"tenant_id"`
	}
	if err := v.web.portal(ctx, u.Email, "/portal/tenant/current/logs?limit=50", &rows, http.StatusOK); err != nil {
		return err
	}
	for _, r := range rows {
		if r.TenantID != *u.TenantID {
			return errors.New("the portal shows a user somebody else's messages")
		}
	}
	if status.Tenant.ID != *u.TenantID {
		return errors.New("the portal shows a user somebody else's status")
	}
	return nil
}

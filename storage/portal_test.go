package storage_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"flowhq"
)

func TestUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		d := h.tenant(t, "Asha", "")
		u := must(h.CreateUser(h.ctx, flowhq.User{TenantID: d.ID, Name: "Asha", Email: " Asha@Example.com ",
			Phone: "+255"}))(t)
		equal(t, "role", u.Role, flowhq.RoleOwner)
		h.clock.advance(time.Second)
		must(h.CreateUser(h.ctx, flowhq.User{Name: "Boss", Email: "boss@example.com", Role: flowhq.RoleAdmin}))(t)
		got := must(h.UserByEmail(h.ctx, "aSHA@example.COM"))(t)
		equal(t, "found", got, flowhq.User{
			ID: u.ID, TenantID: d.ID, Name: "Asha", Email: "Asha@Example.com", Phone: "+255", Role: flowhq.RoleOwner,
			CreatedAt: noon, UpdatedAt: noon,
		})
		_, err := h.UserByEmail(h.ctx, "nobody@example.com")
		refused(t, err, flowhq.CodeNotFound)
		_, err = h.CreateUser(h.ctx, flowhq.User{Name: "X", Email: "ASHA@example.com"})
		refused(t, err, flowhq.CodeConflict)
		_, err = h.CreateUser(h.ctx, flowhq.User{Name: "X", Email: "x@example.com", TenantID: d.ID})
		refused(t, err, flowhq.CodeConflict)
		sameList(t, "users", each(must(h.Users(h.ctx, flowhq.PageQuery{}))(t), func(u flowhq.User) string {
			return u.Name
		}), "Boss", "Asha")
	})
}

func TestCreateOwner(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		u, d, created, err := h.CreateOwner(h.ctx, "Asha@example.com", "Asha")
		noError(t, err)
		equal(t, "created", created, true)
		equal(t, "tenant", u.TenantID, d.ID)
		equal(t, "status", d.Status, flowhq.TenantNew)
		equal(t, "number", d.PhoneNumber, "")
		equal(t, "session and worker", d.Session != nil && d.Worker != nil && d.Config != nil, true)
		again, sameTenant, created, err := h.CreateOwner(h.ctx, "asha@EXAMPLE.com", "Other")
		noError(t, err)
		equal(t, "created again", created, false)
		equal(t, "user", again.ID, u.ID)
		equal(t, "tenant", sameTenant.ID, d.ID)

		noError(t, h.DeleteTenant(h.ctx, d.ID))
		again, d2, created, err := h.CreateOwner(h.ctx, "asha@example.com", "Asha 2")
		noError(t, err)
		equal(t, "created for a user without a tenant", created, false)
		equal(t, "user", again.ID, u.ID)
		equal(t, "new tenant", again.TenantID, d2.ID)
		equal(t, "kept", must(h.UserByEmail(h.ctx, "asha@example.com"))(t).TenantID, d2.ID)
	})
}

func TestOneOwnerAtTheSameTime(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				_, _, _, err := h.CreateOwner(h.ctx, "asha@example.com", "Asha")
				noError(t, err)
			})
		}
		wg.Wait()
		equal(t, "users", h.count(t, "SELECT count(*) FROM users"), 1)
		equal(t, "tenants", h.count(t, "SELECT count(*) FROM tenants"), 1)
	})
}

func TestSetupRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		taken := h.tenant(t, "Juma", "+255700000002")
		u, d, _, err := h.CreateOwner(h.ctx, "asha@example.com", "Asha")
		noError(t, err)
		ask := flowhq.NewSetupRequest{BusinessName: "Asha Salon", TemplateType: flowhq.TemplateSupport,
			WhatsAppNumber: "+255700000001"}
		equal(t, "latest of none", must(h.LatestSetupRequest(h.ctx, d.ID))(t), nil)

		wrong := ask
		wrong.WhatsAppNumber = taken.PhoneNumber
		_, err = h.SubmitSetupRequest(h.ctx, u.ID, wrong)
		refused(t, err, flowhq.CodeInvalid, "whatsappNumber")
		equal(t, "name after a refusal", must(h.Tenant(h.ctx, d.ID))(t).Name, "Asha")
		_, err = h.SubmitSetupRequest(h.ctx, "nobody", ask)
		refused(t, err, flowhq.CodeNotFound)

		h.clock.advance(time.Second)
		r := must(h.SubmitSetupRequest(h.ctx, u.ID, ask))(t)
		equal(t, "status", r.Status, flowhq.SetupSubmitted)
		equal(t, "latest", must(h.LatestSetupRequest(h.ctx, d.ID))(t).ID, r.ID)
		tenant := must(h.Tenant(h.ctx, d.ID))(t)
		equal(t, "name", tenant.Name, "Asha Salon")
		equal(t, "number", tenant.PhoneNumber, "+255700000001")
		equal(t, "business", tenant.Config.BusinessName, "Asha Salon")
		equal(t, "language", tenant.Config.Language, flowhq.Swahili)
		_, err = h.SubmitSetupRequest(h.ctx, u.ID, ask)
		refused(t, err, flowhq.CodeConflict)

		rev := must(h.ReviewSetupRequest(h.ctx, r.ID))(t)
		equal(t, "reviewing", rev.Status, flowhq.SetupReviewing)
		rev = must(h.ReviewSetupRequest(h.ctx, r.ID))(t)
		equal(t, "reviewing again", rev.Status, flowhq.SetupReviewing)
		equal(t, "tenant", rev.Tenant.ID, d.ID)
		equal(t, "user", rev.User.Email, "asha@example.com")

		done := must(h.DecideSetupRequest(h.ctx, r.ID, flowhq.SetupApproved, "welcome"))(t)
		equal(t, "approved", done.Status, flowhq.SetupApproved)
		equal(t, "notes", done.Notes, "welcome")
		equal(t, "tenant's status", done.Tenant.Status, flowhq.TenantQRPending)
		equal(t, "template", done.Tenant.Config.TemplateType, flowhq.TemplateSupport)
		equal(t, "desired state", done.Tenant.Worker.DesiredState, flowhq.DesiredRunning)
		_, err = h.DecideSetupRequest(h.ctx, r.ID, flowhq.SetupRejected, "")
		refused(t, err, flowhq.CodeConflict)
		_, err = h.ReviewSetupRequest(h.ctx, r.ID)
		refused(t, err, flowhq.CodeConflict)
		_, err = h.SubmitSetupRequest(h.ctx, u.ID, ask)
		refused(t, err, flowhq.CodeConflict)

		if _, _, err := h.Transition(h.ctx, d.ID, flowhq.TriggerConnected, "linked"); err != nil {
			t.Fatal(err)
		}
		equal(t, "after the device connected", must(h.SetupRequest(h.ctx, r.ID))(t).Status, flowhq.SetupActive)

		events := must(h.PortalEvents(h.ctx, d.ID, flowhq.EventQuery{}))(t)
		sameList(t, "portal events", each(events, func(e flowhq.PortalEvent) string {
			return e.Type
		}), flowhq.PortalSetupApproved, flowhq.PortalSetupSubmitted)
		var payload map[string]string
		noError(t, json.Unmarshal(events[1].Payload, &payload))
		equal(t, "template in the event", payload["templateType"], "SUPPORT")
		equal(t, "language in the event", payload["language"], "SW")
		equal(t, "business in the event", payload["businessName"], "Asha Salon")
		equal(t, "user of the event", events[1].UserID, u.ID)
	})
}

func TestRejectedSetupRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		u, d, _, err := h.CreateOwner(h.ctx, "asha@example.com", "Asha")
		noError(t, err)
		ask := flowhq.NewSetupRequest{BusinessName: "Asha", TemplateType: flowhq.TemplateBooking,
			WhatsAppNumber: "+255700000001", Language: flowhq.English}
		r := must(h.SubmitSetupRequest(h.ctx, u.ID, ask))(t)
		done := must(h.DecideSetupRequest(h.ctx, r.ID, flowhq.SetupRejected, "no such number"))(t)
		equal(t, "status", done.Status, flowhq.SetupRejected)
		equal(t, "notes", done.Notes, "no such number")
		equal(t, "tenant's status", done.Tenant.Status, flowhq.TenantNew)
		equal(t, "desired state", done.Tenant.Worker.DesiredState, flowhq.DesiredStopped)

		h.clock.advance(time.Second)
		second := must(h.SubmitSetupRequest(h.ctx, u.ID, ask))(t)
		sameList(t, "requests", each(must(h.SetupRequests(h.ctx, flowhq.SetupQuery{}))(t),
			func(r flowhq.SetupRequestDetail) string {
				return r.ID + r.Tenant.ID + r.User.ID + string(r.Tenant.Worker.DesiredState)
			}), second.ID+d.ID+u.ID+"stopped", r.ID+d.ID+u.ID+"stopped")

		must(h.DecideSetupRequest(h.ctx, second.ID, flowhq.SetupRejected, ""))(t)
		noError(t, h.SaveSession(h.ctx, d.ID, flowhq.SessionReport{Phase: flowhq.PhaseConnected,
			LinkedJID: "255:1@s.whatsapp.net"}, ""))
		_, err = h.SubmitSetupRequest(h.ctx, u.ID, ask)
		refused(t, err, flowhq.CodeConflict)
		_, err = h.SetupRequest(h.ctx, "none")
		refused(t, err, flowhq.CodeNotFound)
		_, err = h.DecideSetupRequest(h.ctx, "none", flowhq.SetupApproved, "")
		refused(t, err, flowhq.CodeNotFound)
		_, err = h.ReviewSetupRequest(h.ctx, "none")
		refused(t, err, flowhq.CodeNotFound)
	})
}

func TestDecidedOnceAtTheSameTime(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		u, d, _, err := h.CreateOwner(h.ctx, "asha@example.com", "Asha")
		noError(t, err)
		r := must(h.SubmitSetupRequest(h.ctx, u.ID,
			flowhq.NewSetupRequest{BusinessName: "Asha", TemplateType: flowhq.TemplateBooking,
				WhatsAppNumber: "+255700000001"}))(t)
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				to := flowhq.SetupApproved
				if i%2 == 0 {
					to = flowhq.SetupRejected
				}
				_, errs[i] = h.DecideSetupRequest(h.ctx, r.ID, to, "")
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			refused(t, err, flowhq.CodeConflict)
		}
		equal(t, "decisions", won, 1)
		equal(t, "portal events", len(must(h.PortalEvents(h.ctx, d.ID, flowhq.EventQuery{}))(t)), 2)
	})
}

func TestAdminSessions(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		a := flowhq.AdminSession{
			ID: "s1", TokenHash: []byte{0, 1, 2, 255}, Address: "10.0.0.1", UserAgent: "Firefox", CreatedAt: noon,
			LastSeenAt: noon, ExpiresAt: noon.Add(time.Hour),
		}
		noError(t, h.CreateAdminSession(h.ctx, a))
		noError(t, h.CreateAdminSession(h.ctx, flowhq.AdminSession{TokenHash: []byte("other"), CreatedAt: noon,
			LastSeenAt: noon, ExpiresAt: noon.Add(2 * time.Hour)}))
		got := must(h.AdminSessionByHash(h.ctx, a.TokenHash))(t)
		equal(t, "id", got.ID, "s1")
		equal(t, "hash", string(got.TokenHash), string(a.TokenHash))
		equal(t, "expires", got.ExpiresAt, a.ExpiresAt)
		equal(t, "agent", got.UserAgent, "Firefox")
		_, err := h.AdminSessionByHash(h.ctx, []byte("unknown"))
		refused(t, err, flowhq.CodeNotFound)

		noError(t, h.TouchAdminSession(h.ctx, "s1", noon.Add(time.Minute)))
		refused(t, h.TouchAdminSession(h.ctx, "none", noon), flowhq.CodeNotFound)
		all := must(h.AdminSessions(h.ctx, flowhq.AdminSessionQuery{}))(t)
		equal(t, "sessions", len(all), 2)
		equal(t, "last seen first", all[0].LastSeenAt, noon.Add(time.Minute))
		equal(t, "expired", must(h.DeleteExpiredAdminSessions(h.ctx, noon.Add(time.Hour)))(t), 1)
		equal(t, "left", len(must(h.AdminSessions(h.ctx, flowhq.AdminSessionQuery{}))(t)), 1)
		noError(t, h.DeleteAdminSession(h.ctx, all[1].ID))
		refused(t, h.DeleteAdminSession(h.ctx, all[1].ID), flowhq.CodeNotFound)
	})
}

func TestDeleteUser(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		u, d, _, err := h.CreateOwner(h.ctx, "asha@example.com", "Asha")
		noError(t, err)
		must(h.SubmitSetupRequest(h.ctx, u.ID, flowhq.NewSetupRequest{BusinessName: "Asha",
			TemplateType: flowhq.TemplateBooking, WhatsAppNumber: "+255700000001"}))(t)
		refused(t, h.DeleteUser(h.ctx, u.ID), flowhq.CodeConflict)
		equal(t, "still there", must(h.UserByEmail(h.ctx, "asha@example.com"))(t).ID, u.ID)
		noError(t, h.DeleteTenant(h.ctx, d.ID))
		noError(t, h.DeleteUser(h.ctx, u.ID))
		_, err = h.UserByEmail(h.ctx, "asha@example.com")
		refused(t, err, flowhq.CodeNotFound)
		refused(t, h.DeleteUser(h.ctx, u.ID), flowhq.CodeNotFound)

		other := must(h.CreateUser(h.ctx, flowhq.User{Name: "B", Email: "b@example.com",
			TenantID: h.tenant(t, "B", "").ID}))(t)
		noError(t, h.DeleteUser(h.ctx, other.ID))
		equal(t, "the user's tenant stays", must(h.Tenant(h.ctx, other.TenantID))(t).ID, other.TenantID)
	})
}

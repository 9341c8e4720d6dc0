package storage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"flowhq"
)

// follow reads a list part by part and gives the ids of its rows. Each part but the last must be full.
func follow[V any](t *testing.T, size int, id func(V) string, read func(last *V) []V) []string {
	t.Helper()
	var ids []string
	var last *V
	for range 100 {
		rows := read(last)
		if len(rows) > size {
			t.Fatalf("a part of %d has %d rows", size, len(rows))
		}
		for i := range rows {
			ids = append(ids, id(rows[i]))
		}
		if len(rows) < size {
			return ids
		}
		last = &rows[size-1]
	}
	t.Fatal("the list does not end")
	return nil
}

// sameParts wants a list that is read part by part to be the one that is read at once.
func sameParts(t *testing.T, what string, n int, parts, whole []string) {
	t.Helper()
	if len(whole) != n {
		t.Errorf("%d %s, want %d", len(whole), what, n)
	}
	if !slices.Equal(parts, whole) {
		t.Errorf("%s part by part:\n%v\nat once:\n%v", what, parts, whole)
	}
}

// part gives the part of a list that comes after a row, by the place that the row has.
func part[V any](last *V, limit int, place func(V) flowhq.Cursor) flowhq.PageQuery {
	p := flowhq.PageQuery{Limit: limit}
	if last != nil {
		p.Before = place(*last)
	}
	return p
}

// Rows of one moment are told apart by their ids: the clock stands still for three at a time.
func TestListsComeInParts(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		const n, size = 11, 3
		var tenants []string
		for i := range n {
			if i%3 == 0 {
				h.clock.advance(time.Second)
			}
			u, d, _, err := h.CreateOwner(h.ctx, fmt.Sprintf("owner%d@example.com", i), fmt.Sprintf("Shop %d", i))
			noError(t, err)
			r, err := h.SubmitSetupRequest(h.ctx, u.ID, flowhq.NewSetupRequest{
				BusinessName: d.Name, TemplateType: flowhq.TemplateBooking,
				WhatsAppNumber: fmt.Sprintf("+2557000001%02d", i),
			})
			noError(t, err)
			if i%2 == 0 {
				_, err = h.DecideSetupRequest(h.ctx, r.ID, flowhq.SetupRejected, "no")
				noError(t, err)
			}
			tenants = append(tenants, d.ID)
		}
		t.Run("users", func(t *testing.T) { usersInParts(t, h, n, size) })
		t.Run("setup requests", func(t *testing.T) { setupRequestsInParts(t, h, n, size) })
		t.Run("versions", func(t *testing.T) { versionsInParts(t, h, tenants[0], n, size) })
		t.Run("sessions", func(t *testing.T) { sessionsInParts(t, h, n, size) })
		t.Run("links", func(t *testing.T) { linksInParts(t, h, tenants[0], n, size) })
		t.Run("restore holds", func(t *testing.T) { restoreHoldsInParts(t, h, tenants, size) })
	})
}

func usersInParts(t *testing.T, h *harness, n, size int) {
	id := func(u flowhq.User) string { return u.ID }
	parts := follow(t, size, id, func(last *flowhq.User) []flowhq.User {
		return must(h.Users(h.ctx, part(last, size, func(u flowhq.User) flowhq.Cursor {
			return flowhq.Cursor{At: u.CreatedAt, ID: u.ID}
		})))(t)
	})
	sameParts(t, "users", n, parts, each(must(h.Users(h.ctx, flowhq.PageQuery{}))(t), id))
}

func setupRequestsInParts(t *testing.T, h *harness, n, size int) {
	type request = flowhq.SetupRequestDetail
	id := func(r request) string {
		if r.Tenant == nil || r.User == nil || r.Tenant.ID != r.TenantID || r.User.ID != r.UserID {
			t.Errorf("request %s comes without its tenant or user", r.ID)
		}
		return r.ID
	}
	place := func(r request) flowhq.Cursor { return flowhq.Cursor{At: r.CreatedAt, ID: r.ID} }
	for what, want := range map[string]struct {
		decided bool
		rows    int
	}{"requests": {false, n}, "decided requests": {true, (n + 1) / 2}} {
		parts := follow(t, size, id, func(last *request) []request {
			return must(h.SetupRequests(h.ctx, flowhq.SetupQuery{PageQuery: part(last, size, place),
				Decided: want.decided}))(t)
		})
		sameParts(t, what, want.rows, parts, each(
			must(h.SetupRequests(h.ctx, flowhq.SetupQuery{Decided: want.decided}))(t), id))
	}
	waiting := follow(t, size, id, func(last *request) []request {
		return must(h.OpenSetupRequests(h.ctx, part(last, size, place).Before, size))(t)
	})
	whole := each(must(h.OpenSetupRequests(h.ctx, flowhq.Cursor{}, 0))(t), id)
	sameParts(t, "waiting requests", n/2, waiting, whole)

	var open []string
	for _, r := range must(h.SetupRequests(h.ctx, flowhq.SetupQuery{}))(t) {
		if r.Status.Open() {
			open = append(open, r.ID)
		}
	}
	slices.Reverse(open)
	sameList(t, "waiting, the longest first", whole, open...)
}

func versionsInParts(t *testing.T, h *harness, tenant string, n, size int) {
	for len(must(h.SettingsVersions(h.ctx, tenant, flowhq.VersionQuery{}))(t)) < n-1 {
		_, err := h.SaveDraft(h.ctx, tenant, flowhq.Settings{}.Normalize(), "", "admin")
		noError(t, err)
		_, err = h.PublishDraft(h.ctx, tenant, "admin")
		noError(t, err)
	}
	_, err := h.SaveDraft(h.ctx, tenant, flowhq.Settings{}.Normalize(), "", "admin")
	noError(t, err)
	id := func(v flowhq.SettingsVersion) string { return fmt.Sprint(v.Version, v.State) }
	parts := follow(t, size, id, func(last *flowhq.SettingsVersion) []flowhq.SettingsVersion {
		q := flowhq.VersionQuery{Limit: size}
		if last != nil {
			q.Below = last.Version
		}
		return must(h.SettingsVersions(h.ctx, tenant, q))(t)
	})
	sameParts(t, "versions", n, parts, each(must(h.SettingsVersions(h.ctx, tenant, flowhq.VersionQuery{}))(t), id))
	equal(t, "the newest", parts[0], fmt.Sprint(n, flowhq.SettingsDraft))
	equal(t, "below the first", len(must(h.SettingsVersions(h.ctx, tenant, flowhq.VersionQuery{Below: 1}))(t)), 0)
	equal(t, "the draft", must(h.SettingsDraft(h.ctx, tenant))(t).Version, n)
	equal(t, "one version", must(h.SettingsVersion(h.ctx, tenant, 2))(t).State, flowhq.SettingsOld)
	_, err = h.SettingsVersion(h.ctx, tenant, n+1)
	refused(t, err, flowhq.CodeNotFound)
}

func sessionsInParts(t *testing.T, h *harness, n, size int) {
	for i := range n {
		at := noon.Add(time.Duration(i/3) * time.Minute)
		noError(t, h.CreateAdminSession(h.ctx, flowhq.AdminSession{TokenHash: []byte{1, byte(i)}, CreatedAt: noon,
			LastSeenAt: at, ExpiresAt: noon.Add(time.Hour)}))
	}
	ended := flowhq.AdminSession{TokenHash: []byte{2}, CreatedAt: noon, LastSeenAt: noon.Add(time.Minute),
		ExpiresAt: noon.Add(time.Minute)}
	unseen := flowhq.AdminSession{TokenHash: []byte{3}, CreatedAt: noon, LastSeenAt: noon.Add(-time.Minute),
		ExpiresAt: noon.Add(time.Hour)}
	noError(t, h.CreateAdminSession(h.ctx, ended))
	noError(t, h.CreateAdminSession(h.ctx, unseen))

	id := func(s flowhq.AdminSession) string { return s.ID }
	good := flowhq.AdminSessionQuery{Alive: noon.Add(time.Minute), SeenSince: noon.Add(-time.Minute)}
	parts := follow(t, size, id, func(last *flowhq.AdminSession) []flowhq.AdminSession {
		q := good
		q.PageQuery = part(last, size, func(s flowhq.AdminSession) flowhq.Cursor {
			return flowhq.Cursor{At: s.LastSeenAt, ID: s.ID}
		})
		return must(h.AdminSessions(h.ctx, q))(t)
	})
	sameParts(t, "sessions", n, parts, each(must(h.AdminSessions(h.ctx, good))(t), id))
	equal(t, "sessions that ended too", len(must(h.AdminSessions(h.ctx, flowhq.AdminSessionQuery{}))(t)), n+2)
}

func linksInParts(t *testing.T, h *harness, tenant string, n, size int) {
	for i := range n {
		if i%3 == 0 {
			h.clock.advance(time.Second)
		}
		_, err := h.CreateInvite(h.ctx, flowhq.LinkInvite{TenantID: tenant, Author: "admin",
			ExpiresAt: noon.Add(48 * time.Hour)}, []byte{byte(i)})
		noError(t, err)
	}
	id := func(i flowhq.LinkInvite) string { return i.ID }
	parts := follow(t, size, id, func(last *flowhq.LinkInvite) []flowhq.LinkInvite {
		return must(h.Invites(h.ctx, tenant, part(last, size, func(i flowhq.LinkInvite) flowhq.Cursor {
			return flowhq.Cursor{At: i.CreatedAt, ID: i.ID}
		})))(t)
	})
	sameParts(t, "links", n, parts, each(must(h.Invites(h.ctx, tenant, flowhq.PageQuery{}))(t), id))
}

func restoreHoldsInParts(t *testing.T, h *harness, tenants []string, size int) {
	db := raw(t, h.dsn)
	var at any = noon
	if h.Engine() == "sqlite" {
		at = noon.UnixMilli()
	}
	for _, tenant := range tenants { // all of one moment, as a restore of everything makes them
		_, err := db.ExecContext(h.ctx, "INSERT INTO tenant_fences (tenant_id, backup_id, taken_at, created_at) "+
			"VALUES ($1, 'b', $2, $2)", tenant, at)
		noError(t, err)
	}
	id := func(f flowhq.RestoreHold) string { return f.TenantID }
	parts := follow(t, size, id, func(last *flowhq.RestoreHold) []flowhq.RestoreHold {
		from := part(last, size, func(f flowhq.RestoreHold) flowhq.Cursor {
			return flowhq.Cursor{At: f.CreatedAt, ID: f.TenantID}
		}).Before
		return must(h.RestoreHolds(h.ctx, from, size))(t)
	})
	sameParts(t, "restore holds", len(tenants), parts, each(must(h.RestoreHolds(h.ctx, flowhq.Cursor{}, 0))(t), id))
}

package storage_test

import (
	"testing"
	"time"

	"flowhq"
)

func TestSetDesired(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		first := h.tenant(t, "First", "").ID
		h.clock.advance(time.Second)
		second, third := h.tenant(t, "Second", "").ID, h.tenant(t, "Third", "").ID
		for _, id := range []string{second, first, third} {
			noError(t, h.SetDesired(h.ctx, id, flowhq.DesiredRunning))
		}
		if _, _, err := h.Transition(h.ctx, third, flowhq.TriggerPaused, "test"); err != nil {
			t.Fatal(err)
		}
		sameList(t, "should run", must(h.ShouldRun(h.ctx))(t), first, second)
		noError(t, h.SetDesired(h.ctx, first, flowhq.DesiredStopped))
		sameList(t, "should run", must(h.ShouldRun(h.ctx))(t), second)
		equal(t, "desired state", must(h.Tenant(h.ctx, second))(t).Worker.DesiredState, flowhq.DesiredRunning)
	})
}

func TestWorkerStatus(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		noError(t, h.SetWorkerStatus(h.ctx, id, flowhq.WorkerError, "no heartbeat for 3 minutes"))
		w := must(h.Tenant(h.ctx, id))(t).Worker
		equal(t, "status", w.Status, flowhq.WorkerError)
		equal(t, "last error", w.LastError, "no heartbeat for 3 minutes")
		noError(t, h.SetWorkerStatus(h.ctx, id, flowhq.WorkerRunning, ""))
		w = must(h.Tenant(h.ctx, id))(t).Worker
		equal(t, "status", w.Status, flowhq.WorkerRunning)
		equal(t, "last error", w.LastError, "")
	})
}

// Another program may have made a tenant without the rows that belong to it.
func TestMissingRows(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		for _, table := range []string{"tenant_configs", "whatsapp_sessions", "worker_processes", "tenant_settings"} {
			h.exec(t, "DELETE FROM "+table)
		}
		d := must(h.Tenant(h.ctx, id))(t)
		if d.Config != nil || d.Session != nil || d.Worker != nil {
			t.Errorf("rows that are not there were read: %+v", d)
		}
		equal(t, "listed", len(must(h.Tenants(h.ctx, flowhq.TenantFilter{Query: "asha"}))(t)), 1)
		noError(t, h.SetDesired(h.ctx, id, flowhq.DesiredRunning))
		noError(t, h.SaveSession(h.ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseConnecting}, ""))
		must(h.UpdateTenant(h.ctx, id, flowhq.TenantPatch{Language: ptr(flowhq.English)}))(t)
		d = must(h.Tenant(h.ctx, id))(t)
		equal(t, "desired state", d.Worker.DesiredState, flowhq.DesiredRunning)
		equal(t, "phase", d.Session.Phase, flowhq.PhaseConnecting)
		equal(t, "language", d.Config.Language, flowhq.English)
		equal(t, "business", d.Config.BusinessName, "Asha")
		equal(t, "first settings", must(h.PublishedSettings(h.ctx, id))(t).Version, 1)
	})
}

func TestHeartbeats(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		a, b := h.tenant(t, "A", "").ID, h.tenant(t, "B", "").ID
		at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
		seen := func(id string) (seen, heard int) {
			t.Helper()
			s := must(h.Tenant(h.ctx, id))(t).Session
			since := func(p *time.Time) int {
				if p == nil {
					return -1
				}
				return int(p.Sub(noon) / time.Second)
			}
			return since(s.LastSeenAt), since(s.WAHeardAt)
		}
		want := func(id string, wantSeen, wantHeard int) {
			t.Helper()
			s, hd := seen(id)
			equal(t, "seen", s, wantSeen)
			equal(t, "heard", hd, wantHeard)
		}
		noError(t, h.Heartbeats(h.ctx, nil))
		noError(t, h.Heartbeats(h.ctx, []flowhq.Heartbeat{
			{TenantID: a, SeenAt: at(10)}, {TenantID: "gone", SeenAt: at(10)},
			{TenantID: b, SeenAt: at(11), HeardAt: ptr(at(9))},
		}))
		want(a, 10, -1)
		want(b, 11, 9)
		noError(t, h.Heartbeats(h.ctx, []flowhq.Heartbeat{
			{TenantID: a, SeenAt: at(20), HeardAt: ptr(at(15))}, {TenantID: b, SeenAt: at(5), HeardAt: ptr(at(4))},
			{TenantID: a, SeenAt: at(12), HeardAt: ptr(at(3))},
		}))
		want(a, 20, 15)
		want(b, 11, 9)
	})
}

func TestSession(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		save := func(r flowhq.SessionReport, qr string) *flowhq.Session {
			t.Helper()
			h.clock.advance(time.Second)
			noError(t, h.SaveSession(h.ctx, id, r, qr))
			return must(h.Tenant(h.ctx, id))(t).Session
		}
		expires := noon.Add(time.Minute)
		s := save(flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@abc", QRExpires: &expires},
			"data:image/png;base64,AAAA")
		equal(t, "state", s.State, flowhq.SessionQRReady)
		equal(t, "phase", s.Phase, flowhq.PhaseQR)
		equal(t, "qr", s.LastQR, "data:image/png;base64,AAAA")
		equal(t, "code", s.QRCode, "2@abc")
		equal(t, "expires", *s.QRExpires, expires)

		heard := noon.Add(time.Hour)
		s = save(flowhq.SessionReport{Phase: flowhq.PhaseConnected, QRCode: "old", LinkedJID: "255:1@s.whatsapp.net",
			HeardAt: &heard}, "old")
		equal(t, "state", s.State, flowhq.SessionConnected)
		equal(t, "qr while connected", s.LastQR+s.QRCode, "")
		equal(t, "linked", s.LinkedJID, "255:1@s.whatsapp.net")
		equal(t, "linked at", *s.LinkedAt, noon.Add(2*time.Second))
		s = save(flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: "255:1@s.whatsapp.net",
			HeardAt: ptr(noon)}, "")
		equal(t, "state", s.State, flowhq.SessionDisconnected)
		equal(t, "linked at, still", *s.LinkedAt, noon.Add(2*time.Second))
		equal(t, "heard, never backwards", *s.WAHeardAt, heard)
		s = save(flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255:2@s.whatsapp.net"}, "")
		equal(t, "linked at, another device", *s.LinkedAt, noon.Add(4*time.Second))
		s = save(flowhq.SessionReport{Phase: flowhq.PhaseLoggedOut}, "")
		equal(t, "linked after logout", s.LinkedJID, "")
		equal(t, "linked at after logout", s.LinkedAt, nil)
		equal(t, "seen, which is not the report's", s.LastSeenAt, nil)
	})
}

// A page shows until when and why the bot pauses; once the number is free again nothing of it is left.
func TestBlockedNumber(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		until := noon.Add(26 * time.Hour)
		session := func(p flowhq.Phase, detail string, until *time.Time) *flowhq.Session {
			t.Helper()
			noError(t, h.SaveSession(h.ctx, id, flowhq.SessionReport{Phase: p, Detail: detail, Until: until,
				LinkedJID: "255:1@s.whatsapp.net"}, ""))
			return must(h.Tenant(h.ctx, id))(t).Session
		}
		for _, p := range []flowhq.Phase{flowhq.PhaseBanned, flowhq.PhaseRestricted} {
			s := session(p, "sent to too many people", &until)
			if s.BlockedUntil == nil || !s.BlockedUntil.Equal(until) || s.BlockedCause != "sent to too many people" {
				t.Errorf("%s: blocked until %v because %q", p, s.BlockedUntil, s.BlockedCause)
			}
			if s = session(flowhq.PhaseConnected, "", nil); s.BlockedUntil != nil || s.BlockedCause != "" {
				t.Errorf("free again: blocked until %v because %q", s.BlockedUntil, s.BlockedCause)
			}
		}
		if s := session(flowhq.PhaseReconnecting, "closed", nil); s.BlockedCause != "" {
			t.Errorf("a lost connection is no block: %q", s.BlockedCause)
		}
	})
}

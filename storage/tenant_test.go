package storage_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"flowhq"
)

func TestCreateTenant(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		hours := &flowhq.Hours{Holidays: []string{"2026-12-25"}}
		hours.Days[time.Monday] = []flowhq.Span{{Open: "08:00", Close: "17:00"}}
		settings := flowhq.Settings{Contact: "+255 700", Hours: hours,
			Services: []flowhq.Item{{Name: "Kusuka", Price: 15000, Available: true}}}.Normalize()
		made, err := h.CreateTenant(h.ctx, flowhq.NewTenant{
			Name: "Asha", PhoneNumber: "+255700000001", TemplateType: flowhq.TemplateSupport,
			BusinessName: "Asha Salon", Language: flowhq.English,
		}, settings, "admin")
		if err != nil {
			t.Fatal(err)
		}
		d := must(h.Tenant(h.ctx, made.ID))(t)
		equal(t, "name", d.Name, "Asha")
		equal(t, "number", d.PhoneNumber, "+255700000001")
		equal(t, "status", d.Status, flowhq.TenantNew)
		equal(t, "created", d.CreatedAt, noon)
		equal(t, "template", d.Config.TemplateType, flowhq.TemplateSupport)
		equal(t, "business", d.Config.BusinessName, "Asha Salon")
		equal(t, "language", d.Config.Language, flowhq.English)
		equal(t, "session", d.Session.State, flowhq.SessionDisconnected)
		equal(t, "phase", d.Session.Phase, flowhq.PhaseOff)
		equal(t, "worker", d.Worker.Status, flowhq.WorkerStopped)
		equal(t, "desired state", d.Worker.DesiredState, flowhq.DesiredStopped)
		equal(t, "process", d.Worker.ProcessName, flowhq.ProcessName(d.ID))
		equal(t, "seen", d.Session.LastSeenAt, nil)
		equal(t, "given back", made.Config.ID, d.Config.ID)

		v := must(h.PublishedSettings(h.ctx, d.ID))(t)
		equal(t, "version", v.Version, 1)
		equal(t, "author", v.Author, "admin")
		equal(t, "service", v.Settings.Services[0], settings.Services[0])
		equal(t, "holiday", v.Settings.Hours.Holidays[0], "2026-12-25")
		var copied flowhq.Hours
		noError(t, json.Unmarshal(d.Config.HoursJSON, &copied))
		equal(t, "hours in the config", copied.Days[time.Monday][0].Close, "17:00")

		events := must(h.TenantEvents(h.ctx, d.ID, flowhq.EventQuery{}))(t)
		equal(t, "events", len(events), 1)
		equal(t, "event", events[0].Type, flowhq.TenantEventStatus)
	})
}

func TestNumbersAreUnique(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		asha := h.tenant(t, "Asha", "+255700000001")
		juma := h.tenant(t, "Juma", "+255700000002")
		h.tenant(t, "Nobody", "")
		h.tenant(t, "Nobody else", "")

		_, err := h.CreateTenant(h.ctx, flowhq.NewTenant{Name: "Third", PhoneNumber: "+255700000001"},
			flowhq.Settings{}, "")
		refused(t, err, flowhq.CodeInvalid, "phone_number")
		_, err = h.UpdateTenant(h.ctx, juma.ID, flowhq.TenantPatch{Name: ptr("J"), PhoneNumber: ptr("+255700000001")})
		refused(t, err, flowhq.CodeInvalid, "phone_number")
		equal(t, "name after a refused change", must(h.Tenant(h.ctx, juma.ID))(t).Name, "Juma")
		equal(t, "tenants", len(must(h.Tenants(h.ctx, flowhq.TenantFilter{}))(t)), 4)
		equal(t, "configs", h.count(t, "SELECT count(*) FROM tenant_configs"), 4)

		// A tenant's own number is no hindrance, nor is one that was given back.
		must(h.UpdateTenant(h.ctx, asha.ID, flowhq.TenantPatch{PhoneNumber: ptr("+255700000001")}))(t)
		must(h.UpdateTenant(h.ctx, asha.ID, flowhq.TenantPatch{PhoneNumber: ptr("+255700000009")}))(t)
		must(h.UpdateTenant(h.ctx, juma.ID, flowhq.TenantPatch{PhoneNumber: ptr("+255700000001")}))(t)
	})
}

func TestOneNumberAtTheSameTime(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		other := h.tenant(t, "Other", "+255700000002")
		const writers = 8
		h.meetAtStart(writers)
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				if i == 0 {
					_, errs[i] = h.UpdateTenant(h.ctx, other.ID, flowhq.TenantPatch{PhoneNumber: ptr("+255700000001")})
					return
				}
				_, errs[i] = h.CreateTenant(h.ctx, flowhq.NewTenant{Name: fmt.Sprint(i), PhoneNumber: "+255700000001"},
					flowhq.Settings{}, "")
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			refused(t, err, flowhq.CodeInvalid, "phone_number")
		}
		equal(t, "writers that got the number", won, 1)
		equal(t, "tenants with it", h.count(t, "SELECT count(*) FROM tenants WHERE phone_number = '+255700000001'"), 1)
	})
}

func TestUnknownTenant(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		const id = "no-such-tenant"
		calls := map[string]func() error{
			"Tenant": func() error { _, err := h.Tenant(h.ctx, id); return err },
			"UpdateTenant": func() error {
				_, err := h.UpdateTenant(h.ctx, id, flowhq.TenantPatch{Name: ptr("x")})
				return err
			},
			"DeleteTenant": func() error { return h.DeleteTenant(h.ctx, id) },
			"Transition": func() error {
				_, _, err := h.Transition(h.ctx, id, flowhq.TriggerPaused, "x")
				return err
			},
			"AddTenantEvent":  func() error { return h.AddTenantEvent(h.ctx, id, "X", "x", nil) },
			"TenantEvents":    func() error { _, err := h.TenantEvents(h.ctx, id, flowhq.EventQuery{}); return err },
			"PortalEvents":    func() error { _, err := h.PortalEvents(h.ctx, id, flowhq.EventQuery{}); return err },
			"SetWish":         func() error { return h.SetDesired(h.ctx, id, flowhq.DesiredRunning) },
			"SetWorkerStatus": func() error { return h.SetWorkerStatus(h.ctx, id, flowhq.WorkerError, "x") },
			"SaveSession": func() error {
				return h.SaveSession(h.ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseQR}, "x")
			},
			"ApplyEvents": func() error {
				_, err := h.ApplyEvents(h.ctx, id, "j", []flowhq.WorkerEvent{text(1, "+1", "A")})
				return err
			},
			"Messages":          func() error { _, err := h.Messages(h.ctx, id, flowhq.MessageQuery{}); return err },
			"PublishedSettings": func() error { _, err := h.PublishedSettings(h.ctx, id); return err },
			"SettingsVersions": func() error {
				_, err := h.SettingsVersions(h.ctx, id, flowhq.VersionQuery{})
				return err
			},
			"SaveDraft":    func() error { _, err := h.SaveDraft(h.ctx, id, flowhq.Settings{}, "", ""); return err },
			"PublishDraft": func() error { _, err := h.PublishDraft(h.ctx, id, ""); return err },
			"Rollback":     func() error { _, err := h.Rollback(h.ctx, id, 1, ""); return err },
			"Customers":    func() error { _, err := h.Customers(h.ctx, id, flowhq.CustomerQuery{}); return err },
			"Requests":     func() error { _, err := h.Requests(h.ctx, id, flowhq.RequestQuery{}); return err },
			"UpdateRequest": func() error {
				_, err := h.UpdateRequest(h.ctx, id, "x", flowhq.RequestPatch{})
				return err
			},
			"CreateUser": func() error {
				_, err := h.CreateUser(h.ctx, flowhq.User{TenantID: id, Email: "x@y"})
				return err
			},
		}
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				err := call()
				refused(t, err, flowhq.CodeNotFound)
				if err != nil && err.Error() != "not_found: missing.tenant" {
					t.Errorf("error is %q", err)
				}
			})
		}
	})
}

func TestListTenants(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		var ids []string
		for i := range 7 {
			d := h.tenant(t, fmt.Sprintf("Duka %d", i), fmt.Sprintf("+25570000000%d", i))
			ids = append([]string{d.ID}, ids...)
			if i%2 == 0 { // two of one moment each time
				h.clock.advance(time.Second)
			}
		}
		idOf := func(d flowhq.TenantDetail) string { return d.ID }
		all := must(h.Tenants(h.ctx, flowhq.TenantFilter{}))(t)
		sameList(t, "all, newest first", each(all, idOf), ids...)
		equal(t, "config in the list", all[0].Config.BusinessName, "Duka 6 Ltd")

		var paged []string
		var before flowhq.Cursor
		for {
			page := must(h.Tenants(h.ctx, flowhq.TenantFilter{Before: before, Limit: 2}))(t)
			if len(page) == 0 {
				break
			}
			paged = append(paged, each(page, idOf)...)
			last := page[len(page)-1]
			before = flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		}
		sameList(t, "page by page", paged, ids...)

		if _, _, err := h.Transition(h.ctx, ids[3], flowhq.TriggerPaused, "test"); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{"duka": 7, "DUKA 3": 1, "3 lt": 1, "0000004": 1, "100%": 0, "_": 0,
			"nothing": 0, "  duka  ": 7} {
			equal(t, fmt.Sprintf("tenants with %q", query),
				len(must(h.Tenants(h.ctx, flowhq.TenantFilter{Query: query}))(t)), want)
		}
		sameList(t, "paused", each(must(h.Tenants(h.ctx, flowhq.TenantFilter{Status: flowhq.TenantPaused}))(t), idOf),
			ids[3])
		equal(t, "paused by name", len(must(h.Tenants(h.ctx,
			flowhq.TenantFilter{Status: flowhq.TenantPaused, Query: "Duka 1"}))(t)), 0)
	})
}

func TestUpdateTenant(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "+255700000001").ID
		draft := must(h.SaveDraft(h.ctx, id, flowhq.Settings{Contact: "draft"}.Normalize(), "", "admin"))(t)
		h.clock.advance(time.Minute)
		d := must(h.UpdateTenant(h.ctx, id, flowhq.TenantPatch{
			Name: ptr("Zuhura"), PhoneNumber: ptr("+255700000005"), TemplateType: ptr(flowhq.TemplateBooking),
			BusinessName: ptr("Zuhura Salon"),
			Language:     ptr(flowhq.Swahili), HoursJSON: []byte(`{"mon":[{"open":"09:00","close":"10:00"}]}`),
		}))(t)
		equal(t, "name", d.Name, "Zuhura")
		equal(t, "number", d.PhoneNumber, "+255700000005")
		equal(t, "template", d.Config.TemplateType, flowhq.TemplateBooking)
		equal(t, "business", d.Config.BusinessName, "Zuhura Salon")
		equal(t, "language", d.Config.Language, flowhq.Swahili)
		equal(t, "updated", d.UpdatedAt, noon.Add(time.Minute))
		v := must(h.PublishedSettings(h.ctx, id))(t)
		equal(t, "version with the new hours", v.Version, draft.Version+1)
		equal(t, "hours in force", v.Settings.Hours.Days[time.Monday][0].Open, "09:00")
		equal(t, "versions", len(must(h.SettingsVersions(h.ctx, id, flowhq.VersionQuery{}))(t)), 3)

		d = must(h.UpdateTenant(h.ctx, id, flowhq.TenantPatch{}))(t)
		equal(t, "name after an empty change", d.Name, "Zuhura")
		_, err := h.UpdateTenant(h.ctx, id, flowhq.TenantPatch{Name: ptr("X"), HoursJSON: []byte(`{"mon":5}`)})
		refused(t, err, flowhq.CodeInvalid, "hours_json")
		d = must(h.UpdateTenant(h.ctx, id, flowhq.TenantPatch{HoursJSON: []byte("null")}))(t)
		equal(t, "name after a refused change", d.Name, "Zuhura")
		equal(t, "hours taken away", len(d.Config.HoursJSON), 0)
	})
}

func TestDeleteTenantTakesAllThatIsIts(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		stays, goes := h.tenant(t, "Stays", "+255700000001"), h.tenant(t, "Goes", "+255700000002")
		for _, d := range []flowhq.TenantDetail{stays, goes} {
			u := must(h.CreateUser(h.ctx, flowhq.User{TenantID: d.ID, Name: d.Name, Email: d.Name + "@example.com"}))(t)
			must(h.SubmitSetupRequest(h.ctx, u.ID, flowhq.NewSetupRequest{
				BusinessName: d.Name, TemplateType: flowhq.TemplateBooking, WhatsAppNumber: d.PhoneNumber,
			}))(t)
			h.apply(t, d.ID, "j-"+d.ID, text(1, "lid:7", "A"), trace(2, "A", flowhq.TraceReceived),
				request(3, "r-"+d.ID, "lid:7"), merge(4, "lid:7", "+255711"),
				note(5, "hello"))
		}
		noError(t, h.DeleteTenant(h.ctx, goes.ID))
		_, err := h.Tenant(h.ctx, goes.ID)
		refused(t, err, flowhq.CodeNotFound)
		refused(t, h.DeleteTenant(h.ctx, goes.ID), flowhq.CodeNotFound)
		for _, table := range []string{
			"tenant_configs", "whatsapp_sessions", "worker_processes", "message_logs", "setup_requests",
			"portal_event_logs", "tenant_settings",
			"journal_marks", "message_traces", "customers", "customer_merges", "customer_requests",
		} {
			equal(t, "rows of the deleted in "+table,
				h.count(t, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", goes.ID), 0)
			equal(t, "rows of the other in "+table,
				h.count(t, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", stays.ID), 1)
		}
		equal(t, "events of the deleted", h.count(t, "SELECT count(*) FROM tenant_events WHERE tenant_id = $1",
			goes.ID), 0)
		u := must(h.UserByEmail(h.ctx, "goes@example.com"))(t)
		equal(t, "tenant of the user that stays", u.TenantID, "")
	})
}

func TestTransition(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		step := func(o flowhq.StatusTrigger, from, to flowhq.TenantStatus) {
			t.Helper()
			h.clock.advance(time.Second)
			gotFrom, gotTo, err := h.Transition(h.ctx, id, o, "because of "+string(o))
			noError(t, err)
			equal(t, "from", gotFrom, from)
			equal(t, "to", gotTo, to)
			equal(t, "kept", must(h.Tenant(h.ctx, id))(t).Status, to)
		}
		step(flowhq.TriggerStartedUnlinked, flowhq.TenantNew, flowhq.TenantQRPending)
		step(flowhq.TriggerConnected, flowhq.TenantQRPending, flowhq.TenantActive)
		step(flowhq.TriggerConnected, flowhq.TenantActive, flowhq.TenantActive)
		noError(t, h.SaveSession(h.ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseConnected,
			LinkedJID: "255700000001:3@s.whatsapp.net"}, ""))
		step(flowhq.TriggerStopped, flowhq.TenantActive, flowhq.TenantActive) // linked, so it stays
		step(flowhq.TriggerPaused, flowhq.TenantActive, flowhq.TenantPaused)
		step(flowhq.TriggerFailed, flowhq.TenantPaused, flowhq.TenantPaused)
		step(flowhq.TriggerResumed, flowhq.TenantPaused, flowhq.TenantActive)
		step(flowhq.TriggerFailed, flowhq.TenantActive, flowhq.TenantError)

		events := must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{}))(t)
		details := each(events, func(e flowhq.TenantEvent) string { return e.Detail })
		sameList(t, "time line", details, "because of failed", "because of resumed", "because of paused",
			"because of connected",
			"because of started_unlinked", "created")
		var change struct{ From, To, Occurrence string }
		noError(t, json.Unmarshal(events[0].Payload, &change))
		equal(t, "change", change, struct{ From, To, Occurrence string }{"ACTIVE", "ERROR", "failed"})
	})
}

func TestTimeLine(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		for i := range 5 {
			noError(t, h.AddTenantEvent(h.ctx, id, flowhq.TenantEventAdmin, fmt.Sprint(i), json.RawMessage(`{"n":1}`)))
		}
		noError(t, h.AddTenantEvent(h.ctx, id, flowhq.TenantEventWorker, "nul \x00 and \xff",
			json.RawMessage("{\"a\":\"x\\u0000y\\ud800\"}")))
		first := must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{Limit: 3}))(t)
		detail := func(e flowhq.TenantEvent) string { return e.Detail }
		sameList(t, "newest", each(first, detail), "nul  and \uFFFD", "4", "3")
		rest := must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{
			Before: flowhq.Cursor{At: first[2].CreatedAt, ID: first[2].ID}}))(t)
		sameList(t, "the rest", each(rest, detail), "2", "1", "0", "created")
		var payload map[string]string
		noError(t, json.Unmarshal(first[0].Payload, &payload))
		equal(t, "payload", payload["a"], "xy\uFFFD")
	})
}

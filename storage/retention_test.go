package storage_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage"
)

func TestDeleteOld(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id, other := h.tenant(t, "Asha", "").ID, h.tenant(t, "Duka", "").ID
		for _, tenant := range []string{id, other} {
			h.apply(t, tenant, "j", text(1, "+1", "A"), trace(2, "A", "received"), text(3, "+1", "B"),
				text(4, "+1", "C"),
				request(5, tenant[:35]+"1", "+1"), request(6, tenant[:35]+"2", "+1"))
		}
		done := flowhq.RequestDone
		must(h.UpdateRequest(h.ctx, id, id[:35]+"1", flowhq.RequestPatch{Status: &done}))(t)

		edge := after(4) // the time of the event with this number
		count := func(kind flowhq.RetentionKind, before time.Time, most, want int) {
			t.Helper()
			equal(t, fmt.Sprintf("%s removed", kind), must(h.DeleteOld(h.ctx, id, kind, before, most))(t), want)
		}
		count(flowhq.RetainMessages, edge, 1, 1)
		count(flowhq.RetainMessages, edge, 10, 1)
		count(flowhq.RetainMessages, edge, 10, 0)
		sameList(t, "messages left", each(must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t),
			func(m flowhq.Message) string {
				return m.WAMessageID
			}), "C")
		count(flowhq.RetainTraces, edge, 10, 1)
		count(flowhq.RetainRequests, noon.AddDate(1, 0, 0), 10, 1)
		sameList(t, "requests left", each(must(h.Requests(h.ctx, id, flowhq.RequestQuery{}))(t),
			func(r flowhq.CustomerRequest) string {
				return r.ID
			}), id[:35]+"2")
		must(h.DeleteOld(h.ctx, id, flowhq.RetainEvents, noon.AddDate(1, 0, 0), 100))(t)
		equal(t, "events left", len(must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{}))(t)), 0)
		equal(t, "events of another tenant are left",
			len(must(h.TenantEvents(h.ctx, other, flowhq.EventQuery{}))(t)) > 0, true)
		equal(t, "customers left", len(must(h.Customers(h.ctx, id, flowhq.CustomerQuery{}))(t)), 1)
		equal(t, "messages of another tenant", len(must(h.Messages(h.ctx, other, flowhq.MessageQuery{}))(t)), 3)
		equal(t, "requests of another tenant", len(must(h.Requests(h.ctx, other, flowhq.RequestQuery{}))(t)), 2)
		// What a restored journal tells again is not made anew: the mark stays.
		h.apply(t, id, "j", text(1, "+1", "A"), text(7, "+1", "D"))
		equal(t, "messages after the journal told them again",
			len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t)), 2)
	})
}

func TestKeepings(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		first, second := h.tenant(t, "A", "").ID, h.tenant(t, "B", "").ID
		days := 14
		must(h.SaveDraft(h.ctx, second, flowhq.Settings{Timezone: "Africa/Kampala",
			Retention: &flowhq.RetentionOverride{Messages: &days}}.Normalize(), "", ""))(t)
		must(h.PublishDraft(h.ctx, second, ""))(t)
		all := must(h.RetentionRules(h.ctx, "", 1))(t)
		all = append(all, must(h.RetentionRules(h.ctx, all[0].TenantID, 10))(t)...)
		sameList(t, "tenants", each(all, func(k flowhq.RetentionRule) string {
			return k.TenantID + k.Location.String()
		}), first+"Africa/Dar_es_Salaam", second+"Africa/Kampala")
		equal(t, "days of one with its own", all[1].Own.Apply(flowhq.Retention{Messages: 365, Traces: 7}),
			flowhq.Retention{Messages: 14, Traces: 7})
		equal(t, "days of one without", all[0].Own.Apply(flowhq.Retention{Messages: 365}),
			flowhq.Retention{Messages: 365})
		at := noon.Add(time.Hour)
		noError(t, h.Heartbeats(h.ctx, []flowhq.Heartbeat{{TenantID: first, SeenAt: at}}))
		equal(t, "latest sign of life", must(h.LatestActivity(h.ctx))(t), at)
	})
}

// SQLite's file gets smaller when rows are gone; PostgreSQL's space can be used again.
func TestReclaim(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		long := func() string { // nothing that could be pressed small
			var b strings.Builder
			for b.Len() < 3000 {
				b.WriteString(rand.Text())
			}
			return b.String()
		}
		fill := func(journal string) {
			for part := range int64(20) {
				var events []flowhq.WorkerEvent
				for n := range int64(200) {
					e := text(part*200+n+1, "+1", fmt.Sprint(journal, part, "-", n))
					e.Message.Text = long()
					events = append(events, e)
				}
				h.apply(t, id, journal, events...)
			}
		}
		fill("first")
		size := func() int {
			if file, ok := strings.CutPrefix(h.dsn, "sqlite://"); ok {
				must(h.Reclaim(h.ctx))(t) // brings the write-ahead log home, so that the file tells all
				return int(must(os.Stat(file))(t).Size())
			}
			return h.count(t, "SELECT pg_total_relation_size('message_logs')")
		}
		full := size()
		for must(h.DeleteOld(h.ctx, id, flowhq.RetainMessages, noon.AddDate(1, 0, 0), 500))(t) > 0 {
		}
		for must(h.Reclaim(h.ctx))(t) {
		}
		if empty := size(); h.Engine() == storage.SQLite && empty > full/4 {
			t.Errorf("%d bytes of %d are still taken", empty, full)
		}
		fill("second")
		if again := size(); again > full*11/10 {
			t.Errorf("filled again it takes %d bytes, was %d", again, full)
		}
	})
}

func TestRetentionIsChecked(t *testing.T) {
	minus, long := -1, flowhq.MaxRetentionDays+1
	wrong := flowhq.Settings{Retention: &flowhq.RetentionOverride{Messages: &minus, Events: &long}}.Normalize().Check()
	sameList(t, "wrong fields", each(wrong, func(f flowhq.FieldError) string {
		return f.Field
	}), "retention.messages", "retention.events")
}

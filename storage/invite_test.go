package storage_test

import (
	"testing"
	"time"

	"flowhq"
)

func TestInvites(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		other := h.tenant(t, "Juma", "").ID
		hash := []byte("0123456789abcdef0123456789abcdef")
		made := must(h.CreateInvite(h.ctx, flowhq.LinkInvite{TenantID: id, Author: "admin",
			ExpiresAt: h.clock.Now().Add(time.Hour)}, hash))(t)
		found := must(h.InviteByHash(h.ctx, hash))(t)
		equal(t, "tenant", found.TenantID, id)
		equal(t, "open", found.Open(h.clock.Now()), true)
		equal(t, "open when it expires", found.Open(h.clock.Now().Add(time.Hour)), false)
		noError(t, h.InviteOpened(h.ctx, made.ID))
		refused(t, h.RevokeInvite(h.ctx, other, made.ID), flowhq.CodeNotFound)
		noError(t, h.RevokeInvite(h.ctx, id, made.ID))
		noError(t, h.RevokeInvite(h.ctx, id, made.ID))
		list := must(h.Invites(h.ctx, id, flowhq.PageQuery{}))(t)
		equal(t, "links", len(list), 1)
		equal(t, "open", list[0].Open(h.clock.Now()), false)
		equal(t, "opened", list[0].OpenedAt != nil, true)
		equal(t, "links of another", len(must(h.Invites(h.ctx, other, flowhq.PageQuery{}))(t)), 0)
		_, err := h.InviteByHash(h.ctx, []byte("another"))
		refused(t, err, flowhq.CodeNotFound)
	})
}

func TestPauses(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id, open := h.tenant(t, "Asha", "").ID, h.tenant(t, "Juma", "").ID
		until := h.clock.Now().Add(time.Hour)
		noError(t, h.SavePause(h.ctx, flowhq.Pause{TenantID: id, Reason: "not paid", Author: "admin"}))
		noError(t, h.SavePause(h.ctx, flowhq.Pause{TenantID: id, Reason: "not paid", Author: "admin", Until: &until}))
		noError(t, h.SavePause(h.ctx, flowhq.Pause{TenantID: open, Reason: "moves house"}))
		p := must(h.Pause(h.ctx, id))(t)
		equal(t, "reason", p.Reason, "not paid")
		equal(t, "until", p.Until.Equal(until), true)
		sameList(t, "due", must(h.DuePauses(h.ctx, until.Add(-time.Millisecond)))(t))
		sameList(t, "due", must(h.DuePauses(h.ctx, until))(t), id)
		noError(t, h.EndPause(h.ctx, id))
		noError(t, h.EndPause(h.ctx, id))
		equal(t, "pause", must(h.Pause(h.ctx, id))(t) == nil, true)
		refused(t, h.SavePause(h.ctx, flowhq.Pause{TenantID: "nobody"}), flowhq.CodeNotFound)
	})
}

func TestChatsLabelsAndHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		first, second := text(1, "+1", "M1"), text(2, "+1", "M2")
		first.At, second.At = after(1), after(2)
		other := text(3, "+2", "M3")
		other.At = after(3)
		stop := flowhq.WorkerEvent{Seq: 5, At: after(4), Kind: flowhq.EventChat,
			Chat: &flowhq.ChatEvent{Chat: "+2", OptedOut: true}}
		asked := request(4, "r1", "+1")
		asked.At = after(2)
		h.apply(t, id, "j", first, second, other, asked, stop)
		chats := must(h.Chats(h.ctx, id, flowhq.CustomerQuery{}))(t)
		sameList(t, "chats", each(chats, func(c flowhq.ChatSummary) string {
			return c.Chat + " " + c.Last.WAMessageID
		}), "+2 M3", "+1 M2")
		out := must(h.Customers(h.ctx, id, flowhq.CustomerQuery{OptedOut: true}))(t)
		sameList(t, "opted out", each(out, func(c flowhq.Customer) string { return c.Chat }), "+2")

		noError(t, h.SetLabels(h.ctx, id, "+1", []string{"VIP", "wholesale"}))
		sameList(t, "labels", must(h.Customer(h.ctx, id, "+1"))(t).Labels, "VIP", "wholesale")
		refused(t, h.SetLabels(h.ctx, id, "+9", nil), flowhq.CodeNotFound)

		status := flowhq.RequestConfirmed
		must(h.UpdateRequest(h.ctx, id, "r1", flowhq.RequestPatch{Status: &status, By: "admin"}))(t)
		equal(t, "history", len(must(h.RequestHistory(h.ctx, id, "r1"))(t)), 2)
		_, err := h.RequestHistory(h.ctx, id, "r9")
		refused(t, err, flowhq.CodeNotFound)
		equal(t, "events of another kind", len(must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{Type: "NONE"}))(t)), 0)
		equal(t, "events", len(must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{Type: flowhq.TenantEventRecord}))(t)),
			2)
	})
}

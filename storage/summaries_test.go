package storage_test

import (
	"testing"
	"time"

	"flowhq"
)

func TestMessagesAreCountedByTheHour(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		start := time.Date(2026, 11, 23, 12, 59, 50, 0, time.UTC)
		at := func(e flowhq.WorkerEvent, seconds int) flowhq.WorkerEvent {
			e.At = start.Add(time.Duration(seconds) * time.Second)
			if e.Message != nil && e.Message.Direction == flowhq.DirectionOut {
				e.Message.Author = flowhq.AuthorBot
			}
			return e
		}
		edit := text(5, "+1", "E")
		edit.Message.Kind, edit.Message.Target = flowhq.KindEdit, "A"
		h.apply(t, id, "j", at(text(1, "+1", "A"), 0), at(reply(2, "+1", "B"), 4), at(reply(3, "+1", "C"), 5),
			at(text(4, "+2", "D"), 6), at(edit, 7))
		h.apply(t, id, "j", at(reply(6, "+2", "F"), 12)) // the answer comes in a later batch, and in the next hour
		h.apply(t, id, "j", at(text(7, "+3", "G"), 20), at(reply(8, "+3", "H"), 20+1200))
		hours := must(h.MessageHours(h.ctx, start))(t)
		equal(t, "hours", len(hours), 2)
		byHour := map[int]flowhq.MessageHour{}
		for _, one := range hours {
			equal(t, "tenant", one.TenantID, id)
			byHour[one.Hour.Hour()] = one
		}
		first, second := byHour[12], byHour[13]
		equal(t, "received before one", first.Received, 2)
		equal(t, "sent before one", first.Sent, 2)
		equal(t, "answered before one", first.Answered, 1)
		equal(t, "waited before one", first.Wait, 4*time.Second)
		equal(t, "received after one", second.Received, 1)
		equal(t, "sent after one", second.Sent, 2)
		equal(t, "answered after one", second.Answered, 1) // twenty minutes are no answer
		equal(t, "waited after one", second.Wait, 6*time.Second)
		equal(t, "later hours", len(must(h.MessageHours(h.ctx, start.Add(time.Hour)))(t)), 1)
		noError(t, h.DropMessageHours(h.ctx, start.Add(time.Hour).Truncate(time.Hour)))
		equal(t, "hours left", len(must(h.MessageHours(h.ctx, time.Unix(0, 0)))(t)), 1)
	})
}

func TestTenantLines(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		first, second := h.tenant(t, "Asha", "+255700000001"), h.tenant(t, "Neema", "")
		noError(t, h.SetWorkerStatus(h.ctx, first.ID, flowhq.WorkerError, "It broke."))
		order := flowhq.WorkerEvent{Seq: 1, At: after(1), Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{
			ID: "r1", Chat: "+1", Type: flowhq.RequestOrder, Status: flowhq.RequestNew,
		}}
		h.apply(t, first.ID, "j", order)
		lines := must(h.TenantSummaries(h.ctx))(t)
		equal(t, "lines", len(lines), 2)
		equal(t, "newest", lines[0].ID, second.ID)
		equal(t, "name", lines[1].Name, "Asha")
		equal(t, "number", lines[1].PhoneNumber, "+255700000001")
		equal(t, "worker", lines[1].Worker, flowhq.WorkerError)
		equal(t, "error", lines[1].LastError, "It broke.")
		equal(t, "phase", lines[1].Phase, flowhq.PhaseOff)
		equal(t, "status", lines[1].Status, flowhq.TenantNew)
		open := must(h.OpenRequests(h.ctx))(t)
		equal(t, "open requests", open[first.ID], 1)
		equal(t, "tenants with requests", len(open), 1)
		if size := must(h.Size(h.ctx))(t); size < 4096 {
			t.Errorf("the database takes %d bytes", size)
		}
	})
}

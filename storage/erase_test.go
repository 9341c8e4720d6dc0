package storage_test

import (
	"encoding/json"
	"strings"
	"testing"

	"flowhq"
)

// A customer gets all that is kept, and it goes, with every name that he was known by; nobody else's does.
func TestCustomerHandedOutAndErased(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		d := h.tenant(t, "Asha", "")
		other := h.tenant(t, "Baraka", "")
		const chat, next = "+255711000001", "+255711000002"
		message := func(seq int64, chat, id, text string) flowhq.WorkerEvent {
			return flowhq.WorkerEvent{Seq: seq, At: noon, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
				Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Chat: chat, From: chat, Text: text,
				WAMessageID: id, Kind: flowhq.KindText,
			}}
		}
		h.apply(t, d.ID, "j",
			message(1, "lid:77", "M0", "siri ya zamani"),
			flowhq.WorkerEvent{Seq: 2, At: noon, Kind: flowhq.EventMerge,
				Merge: &flowhq.IdentityMerge{From: "lid:77", Into: chat}},
			message(3, chat, "M1", "siri yangu"), message(4, next, "M2", "ya mwingine"),
			flowhq.WorkerEvent{Seq: 5, At: noon, Kind: flowhq.EventRequest,
				Request: &flowhq.RequestEvent{ID: newRequestID, Type: flowhq.RequestBooking, Chat: chat}},
			flowhq.WorkerEvent{Seq: 6, At: noon, Kind: flowhq.EventTrace,
				Trace: &flowhq.TraceEvent{WAMessageID: "M1", Chat: chat, Entry: flowhq.TraceEntry{At: noon}}},
		)
		h.apply(t, other.ID, "k", message(1, chat, "M1", "kwa mwingine"))
		h.exec(t, "INSERT INTO message_logs (id, tenant_id, direction, from_number, to_number, message_text, "+
			"created_at) VALUES ('old', $1, 'IN', '255711000001@c.us', '', 'siri kuukuu', "+now(h)+")", d.ID)

		data := must(h.CustomerData(h.ctx, d.ID, chat))(t)
		text := string(must(json.Marshal(data))(t))
		for _, want := range []string{"siri ya zamani", "siri yangu", "siri kuukuu", newRequestID,
			"2026-03-01T12:00:00.000Z"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not handed out: %s", want, text)
			}
		}
		if strings.Contains(text, "mwingine") {
			t.Errorf("another one's is handed out: %s", text)
		}

		if rows := must(h.EraseCustomer(h.ctx, d.ID, chat, "erased"))(t); rows < 6 {
			t.Errorf("only %d rows were erased", rows)
		}
		_, err := h.CustomerData(h.ctx, d.ID, chat)
		refused(t, err, flowhq.CodeNotFound)
		_, err = h.EraseCustomer(h.ctx, d.ID, chat, "erased")
		refused(t, err, flowhq.CodeNotFound)
		equal(t, "messages that are left", h.count(t, "SELECT count(*) FROM message_logs"), 2)
		equal(t, "requests that are left", h.count(t, "SELECT count(*) FROM customer_requests"), 0)
		equal(t, "traces that are left", h.count(t, "SELECT count(*) FROM message_traces"), 0)
		equal(t, "merges that are left", h.count(t, "SELECT count(*) FROM customer_merges"), 0)
	})
}

const newRequestID = "0198c0de-0000-7000-8000-00000000e5a5"

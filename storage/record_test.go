package storage_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"flowhq"
)

func TestCustomersPageByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		var want []string
		for i := range int64(9) {
			e := text(i+1, fmt.Sprintf("+25571%d", i), fmt.Sprint("M", i))
			e.At = after(i / 3)
			e.Message.Name = fmt.Sprint("Mteja ", i)
			h.apply(t, id, "j", e)
		}
		all := must(h.Customers(h.ctx, id, flowhq.CustomerQuery{}))(t)
		chat := func(c flowhq.Customer) string { return c.Chat }
		want = each(all, chat)
		equal(t, "customers", len(want), 9)
		var got []string
		q := flowhq.CustomerQuery{Limit: 2}
		for {
			page := must(h.Customers(h.ctx, id, q))(t)
			if len(page) == 0 {
				break
			}
			got = append(got, each(page, chat)...)
			last := page[len(page)-1]
			q.Before = flowhq.Cursor{At: last.LastSeenAt, ID: last.ID}
		}
		sameList(t, "page by page", got, want...)
		for query, n := range map[string]int{"mteja 3": 1, "MTEJA": 9, "+255715": 1, "%": 0} {
			equal(t, "customers with "+query, len(must(h.Customers(h.ctx, id, flowhq.CustomerQuery{Query: query}))(t)),
				n)
		}
	})
}

func TestRequests(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		order := request(2, "r2", "+2")
		order.Request.Type = flowhq.RequestOrder
		order.Request.Fields = flowhq.RequestFields{
			Items: []flowhq.OrderItem{{Product: "Kitenge", Quantity: 2, Price: 25000}}, Total: 50000, Currency: "TZS"}
		h.apply(t, id, "j", request(1, "r1", "+1"), order, request(3, "r3", "+1"))
		ids := func(q flowhq.RequestQuery) []string {
			t.Helper()
			return each(must(h.Requests(h.ctx, id, q))(t), func(r flowhq.CustomerRequest) string { return r.ID })
		}
		sameList(t, "all", ids(flowhq.RequestQuery{}), "r3", "r2", "r1")
		sameList(t, "orders", ids(flowhq.RequestQuery{Type: flowhq.RequestOrder}), "r2")
		sameList(t, "of a chat", ids(flowhq.RequestQuery{Chat: "+1", Limit: 1}), "r3")
		sameList(t, "older", ids(flowhq.RequestQuery{Before: flowhq.Cursor{At: after(3), ID: "r3"}}), "r2", "r1")
		r := must(h.Requests(h.ctx, id, flowhq.RequestQuery{Type: flowhq.RequestOrder}))(t)[0]
		equal(t, "item", r.Fields.Items[0], flowhq.OrderItem{Product: "Kitenge", Quantity: 2, Price: 25000})
		equal(t, "created", r.CreatedAt, after(2))

		h.clock.advance(time.Hour)
		r = must(h.UpdateRequest(h.ctx, id, "r1", flowhq.RequestPatch{Status: ptr(flowhq.RequestNoShow),
			Notes: ptr("did not come"), By: "admin"}))(t)
		equal(t, "status", r.Status, flowhq.RequestNoShow)
		sameList(t, "no-shows", ids(flowhq.RequestQuery{Status: flowhq.RequestNoShow}), "r1")
		_, err := h.UpdateRequest(h.ctx, id, "r2", flowhq.RequestPatch{Status: ptr(flowhq.RequestNoShow)})
		refused(t, err, flowhq.CodeInvalid, "status")
		_, err = h.UpdateRequest(h.ctx, id, "r2", flowhq.RequestPatch{Status: ptr(flowhq.RequestStatus("LOST"))})
		refused(t, err, flowhq.CodeInvalid, "status")
		_, err = h.UpdateRequest(h.ctx, id, "r9", flowhq.RequestPatch{Notes: ptr("x")})
		refused(t, err, flowhq.CodeNotFound)
		other := h.tenant(t, "Juma", "").ID
		_, err = h.UpdateRequest(h.ctx, other, "r1", flowhq.RequestPatch{Notes: ptr("x")})
		refused(t, err, flowhq.CodeNotFound)

		event := must(h.TenantEvents(h.ctx, id, flowhq.EventQuery{}))(t)[0]
		var change map[string]string
		noError(t, json.Unmarshal(event.Payload, &change))
		equal(t, "type", event.Type, flowhq.TenantEventRecord)
		equal(t, "who", change["by"], "admin")
		equal(t, "from", change["from"], "NEW")
		equal(t, "to", change["to"], "NO_SHOW")

		// What a restored journal tells again is older than what the admin did; what the customer does later is not.
		h.apply(t, id, "restored", request(1, "r1", "+1"))
		equal(t, "status after the old event", must(h.Requests(h.ctx, id,
			flowhq.RequestQuery{Chat: "+1"}))(t)[1].Status, flowhq.RequestNoShow)
		cancelled := request(4, "r1", "+1")
		cancelled.At, cancelled.Request.Status = h.clock.Now().Add(time.Second), flowhq.RequestCancelled
		h.apply(t, id, "j", cancelled)
		r = must(h.Requests(h.ctx, id, flowhq.RequestQuery{Chat: "+1"}))(t)[1]
		equal(t, "status after the new one", r.Status, flowhq.RequestCancelled)
		equal(t, "notes stay", r.Notes, "did not come")
	})
}

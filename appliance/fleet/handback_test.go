package fleet

import (
	"testing"
	"time"

	"flowhq"
)

// A human's time in a chat ends by itself; lists say so before the chat's next message.
func TestHandOverEndsWithItsTime(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	ends := w.clock.Now().Add(time.Hour)
	_, err := w.ApplyEvents(w.ctx, id, "j", []flowhq.WorkerEvent{{Seq: 1, At: w.clock.Now(), Kind: flowhq.EventChat, Chat: &flowhq.ChatEvent{
		Chat: "+1", HandedOver: true, HandoffCause: "owner", HandoffEnds: &ends,
	}}})
	w.must(err)
	for _, want := range []bool{true, false} {
		rows, err := w.Customers(w.ctx, id, flowhq.CustomerQuery{})
		w.must(err)
		one, err := w.Customer(w.ctx, id, "+1")
		w.must(err)
		human, err := w.Customers(w.ctx, id, flowhq.CustomerQuery{HandedOver: true})
		w.must(err)
		if len(rows) != 1 || (rows[0].HandedOver != nil) != want || (one.HandedOver != nil) != want || (len(human) == 1) != want {
			t.Errorf("a human has the chat: %v, %v, %d; want %v", rows[0].HandedOver, one.HandedOver, len(human), want)
		}
		w.clock.pass(time.Hour)
	}
}

package conversations_test

import (
	"testing"
	"time"

	"flowhq"
)

// A human's time in a chat ends by itself; lists say so before the chat's next message.
func TestChats_Customer_HandOverEnds(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	ends := w.Clock.Now().Add(time.Hour)
	_, err := w.ApplyEvents(w.Ctx, id, "j", []flowhq.WorkerEvent{{Seq: 1, At: w.Clock.Now(), Kind: flowhq.EventChat,
		Chat: &flowhq.ChatEvent{
			Chat: "+1", HandedOver: true, HandoffCause: "owner", HandoffEnds: &ends,
		}}})
	w.Must(err)
	for _, want := range []bool{true, false} {
		rows, err := w.Customers(w.Ctx, id, flowhq.CustomerQuery{})
		w.Must(err)
		one, err := w.Customer(w.Ctx, id, "+1")
		w.Must(err)
		human, err := w.Customers(w.Ctx, id, flowhq.CustomerQuery{HandedOver: true})
		w.Must(err)
		if len(rows) != 1 || (rows[0].HandedOver != nil) != want || (one.HandedOver != nil) != want ||
			(len(human) == 1) != want {
			t.Errorf("a human has the chat: %v, %v, %d; want %v", rows[0].HandedOver, one.HandedOver, len(human), want)
		}
		w.Clock.Pass(time.Hour)
	}
}

package conversations_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
)

func TestChats_SetLabels(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	when := w.Clock.Now()
	_, err := w.ApplyEvents(w.Ctx, id, "j", []flowhq.WorkerEvent{{Seq: 1, At: when, Kind: flowhq.EventChat,
		Chat: &flowhq.ChatEvent{Chat: "+1"}}})
	w.Must(err)
	kept, err := w.SetLabels(w.Ctx, id, "+1", []string{" VIP ", "vip", "", "from  Mwanza"})
	w.Must(err)
	if !slices.Equal(kept, []string{"VIP", "from Mwanza"}) {
		t.Errorf("kept %q", kept)
	}
	_, err = w.SetLabels(w.Ctx, id, "+1", []string{strings.Repeat("x", 41)})
	w.WantCode(err, flowhq.CodeInvalid)
	_, err = w.SetLabels(w.Ctx, id, "+2", nil)
	w.WantCode(err, flowhq.CodeNotFound)
}

func TestChats_SearchMessages(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	var events []flowhq.WorkerEvent
	for i := range 30 {
		text := "habari"
		if i%10 == 0 {
			text = "BEI gani?"
		}
		events = append(events, flowhq.WorkerEvent{Seq: int64(i + 1),
			At: w.Clock.Now().Add(time.Duration(i) * time.Second), Kind: flowhq.EventMessage,
			Message: &flowhq.MessageEvent{WAMessageID: string(rune('A' + i)), Chat: "+1",
				Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Kind: flowhq.KindText,
				From: "+1", Text: text}})
	}
	_, err := w.ApplyEvents(w.Ctx, id, "j", events)
	w.Must(err)
	found, next, err := w.SearchMessages(w.Ctx, id, " bei ", flowhq.MessageQuery{Limit: 2})
	w.Must(err)
	if len(found) != 2 || next.IsZero() {
		t.Fatalf("%d found, next %v", len(found), next)
	}
	found, next, err = w.SearchMessages(w.Ctx, id, "bei", flowhq.MessageQuery{Limit: 2, Before: next})
	w.Must(err)
	if len(found) != 1 || !next.IsZero() {
		t.Errorf("%d found further on, next %v", len(found), next)
	}
}

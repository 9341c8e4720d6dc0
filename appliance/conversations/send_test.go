package conversations_test

import (
	"slices"
	"strings"
	"testing"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

func TestChats_Send(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	w.WantCode(w.Send(w.Ctx, "admin", id, "+255711111111", "Habari"), flowhq.CodeUnavailable)
	_, err := w.LinkCode(w.Ctx, id, "")
	w.WantCode(err, flowhq.CodeUnavailable)
	w.WantCode(w.Logout(w.Ctx, "admin", id), flowhq.CodeUnavailable)

	w.Must(w.StartWorker(w.Ctx, "admin", id))
	w.Links.Connect(id, true)
	code, err := w.LinkCode(w.Ctx, id, "")
	if err != nil || code.Code != "ABCD-EFGH" {
		t.Errorf("%+v, %v", code, err)
	}
	_, err = w.LinkCode(w.Ctx, id, "12")
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"phone_number"}) {
		t.Errorf("wrong fields %q", got)
	}
	w.WantCode(w.Logout(w.Ctx, "admin", id), flowhq.CodeConflict) // nothing is linked
	w.Says(id, servicestest.Connected())
	_, err = w.LinkCode(w.Ctx, id, "")
	w.WantCode(err, flowhq.CodeConflict)

	w.Must(w.Send(w.Ctx, "admin", id, "+255711111111", "Habari"))
	w.Must(w.SendFirst(w.Ctx, "admin", id, "0711 222 222", "Karibu"))
	w.Must(w.TakeOver(w.Ctx, "admin", id, "+255711111111"))
	w.Must(w.Release(w.Ctx, "admin", id, "+255711111111"))
	w.Must(w.Logout(w.Ctx, "admin", id))
	err = w.Send(w.Ctx, "admin", id, "", strings.Repeat("x", 5000))
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"chat", "text"}) {
		t.Errorf("wrong fields %q", got)
	}
	want := []string{"link-code " + w.Get(id).PhoneNumber, "send +255711111111 Habari",
		"send first +255711222222 Karibu", "take-over +255711111111", "release +255711111111", "logout"}
	if got := w.Links.Took(); !slices.Equal(got, want) {
		t.Errorf("the worker was asked %q, want %q", got, want)
	}
}

func TestChats_Limits(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	for _, limit := range []int{-1, 1001} {
		_, err := w.Messages(w.Ctx, id, flowhq.MessageQuery{Limit: limit})
		w.WantCode(err, flowhq.CodeInvalid)
		_, err = w.Events(w.Ctx, id, flowhq.EventQuery{Limit: limit})
		w.WantCode(err, flowhq.CodeInvalid)
	}
	p, err := w.Process(w.Ctx, id)
	if err != nil || p.State != "stopped" || p.Name != "worker-"+id {
		t.Errorf("%+v, %v", p, err)
	}
}

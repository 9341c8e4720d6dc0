package onboarding_test

import (
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services"
)

func TestInvites_CreateInvite(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	_, _, err := w.CreateInvite(w.Ctx, "admin", id)
	w.WantCode(err, flowhq.CodeConflict)
	w = newWorld(t, func(c *services.Config) { c.PublicURL = "https://bots.example.com" })
	id = w.NewTenant().ID
	address, made, err := w.CreateInvite(w.Ctx, "admin", id)
	w.Must(err)
	token, ok := strings.CutPrefix(address, "https://bots.example.com/link/")
	if !ok || len(token) != 43 {
		t.Fatalf("the address is %q", address)
	}
	found, _, err := w.Invited(w.Ctx, token)
	w.Must(err)
	if found.ID != id {
		t.Error("it leads to another tenant")
	}
	for _, wrong := range []string{"", "x", strings.Repeat("A", 43), token + "A"} {
		_, _, err := w.Invited(w.Ctx, wrong)
		w.WantCode(err, flowhq.CodeNotFound)
	}
	w.Clock.Pass(48 * time.Hour)
	_, _, err = w.Invited(w.Ctx, token)
	w.WantCode(err, flowhq.CodeNotFound)

	address, made, err = w.CreateInvite(w.Ctx, "admin", id)
	w.Must(err)
	w.WantCode(w.RevokeInvite(w.Ctx, "admin", w.NewTenant().ID, made.ID), flowhq.CodeNotFound)
	w.Must(w.RevokeInvite(w.Ctx, "admin", id, made.ID))
	_, _, err = w.Invited(w.Ctx, strings.TrimPrefix(address, "https://bots.example.com/link/"))
	w.WantCode(err, flowhq.CodeNotFound)
	for _, e := range w.TimeLine(id, flowhq.TenantEventAdmin) {
		if strings.Contains(e, token) {
			t.Error("the time line holds the token")
		}
	}
}

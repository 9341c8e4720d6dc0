package supervisor_test

import (
	"errors"
	"slices"
	"testing"

	"flowhq"
)

func TestDevices_ResetSession(t *testing.T) {
	w := newWorld(t)
	id, other := w.Linked(), w.NewTenant()
	var removed []string
	w.Services.SetRemoveDevice(func(id string) error { removed = append(removed, id); return nil })
	w.WantCode(w.ResetSession(w.Ctx, "admin", id, other.PhoneNumber), flowhq.CodeInvalid)
	if len(removed) > 0 || !w.Processes.Running(id) {
		t.Fatal("a refused reset has done something")
	}
	w.Links.Took()
	w.Must(w.ResetSession(w.Ctx, "admin", id, "+255 711 000 999"))
	got := w.Get(id)
	if got.PhoneNumber != "+255711000999" || got.Session.Linked() || got.Status != flowhq.TenantQRPending ||
		!w.Processes.Running(id) {
		t.Errorf("after the reset: %s, linked %v, %s", got.PhoneNumber, got.Session.Linked(), got.Status)
	}
	if !slices.Equal(removed, []string{id}) || !slices.Contains(w.Links.Took(), "logout") {
		t.Errorf("removed %v", removed)
	}
	w.Services.SetRemoveDevice(func(string) error { return errors.New("read-only file system") })
	w.WantCode(w.ResetSession(w.Ctx, "admin", id, ""), flowhq.CodeUnavailable)
	if w.Processes.Running(id) {
		t.Error("a worker runs on keys that should be gone")
	}
}

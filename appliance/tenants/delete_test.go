package tenants_test

import (
	"slices"
	"testing"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

func TestService_DeleteTenant(t *testing.T) {
	w := newWorld(t)
	id, other := w.Linked(), w.Linked()
	w.Processes.Took()
	w.Links.Took()
	w.Must(w.DeleteTenant(w.Ctx, "admin", id))
	if got := w.Processes.Took(); !slices.Equal(got, []string{"stop", "forget"}) {
		t.Errorf("processes were asked %q", got)
	}
	if got := w.Links.Took(); !slices.Equal(got, []string{"logout"}) {
		t.Errorf("the worker was asked %q", got)
	}
	if !slices.Equal(w.Removed, []string{id}) {
		t.Errorf("folders removed of %q", w.Removed)
	}
	_, err := w.Tenant(w.Ctx, id)
	w.WantCode(err, flowhq.CodeNotFound)
	w.Says(id, servicestest.Connected()) // a last word of the dying worker harms nobody
	w.Flush(w.Ctx)
	w.WantCode(w.DeleteTenant(w.Ctx, "admin", id), flowhq.CodeNotFound)
	w.Want(other, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestService_DeleteTenant_WithoutWhatsApp(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Links.Fail = flowhq.Errorf(flowhq.CodeUnavailable, "WhatsApp is away")
	w.Must(w.DeleteTenant(w.Ctx, "admin", id))
	_, err := w.Tenant(w.Ctx, id)
	w.WantCode(err, flowhq.CodeNotFound)
}

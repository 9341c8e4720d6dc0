package supervisor_test

import (
	"slices"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services/servicestest"
	"flowhq/appliance/supervisor"
)

// restarts gives the tenants whose worker was restarted, in order.
func (w *world) watchRestarts(answer func(id string)) *[]string {
	var order []string
	w.Processes.Restarted = func(id string) {
		order = append(order, id)
		answer(id)
	}
	return &order
}

func TestRenewal_OneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	a, b, linking := w.Linked(), w.Linked(), w.Started()
	w.Says(linking, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	w.Processes.Old = []string{linking, a, b}
	moved := w.watchRestarts(func(id string) { w.Says(id, servicestest.Connected()) })

	w.Services.Renew(w.Ctx)
	if !slices.Equal(*moved, []string{a, b}) {
		t.Errorf("moved %q, want %q: one that shows a code is left alone", *moved, []string{a, b})
	}
	w.Want(a, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")

	// scanned
	w.Says(linking, flowhq.SessionReport{Phase: flowhq.PhaseConnecting, LinkedJID: jid, Since: w.Clock.Now()})
	w.Services.Renew(w.Ctx)
	if len(*moved) != 2 {
		t.Error("one that was scanned a moment ago was moved")
	}
	w.Says(linking, servicestest.Connected())
	w.Services.Renew(w.Ctx)
	if !slices.Equal(*moved, []string{a, b, linking}) {
		t.Errorf("moved %q, want the linked one last", *moved)
	}
}

func TestRenewal_AfterTheCodesExpire(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	w.Processes.Old = []string{id}
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	moved := w.watchRestarts(func(id string) { w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@y"}) })
	w.Services.Renew(w.Ctx)
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	w.Services.Renew(w.Ctx)
	if !slices.Equal(*moved, []string{id}) {
		t.Errorf("moved %q", *moved)
	}
}

func TestRenewal_StopsWhenOneDoesNotComeBack(t *testing.T) {
	w := newWorld(t)
	w.Services.SetRenewalPatience(10 * time.Millisecond)
	a, b := w.Linked(), w.Linked()
	w.Processes.Old = []string{a, b}
	moved := w.watchRestarts(func(string) {}) // it never reports again
	w.Services.Renew(w.Ctx)
	w.Services.Renew(w.Ctx)
	if !slices.Equal(*moved, []string{a}) {
		t.Errorf("moved %q, want the first alone: the others still work", *moved)
	}
	if got := w.Services.Alarms.List(); len(got) != 1 || got[0].TenantID != a ||
		got[0].Kind != flowhq.AlarmWorkerUpgrade {
		t.Errorf("alarms: %+v", got)
	}
	w.Clock.Pass(supervisor.RenewHold)
	w.Processes.Restarted = func(id string) { w.Says(id, servicestest.Connected()) }
	w.Services.Renew(w.Ctx)
	if got := w.Processes.Outdated(); len(got) != 0 {
		t.Errorf("left on the old version: %q", got)
	}
	w.Says(a, servicestest.Connected()) // at last
	w.Services.Renew(w.Ctx)
	if got := w.Services.Alarms.List(); len(got) != 0 {
		t.Errorf("alarms when all is well: %+v", got)
	}
}

func TestRenewal_LeavesWhatIsStopped(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Must(w.StopWorker(w.Ctx, "admin", id))
	w.Processes.Old = []string{id}
	moved := w.watchRestarts(func(string) {})
	w.Services.Renew(w.Ctx)
	if len(*moved) != 0 {
		t.Errorf("moved %q", *moved)
	}
}

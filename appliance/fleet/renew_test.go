package fleet

import (
	"slices"
	"testing"
	"time"

	"flowhq"
)

// restarts gives the tenants whose worker was restarted, in order.
func (w *world) watchRestarts(answer func(id string)) *[]string {
	var order []string
	w.processes.restarted = func(id string) {
		order = append(order, id)
		answer(id)
	}
	return &order
}

func TestRenewalMovesOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	a, b, linking := w.linked(), w.linked(), w.started()
	w.says(linking, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	w.processes.outdated = []string{linking, a, b}
	moved := w.watchRestarts(func(id string) { w.says(id, connected()) })

	w.renew(w.ctx)
	if !slices.Equal(*moved, []string{a, b}) {
		t.Errorf("moved %q, want %q: one that shows a code is left alone", *moved, []string{a, b})
	}
	w.want(a, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")

	w.says(linking, flowhq.SessionReport{Phase: flowhq.PhaseConnecting, LinkedJID: jid, Since: w.clock.Now()}) // scanned
	w.renew(w.ctx)
	if len(*moved) != 2 {
		t.Error("one that was scanned a moment ago was moved")
	}
	w.says(linking, connected())
	w.renew(w.ctx)
	if !slices.Equal(*moved, []string{a, b, linking}) {
		t.Errorf("moved %q, want the linked one last", *moved)
	}
}

func TestRenewalAfterTheCodesExpire(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	w.processes.outdated = []string{id}
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	moved := w.watchRestarts(func(id string) { w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@y"}) })
	w.renew(w.ctx)
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	w.renew(w.ctx)
	if !slices.Equal(*moved, []string{id}) {
		t.Errorf("moved %q", *moved)
	}
}

func TestRenewalStopsWhenOneDoesNotComeBack(t *testing.T) {
	w := newWorld(t)
	w.renewBack = 10 * time.Millisecond
	a, b := w.linked(), w.linked()
	w.processes.outdated = []string{a, b}
	moved := w.watchRestarts(func(string) {}) // it never reports again
	w.renew(w.ctx)
	w.renew(w.ctx)
	if !slices.Equal(*moved, []string{a}) {
		t.Errorf("moved %q, want the first alone: the others still work", *moved)
	}
	if got := w.RaisedAlarms(); len(got) != 1 || got[0].TenantID != a || got[0].Kind != flowhq.AlarmWorkerUpgrade {
		t.Errorf("alarms: %+v", got)
	}
	w.clock.pass(renewHold)
	w.processes.restarted = func(id string) { w.says(id, connected()) }
	w.renew(w.ctx)
	if got := w.processes.Outdated(); len(got) != 0 {
		t.Errorf("left on the old version: %q", got)
	}
	w.says(a, connected()) // at last
	w.renew(w.ctx)
	if got := w.RaisedAlarms(); len(got) != 0 {
		t.Errorf("alarms when all is well: %+v", got)
	}
}

func TestRenewalLeavesWhatSomebodyStopped(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.must(w.StopWorker(w.ctx, "admin", id))
	w.processes.outdated = []string{id}
	moved := w.watchRestarts(func(string) {})
	w.renew(w.ctx)
	if len(*moved) != 0 {
		t.Errorf("moved %q", *moved)
	}
}

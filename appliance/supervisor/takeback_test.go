package supervisor_test

import (
	"slices"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

// A worker that was replaced by another program gets its device back when an admin starts it anew, and only then.
func TestReports_Report_TakesDeviceBack(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	replaced := flowhq.SessionReport{Phase: flowhq.PhaseReplaced, LinkedJID: "255700000001:1@s.whatsapp.net"}
	told := func() bool {
		for range 50 {
			if slices.Contains(w.Links.Took(), "relink") {
				return true
			}
			time.Sleep(2 * time.Millisecond)
		}
		return false
	}
	w.Says(id, replaced)
	w.Says(id, replaced) // as a successor would after a crash
	if told() {
		t.Fatal("the device was taken back by itself")
	}
	w.Must(w.RestartWorker(w.Ctx, "admin", id))
	w.Says(id, replaced)
	if !told() {
		t.Fatal("the device was not taken back for the admin")
	}
	w.Says(id, servicestest.Connected())
	w.Says(id, replaced)
	if told() {
		t.Fatal("the device was taken back once more")
	}
}

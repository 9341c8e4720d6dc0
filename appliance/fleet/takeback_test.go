package fleet

import (
	"slices"
	"testing"
	"time"

	"flowhq"
)

// A worker that was replaced by another program gets its device back when an admin starts it anew, and only then.
func TestTheDeviceIsTakenBackForAnAdminAlone(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	replaced := flowhq.SessionReport{Phase: flowhq.PhaseReplaced, LinkedJID: "255700000001:1@s.whatsapp.net"}
	told := func() bool {
		for range 50 {
			if slices.Contains(w.links.took(), "relink") {
				return true
			}
			time.Sleep(2 * time.Millisecond)
		}
		return false
	}
	w.says(id, replaced)
	w.says(id, replaced) // as a successor would after a crash
	if told() {
		t.Fatal("the device was taken back by itself")
	}
	w.must(w.RestartWorker(w.ctx, "admin", id))
	w.says(id, replaced)
	if !told() {
		t.Fatal("the device was not taken back for the admin")
	}
	w.says(id, connected())
	w.says(id, replaced)
	if told() {
		t.Fatal("the device was taken back once more")
	}
}

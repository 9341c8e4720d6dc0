package supervisor_test

import (
	"testing"
	"time"

	"flowhq"
)

func TestPauses_PauseFor_EndsByItself(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	until := w.Clock.Now().Add(24 * time.Hour)
	w.WantCode(w.PauseFor(w.Ctx, "admin", id, flowhq.Pause{Until: new(w.Clock.Now())}), flowhq.CodeInvalid)
	w.Must(w.PauseFor(w.Ctx, "admin", id, flowhq.Pause{Reason: "not paid", Until: &until}))
	w.Must(w.Pause(w.Ctx, "admin", id)) // says nothing new, so the date stays
	p, err := w.PauseOf(w.Ctx, id)
	w.Must(err)
	if p == nil || p.Reason != "not paid" || !p.Until.Equal(until) {
		t.Fatalf("the pause is %+v", p)
	}
	w.Clock.Pass(23 * time.Hour)
	w.Services.ResumeDue(w.Ctx)
	if w.Get(id).Status != flowhq.TenantPaused {
		t.Error("it ended too early")
	}
	w.Clock.Pass(time.Hour)
	w.Services.ResumeDue(w.Ctx)
	if got := w.Get(id); got.Status != flowhq.TenantActive || !w.Processes.Running(id) {
		t.Errorf("it is %s, running %v", got.Status, w.Processes.Running(id))
	}
	if p, _ := w.PauseOf(w.Ctx, id); p != nil {
		t.Errorf("there is still a pause: %+v", p)
	}
}

package supervisor_test

import (
	"context"
	"testing"
	"time"

	"flowhq"
)

// kinds gives the kinds of the alarms that are raised.
func (w *world) alarmKinds() (out []flowhq.AlarmKind) {
	for _, a := range w.Services.Alarms.List() {
		out = append(out, a.Kind)
	}
	return out
}

func (w *world) onlyAlarm(want flowhq.AlarmKind) {
	w.T.Helper()
	if got := w.alarmKinds(); len(got) != 1 || got[0] != want {
		w.T.Errorf("alarms are %v, want %s alone", got, want)
	}
}

// A store that can be read but not written is away until it can be written: the alarm says why, changes with the
// reason, does not come and go, and what the workers tell meanwhile is written afterwards.
func TestOutage_StoreCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Flush(w.Ctx)
	before := w.Store.Beats.Load()
	w.Store.Sick.Store(&flowhq.Error{Code: flowhq.CodeUnavailable, Message: "full", Outage: flowhq.OutageFull})
	w.Clock.Pass(time.Minute)
	w.Must(w.Heartbeat(w.Ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "x"}))
	for range 3 {
		w.Flush(w.Ctx)
		w.onlyAlarm(flowhq.AlarmDatabaseFull)
	}
	since := w.Services.Alarms.List()[0].Since
	w.Store.Sick.Store(&flowhq.Error{Code: flowhq.CodeUnavailable, Message: "read-only", Outage: flowhq.OutageReadOnly})
	w.Flush(w.Ctx)
	w.onlyAlarm(flowhq.AlarmDatabaseReadOnly)
	if w.Services.Alarms.List()[0].Since.Before(since) {
		t.Error("the new reason is older than the first")
	}
	w.Clock.Pass(10 * time.Minute)
	w.Store.Sick.Store(nil)
	w.Flush(w.Ctx)
	if got := w.alarmKinds(); len(got) != 0 {
		t.Errorf("alarms are %v", got)
	}
	if w.Store.Beats.Load() == before {
		t.Error("the heartbeat of the outage was lost")
	}
	w.Services.CheckStale(w.Ctx)
	if got, err := w.Tenant(w.Ctx, id); err != nil || got.Status != flowhq.TenantActive {
		t.Errorf("after the outage the tenant is %s (%v)", got.Status, err)
	}
}

type checker struct{ err error }

func (c checker) Check(context.Context) error { return c.err }

// Damage stands until a check finds none, names the newest good backup, and does not stop what can go on.
func TestOutage_CheckStore(t *testing.T) {
	w := newWorld(t)
	w.Services.SetLastBackup(func() string { return "flowhq-2026-02-28.fhqb" })
	id := w.Linked()
	damaged := &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "damaged", Outage: flowhq.OutageDamaged}
	w.Services.Outage.CheckStore(w.Ctx, checker{damaged})
	for range 2 {
		w.Flush(w.Ctx)
		w.onlyAlarm(flowhq.AlarmDatabaseDamaged)
	}
	if got := w.Services.Alarms.List()[0]; got.Remedy().Empty() || got.Facts["backup"] != "flowhq-2026-02-28.fhqb" {
		t.Errorf("it says %+v", got)
	}
	w.Must(w.StopWorker(w.Ctx, "admin", id))
	w.Services.Outage.CheckStore(w.Ctx, checker{})
	if got := w.alarmKinds(); len(got) != 0 {
		t.Errorf("alarms are %v", got)
	}
}

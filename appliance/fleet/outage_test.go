package fleet

import (
	"context"
	"testing"
	"time"

	"flowhq"
)

// kinds gives the kinds of the alarms that are raised.
func (w *world) alarmKinds() (out []flowhq.AlarmKind) {
	for _, a := range w.RaisedAlarms() {
		out = append(out, a.Kind)
	}
	return out
}

func (w *world) onlyAlarm(want flowhq.AlarmKind) {
	w.t.Helper()
	if got := w.alarmKinds(); len(got) != 1 || got[0] != want {
		w.t.Errorf("alarms are %v, want %s alone", got, want)
	}
}

// A store that can be read but not written is away until it can be written: the alarm says why, changes with the reason, does
// not come and go, and what the workers tell meanwhile is written afterwards.
func TestStoreThatCanNotBeWritten(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.flush(w.ctx)
	before := w.store.beats.Load()
	w.store.sick.Store(&flowhq.Error{Code: flowhq.CodeUnavailable, Message: "full", Outage: flowhq.OutageFull})
	w.clock.pass(time.Minute)
	w.must(w.Heartbeat(w.ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "x"}))
	for range 3 {
		w.flush(w.ctx)
		w.onlyAlarm(flowhq.AlarmDatabaseFull)
	}
	since := w.RaisedAlarms()[0].Since
	w.store.sick.Store(&flowhq.Error{Code: flowhq.CodeUnavailable, Message: "read-only", Outage: flowhq.OutageReadOnly})
	w.flush(w.ctx)
	w.onlyAlarm(flowhq.AlarmDatabaseReadOnly)
	if w.RaisedAlarms()[0].Since.Before(since) {
		t.Error("the new reason is older than the first")
	}
	w.clock.pass(10 * time.Minute)
	w.store.sick.Store(nil)
	w.flush(w.ctx)
	if got := w.alarmKinds(); len(got) != 0 {
		t.Errorf("alarms are %v", got)
	}
	if w.store.beats.Load() == before {
		t.Error("the heartbeat of the outage was lost")
	}
	w.checkStale(w.ctx)
	if got, err := w.Tenant(w.ctx, id); err != nil || got.Status != flowhq.TenantActive {
		t.Errorf("after the outage the tenant is %s (%v)", got.Status, err)
	}
}

type checker struct{ err error }

func (c checker) Check(context.Context) error { return c.err }

// Damage stands until a check finds none, names the newest good backup, and does not stop what can go on.
func TestDamagedStore(t *testing.T) {
	w := newWorld(t)
	w.Service.lastBackup = func() string { return "flowhq-2026-02-28.fhqb" }
	id := w.linked()
	damaged := &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "damaged", Outage: flowhq.OutageDamaged}
	w.CheckStore(w.ctx, checker{damaged})
	for range 2 {
		w.flush(w.ctx)
		w.onlyAlarm(flowhq.AlarmDatabaseDamaged)
	}
	if got := w.RaisedAlarms()[0].Remedy(); got.Empty() || w.RaisedAlarms()[0].Facts["backup"] != "flowhq-2026-02-28.fhqb" {
		t.Errorf("it says %q", got)
	}
	w.must(w.StopWorker(w.ctx, "admin", id))
	w.CheckStore(w.ctx, checker{})
	if got := w.alarmKinds(); len(got) != 0 {
		t.Errorf("alarms are %v", got)
	}
}

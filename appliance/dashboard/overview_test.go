package dashboard_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"flowhq"
)

func TestOverviews_Overview(t *testing.T) {
	w := newWorld(t)
	w.Box.State = flowhq.HostState{MemoryTotal: 8 << 30, MemoryAvailable: 6 << 30, DiskTotal: 100 << 30,
		DiskFree: 50 << 30}
	for i := range flowhq.NeedingShown + 3 {
		id := w.named(fmt.Sprint("Business ", i))
		_, _, err := w.Store.Transition(w.Ctx, id, flowhq.TriggerFailed, "It broke.")
		w.Must(err)
	}
	w.Linked()
	w.Services.Changes.Announce(flowhq.ChangeTenant, "", "")
	o, err := w.Overview(w.Ctx)
	w.Must(err)
	if len(o.Needing) != flowhq.NeedingShown || o.NeedingAll != flowhq.NeedingShown+3 ||
		o.Counts[flowhq.TenantActive] != 1 || o.Workers != 1 {
		t.Errorf("%d named of %d, %v, %d workers", len(o.Needing), o.NeedingAll, o.Counts, o.Workers)
	}
	if o.Capacity <= 0 || o.Capacity > 1000 {
		t.Errorf("room for %d more", o.Capacity)
	}
}

func TestRoomForWorkers(t *testing.T) {
	const mb = 1 << 20
	tests := map[string]struct {
		box     flowhq.HostState
		workers int
		used    int64
		want    int
	}{
		"nothing known": {flowhq.HostState{}, 3, 30 * mb, -1},
		"nobody yet": {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 1000 * mb}, 0, 0,
			(1000 - 100 - 256) / 12},
		"by use":         {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 756 * mb}, 10, 200 * mb, 20},
		"full":           {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 100 * mb}, 10, 200 * mb, 0},
		"too good a use": {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 956 * mb}, 10, 10 * mb, 100},
	}
	for name, tt := range tests {
		if got := flowhq.RoomForWorkers(tt.box, tt.workers, tt.used); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func TestMachine_Watch(t *testing.T) {
	w := newWorld(t)
	box := w.Box
	box.State = flowhq.HostState{DiskTotal: 100 << 30, DiskFree: 900 << 20, DiskPath: "/data"}
	soon := w.Clock.Now().Add(10*24*time.Hour + time.Hour)
	box.Ends = &soon
	kinds := func() (out []flowhq.AlarmKind) {
		w.Services.Machine.Watch(w.Ctx)
		for _, a := range w.Services.Alarms.List() {
			out = append(out, a.Kind)
		}
		return out
	}
	if got := kinds(); !slices.Equal(got, []flowhq.AlarmKind{flowhq.AlarmDiskLow, flowhq.AlarmCertificate}) {
		t.Errorf("raised %v", got)
	}
	const want = "alarm.certificate(count=10, days=10, host=bots.example.com)"
	if got := w.Services.Alarms.List()[1].Sentence().String(); got != want {
		t.Error(got)
	}
	box.State.DiskFree, box.Ends, box.Broken = 1100<<20, nil, true // a little more is not enough
	if got := kinds(); !slices.Equal(got, []flowhq.AlarmKind{flowhq.AlarmDiskLow, flowhq.AlarmCertificateBad}) {
		t.Errorf("raised %v", got)
	}
	later := w.Clock.Now().Add(60 * 24 * time.Hour)
	box.State.DiskFree, box.Ends, box.Broken = 50<<30, &later, false
	if got := kinds(); len(got) != 0 {
		t.Errorf("raised %v", got)
	}
}

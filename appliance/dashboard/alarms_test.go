package dashboard_test

import (
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/dashboard"
)

func TestAlarms(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var told []flowhq.AlarmKind
	a := dashboard.NewAlarms(func() time.Time { return now }, func(al flowhq.Alarm) { told = append(told, al.Kind) })
	disk := map[string]string{"path": "/data", "free": "90 MB"}
	a.Raise(flowhq.AlarmBackupFailed, "", nil)
	a.Raise(flowhq.AlarmDiskLow, "", disk)
	now = now.Add(time.Hour)
	a.Raise(flowhq.AlarmDiskLow, "", disk) // the same: nobody is told again
	disk["free"] = "80 MB"
	a.Raise(flowhq.AlarmDiskLow, "", disk)
	disk["free"] = "0" // the registry keeps its own copy
	a.Raise(flowhq.AlarmWorkerUpgrade, "t1", nil)

	list := a.List()
	if len(list) != 3 || list[0].Kind != flowhq.AlarmDiskLow || list[1].Kind != flowhq.AlarmBackupFailed ||
		list[2].TenantID != "t1" {
		t.Fatalf("%+v", list)
	}
	if !list[0].Since.Equal(now.Add(-time.Hour)) || list[0].Facts["free"] != "80 MB" {
		t.Errorf("%+v", list[0])
	}
	a.Clear(flowhq.AlarmDiskLow, "")
	a.Clear(flowhq.AlarmDiskLow, "")
	a.Clear(flowhq.AlarmBackupFailed, "t1") // another one's
	a.ClearTenant("t1")
	if list = a.List(); len(list) != 1 || list[0].Kind != flowhq.AlarmBackupFailed {
		t.Errorf("%+v", list)
	}
	if len(told) != 6 {
		t.Errorf("told %v", told)
	}
}

func TestAlarms_Concurrent(t *testing.T) {
	a := dashboard.NewAlarms(time.Now, nil)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			id := string(rune('a' + i%10))
			a.Raise(flowhq.AlarmWorkerUpgrade, id, nil)
			a.List()
			a.Clear(flowhq.AlarmWorkerUpgrade, id)
		})
	}
	all.Wait()
	if l := a.List(); len(l) != 0 {
		t.Errorf("%v", l)
	}
}

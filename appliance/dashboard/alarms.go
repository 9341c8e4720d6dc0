package dashboard

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"flowhq"
)

// Alarms holds what a person must look at now. Any part of the appliance raises and clears; pages and calls list. It
// is safe for use by many goroutines and lives in memory: after a restart each part checks again and raises what
// still holds.
type Alarms struct {
	now     func() time.Time
	changed func(flowhq.Alarm) // after each change, outside the lock

	mu     sync.Mutex
	raised map[alarmKey]flowhq.Alarm
}

type alarmKey struct {
	kind   flowhq.AlarmKind
	tenant string
}

// NewAlarms makes an empty registry. changed is told of every alarm that was raised, got other facts, or was cleared;
// nil: nobody.
func NewAlarms(now func() time.Time, changed func(flowhq.Alarm)) *Alarms {
	if changed == nil {
		changed = func(flowhq.Alarm) {}
	}
	return &Alarms{now: now, changed: changed, raised: make(map[alarmKey]flowhq.Alarm)}
}

// Raise notes an alarm of a kind, for one tenant or ("") for the box. Raised again it keeps its time and takes the
// new facts.
func (a *Alarms) Raise(kind flowhq.AlarmKind, tenantID string, facts map[string]string) {
	key := alarmKey{kind, tenantID}
	a.mu.Lock()
	was, there := a.raised[key]
	if there && maps.Equal(was.Facts, facts) {
		a.mu.Unlock()
		return
	}
	is := flowhq.Alarm{Kind: kind, TenantID: tenantID, Facts: maps.Clone(facts), Since: was.Since}
	if !there {
		is.Since = a.now().UTC()
	}
	a.raised[key] = is
	a.mu.Unlock()
	a.changed(is)
}

// Clear takes an alarm back; one that was not raised is not an error.
func (a *Alarms) Clear(kind flowhq.AlarmKind, tenantID string) {
	key := alarmKey{kind, tenantID}
	a.mu.Lock()
	was, there := a.raised[key]
	delete(a.raised, key)
	a.mu.Unlock()
	if there {
		a.changed(was)
	}
}

// ClearTenant takes back all alarms of a tenant, which is gone.
func (a *Alarms) ClearTenant(tenantID string) {
	for _, alarm := range a.List() {
		if alarm.TenantID == tenantID && tenantID != "" {
			a.Clear(alarm.Kind, tenantID)
		}
	}
}

// List gives what is raised, the gravest first, then the oldest.
func (a *Alarms) List() []flowhq.Alarm {
	a.mu.Lock()
	list := slices.Collect(maps.Values(a.raised))
	a.mu.Unlock()
	order := flowhq.AlarmKinds()
	slices.SortFunc(list, func(x, y flowhq.Alarm) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)),
			x.Since.Compare(y.Since), cmp.Compare(x.TenantID, y.TenantID))
	})
	return list
}

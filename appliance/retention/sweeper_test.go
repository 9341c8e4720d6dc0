package retention_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/retention"
)

// rows is a store that counts.
type rows struct {
	keepings []flowhq.RetentionRule
	old      map[string]map[flowhq.RetentionKind][]time.Time
	steps    []int
	reclaims int
	latest   time.Time
	onDelete func()
}

func (r *rows) RetentionRules(_ context.Context, after string, most int) ([]flowhq.RetentionRule, error) {
	var out []flowhq.RetentionRule
	for _, k := range r.keepings {
		if k.TenantID > after && len(out) < most {
			out = append(out, k)
		}
	}
	return out, nil
}

func (r *rows) DeleteOld(_ context.Context, id string, kind flowhq.RetentionKind, before time.Time, most int) (int,
	error) {
	n := 0
	r.old[id][kind] = slices.DeleteFunc(r.old[id][kind], func(at time.Time) bool {
		old := at.Before(before) && n < most
		if old {
			n++
		}
		return old
	})
	r.steps = append(r.steps, n)
	if r.onDelete != nil {
		r.onDelete()
	}
	return n, nil
}

func (r *rows) DeleteExpiredAdminSessions(context.Context, time.Time) (int, error) { return 0, nil }
func (r *rows) LatestActivity(context.Context) (time.Time, error)                  { return r.latest, nil }
func (r *rows) Reclaim(context.Context) (bool, error) {
	r.reclaims++
	return r.reclaims%3 != 0, nil
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// messages gives n messages, each so many days before now.
func messages(now time.Time, n, days int) map[flowhq.RetentionKind][]time.Time {
	return map[flowhq.RetentionKind][]time.Time{flowhq.RetainMessages: slices.Repeat([]time.Time{
		now.AddDate(0, 0, -days)}, n)}
}

func TestSweep(t *testing.T) {
	dar, samoa := zone(t, "Africa/Dar_es_Salaam"), zone(t, "Pacific/Apia")
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, dar)
	ten := 10
	never := 0
	store := &rows{
		latest: now,
		keepings: []flowhq.RetentionRule{
			{TenantID: "a", Location: dar},
			{TenantID: "b", Location: dar, Own: &flowhq.RetentionOverride{Messages: &ten}},
			{TenantID: "c", Location: dar, Own: &flowhq.RetentionOverride{Messages: &never}},
			{TenantID: "d", Location: samoa},
		},
		old: map[string]map[flowhq.RetentionKind][]time.Time{"a": messages(now, 1200, 91), "b": messages(now, 3, 11),
			"c": messages(now, 3, 4000), "d": messages(now, 3, 91)},
	}
	s := retention.New(retention.Config{
		Store: store, Keep: flowhq.Retention{Messages: 90}, Quiet: flowhq.QuietHours{From: 1, To: 5}, Zone: dar,
		Now: func() time.Time {
			return now
		},
	})
	sweep := func() {
		t.Helper()
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left := func(want ...int) {
		t.Helper()
		var got []int
		for _, id := range []string{"a", "b", "c", "d"} {
			got = append(got, len(store.old[id][flowhq.RetainMessages]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v rows are left, want %v", got, want)
		}
	}
	store.old["a"][flowhq.RetainMessages] = append(store.old["a"][flowhq.RetainMessages], now.AddDate(0, 0, -89))
	sweep()
	left(1, 0, 3, 3)
	if store.reclaims != 3 {
		t.Errorf("space was given back in %d steps, want 3", store.reclaims)
	}
	if slices.Max(store.steps) > 500 || store.steps[0] != 500 {
		t.Errorf("steps are %v", store.steps)
	}
	store.old["a"] = messages(now, 5, 91)
	now = now.Add(time.Hour)
	sweep() // once a day
	left(5, 0, 3, 3)
	now = time.Date(2026, 3, 2, 3, 0, 0, 0, samoa)
	sweep() // the night of another place
	left(5, 0, 3, 0)
	now = time.Date(2026, 3, 3, 2, 0, 0, 0, dar)
	sweep()
	left(0, 0, 3, 0)
}

func TestSweepEndsWithTheNight(t *testing.T) {
	now := time.Date(2026, 3, 1, 4, 59, 0, 0, time.UTC)
	store := &rows{
		latest: now, keepings: []flowhq.RetentionRule{{TenantID: "a", Location: time.UTC}},
		old: map[string]map[flowhq.RetentionKind][]time.Time{"a": messages(now, 2000, 91)},
	}
	store.onDelete = func() { now = now.Add(time.Minute) }
	s := retention.New(retention.Config{
		Store: store, Keep: flowhq.Retention{Messages: 90}, Quiet: flowhq.QuietHours{From: 1, To: 5}, Zone: time.UTC,
		Now: func() time.Time {
			return now
		},
	})
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(store.old["a"][flowhq.RetainMessages]); n != 1500 || store.reclaims != 0 {
		t.Errorf("%d rows are left, %d reclaims", n, store.reclaims)
	}
	now = now.Add(20 * time.Hour) // the next night goes on where this one ended
	store.onDelete = nil
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(store.old["a"][flowhq.RetainMessages]); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// A server that comes up with a wrong clock must not throw away what is not old.
func TestWrongClock(t *testing.T) {
	really := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	now := really.AddDate(10, 0, 0)
	store := &rows{
		latest: really, keepings: []flowhq.RetentionRule{{TenantID: "a", Location: time.UTC}},
		old: map[string]map[flowhq.RetentionKind][]time.Time{"a": messages(really, 3, 1)},
	}
	s := retention.New(retention.Config{Store: store, Keep: flowhq.Retention{Messages: 90}, Now: func() time.Time {
		return now
	}, Zone: time.UTC})
	for range 23 {
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if n := len(store.old["a"][flowhq.RetainMessages]); n != 3 {
		t.Fatalf("%d rows are left", n)
	}
	now = now.Add(time.Hour) // a day of it: the server was really off for long
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(store.old["a"][flowhq.RetainMessages]); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

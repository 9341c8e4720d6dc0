package backup

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"flowhq"
)

func TestWhatIsKept(t *testing.T) {
	zone := time.FixedZone("EAT", 3*3600)
	var all []flowhq.Backup
	newest := time.Date(2026, 3, 31, 2, 30, 0, 0, zone) // a Tuesday
	for day := range 60 {
		at := newest.AddDate(0, 0, -day)
		all = append(all, flowhq.Backup{Name: at.Format("01-02"), TakenAt: at})
		all = append(all, flowhq.Backup{Name: at.Format("01-02") + " at noon", TakenAt: at.Add(10 * time.Hour)})
	}
	all = append(all, flowhq.Backup{Name: "by hand", TakenAt: newest.AddDate(-1, 0, 0), TenantID: "0198"})
	gone := Keep{Days: 7, Weeks: 4}.Outdated(all, zone)
	var stays []string
	for _, b := range all {
		if !slices.ContainsFunc(gone, func(g flowhq.Backup) bool { return g.Name == b.Name }) {
			stays = append(stays, b.Name)
		}
	}
	want := []string{"03-31 at noon", "03-30 at noon", "03-29 at noon", "03-28 at noon", "03-27 at noon",
		"03-26 at noon", "03-25 at noon",
		"03-22 at noon", "03-15 at noon", "by hand"}
	if !slices.Equal(stays, want) {
		t.Errorf("stay %q\nwant %q", stays, want)
	}
	if gone := (Keep{Days: 1}).Outdated(all[:1], zone); len(gone) != 0 {
		t.Errorf("the only one is outdated: %v", gone)
	}
}

func TestWhenABackupIsDue(t *testing.T) {
	at := 150 * time.Minute
	day := func(d, h, m int) time.Time { return time.Date(2026, 3, d, h, m, 0, 0, time.UTC) }
	for what, tt := range map[string]struct {
		s    schedule
		now  time.Time
		want time.Time
	}{
		"by hand only": {schedule{began: day(1, 0, 0)}, day(5, 0, 0), time.Time{}},
		"a new box":    {schedule{at: &at, began: day(1, 12, 0)}, day(1, 12, 0), day(2, 2, 30)},
		"after a good one": {schedule{at: &at, began: day(1, 12, 0), last: day(2, 2, 30)}, day(2, 2, 31),
			day(3, 2, 30)},
		"one by hand at noon": {schedule{at: &at, began: day(1, 12, 0), last: day(2, 12, 0)}, day(2, 12, 1),
			day(3, 2, 30)},
		"the box was off": {schedule{at: &at, began: day(9, 8, 0), last: day(2, 2, 30)}, day(9, 8, 1),
			day(9, 8, 10)},
		"after a failure": {schedule{at: &at, began: day(1, 12, 0), last: day(2, 2, 30), tried: day(3, 2, 30)},
			day(3, 2, 31), day(3, 3, 30)},
		"failed long ago": {schedule{at: &at, began: day(1, 12, 0), last: day(2, 2, 30), tried: day(3, 2, 30)},
			day(3, 4, 0), day(3, 3, 30)},
		"the clock went back": {schedule{at: &at, began: day(1, 12, 0), last: day(20, 2, 30)}, day(2, 3, 0),
			day(2, 2, 30)},
	} {
		tt.s.zone = time.UTC
		if got := tt.s.next(tt.now); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", what, got, tt.want)
		}
		if due := tt.s.due(tt.now); due != (!tt.want.IsZero() && !tt.now.Before(tt.want)) {
			t.Errorf("%s: due %v", what, due)
		}
	}
}

func TestNames(t *testing.T) {
	at := time.Date(2026, 11, 25, 2, 30, 0, 0, time.UTC)
	for _, tenant := range []string{"", "0198c0de-0000-7000-8000-000000000000"} {
		for _, sealed := range []bool{false, true} {
			name := NameOf(at, tenant, sealed)
			b, ok := parseName(name)
			if !ok || !b.TakenAt.Equal(at) || b.Encrypted != sealed || (b.TenantID == "") != (tenant == "") {
				t.Errorf("%s is read as %+v, %v", name, b, ok)
			}
		}
	}
	for _, name := range []string{"", "flowhq.db", "flowhq-20261125T023000Z.tar.zst.part",
		"flowhq-20261325T023000Z.tar.zst", fmt.Sprintf("x%s", NameOf(at, "", false))} {
		if b, ok := parseName(name); ok {
			t.Errorf("%q is read as %+v", name, b)
		}
	}
}

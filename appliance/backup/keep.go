package backup

import (
	"fmt"
	"slices"
	"time"

	"flowhq"
)

// Keep says how many backups stay: the newest of each of so many days, and of each of so many weeks.
type Keep struct{ Days, Weeks int }

// Outdated gives the backups that need not stay. Days and weeks without a backup do not count, so that a box that was
// off for a month still has its last ones. The newest stays whatever happens, and so do backups of single tenants,
// which somebody made by hand.
func (k Keep) Outdated(all []flowhq.Backup, zone *time.Location) []flowhq.Backup {
	whole := slices.DeleteFunc(slices.Clone(all), func(b flowhq.Backup) bool { return b.TenantID != "" })
	slices.SortFunc(whole, func(a, b flowhq.Backup) int { return b.TakenAt.Compare(a.TakenAt) })
	days, weeks := map[string]bool{}, map[string]bool{}
	var out []flowhq.Backup
	for i, b := range whole {
		at := b.TakenAt.In(zone)
		year, number := at.ISOWeek()
		stays := i == 0
		stays = first(days, at.Format(time.DateOnly), k.Days) || stays
		stays = first(weeks, fmt.Sprint(year, number), k.Weeks) || stays
		if !stays {
			out = append(out, b)
		}
	}
	return out
}

// first tells whether a span of time is seen for the first time and is one of the first so many.
func first(seen map[string]bool, span string, most int) bool {
	if seen[span] || len(seen) >= most {
		return false
	}
	seen[span] = true
	return true
}

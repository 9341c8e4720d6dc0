package dashboard

import (
	"context"
	"maps"
	"time"

	"flowhq"
)

// figuresKept is how old the figures of the day may be. Of the hours that are over, which hardly change (a worker
// that was away tells of them late), they may be as old as pastKept: ten thousand businesses have a quarter of a
// million of them.
const (
	figuresKept = 2 * time.Second
	pastKept    = time.Minute
)

// day is the messages of two days by the hour and tenant, and what they come to. It is not changed once it is made.
type day struct {
	at   time.Time
	all  map[string]figures // by tenant, with open requests
	late []flowhq.MessageHour
	past
}

// past is the hours before the last one that was over when they were read.
type past struct {
	running time.Time // the hour then
	readAt  time.Time
	early   []flowhq.MessageHour
	sums    map[string]figures // by tenant
}

// figures are one tenant's: of today, and of the last 24 hours by the hour.
type figures struct {
	received, sent, open int
	hours                [24]int
}

// readFigures reads the day's figures of all tenants. One caller at a time.
func (s *Summaries) readFigures(ctx context.Context, now time.Time) error {
	s.cache.mu.Lock()
	d := day{at: now, past: s.cache.day.past}
	s.cache.mu.Unlock()
	today, running := dayBegin(now), now.UTC().Truncate(time.Hour)
	if err := s.readHours(ctx, &d, now, today, running); err != nil {
		return err
	}
	open, err := s.store.OpenRequests(ctx)
	if err != nil {
		return err
	}
	d.all = maps.Clone(d.sums)
	sum(d.all, d.late, today, running)
	for id, n := range open {
		f := d.all[id]
		f.open = n
		d.all[id] = f
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	s.cache.day = d
	return nil
}

// readHours reads the hours of d: the late ones, and those before when what is known of them is too old.
func (s *Summaries) readHours(ctx context.Context, d *day, now, today, running time.Time) (err error) {
	parted := running.Add(-time.Hour)
	if d.running.Equal(running) && now.Sub(d.readAt) < pastKept {
		d.late, err = s.store.MessageHours(ctx, parted)
		return err
	}
	hours, err := s.store.MessageHours(ctx, now.Add(-47*time.Hour))
	if err != nil {
		return err
	}
	d.past = past{running: running, readAt: now, sums: map[string]figures{}}
	for _, h := range hours {
		if h.Hour.Before(parted) {
			d.early = append(d.early, h)
		} else {
			d.late = append(d.late, h)
		}
	}
	sum(d.sums, d.early, today, running)
	return nil
}

// sum adds hours to the figures of their tenants.
func sum(all map[string]figures, hours []flowhq.MessageHour, today, running time.Time) {
	for _, h := range hours {
		f := all[h.TenantID]
		if !h.Hour.Before(today) {
			f.received += h.Received
			f.sent += h.Sent
		}
		if back := int(running.Sub(h.Hour) / time.Hour); back >= 0 && back < len(f.hours) {
			f.hours[len(f.hours)-1-back] += h.Received
		}
		all[h.TenantID] = f
	}
}

// dayBegin is midnight in the zone that most businesses live in.
func dayBegin(now time.Time) time.Time {
	zone, err := time.LoadLocation(flowhq.DefaultTimezone)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
}

package backup

import "time"

// schedule decides when the daily backup is due. It is a state object without a clock of its own.
type schedule struct {
	at    *time.Duration // time of day; nil: never
	zone  *time.Location
	began time.Time // when the appliance began
	last  time.Time // when the last good backup was taken, zero: never
	tried time.Time // when the last one was tried
}

// How a schedule deals with trouble.
const (
	tryAgain = time.Hour        // after a failure
	settling = 10 * time.Minute // a box that was off at the time catches up so long after its start, when all is up
)

// next gives when the next backup is due, zero for never. It may lie in the past.
func (s schedule) next(now time.Time) time.Time {
	if s.at == nil {
		return time.Time{}
	}
	since := s.last
	if since.IsZero() || since.After(now) { // never, or before the clock was set back
		since = s.began
	}
	due := s.after(since)
	if due.Before(s.began) { // the box was off, or this is a new appliance
		due = s.began.Add(settling)
	}
	if s.tried.After(s.last) && !due.After(s.tried) { // it failed
		due = s.tried.Add(tryAgain)
	}
	return due
}

func (s schedule) due(now time.Time) bool {
	next := s.next(now)
	return !next.IsZero() && !now.Before(next)
}

// after gives the first time of the daily backup that comes after t.
func (s schedule) after(t time.Time) time.Time {
	local := t.In(s.zone)
	for day := 0; ; day++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, 0, int(s.at.Minutes()), 0, 0, s.zone)
		if at.After(t) {
			return at
		}
	}
}

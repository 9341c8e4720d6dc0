package flowhq

import "time"

// QuietHours are the hours of a day in which heavy work is done, on local clocks, from the beginning of From to the
// beginning of To. They may run over midnight; equal hours are the whole day.
type QuietHours struct{ From, To int }

// Contain tells whether a local time is quiet.
func (q QuietHours) Contain(local time.Time) bool {
	h := local.Hour()
	switch {
	case q.From == q.To:
		return true
	case q.From < q.To:
		return q.From <= h && h < q.To
	default:
		return h >= q.From || h < q.To
	}
}

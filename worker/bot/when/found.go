package when

import "time"

// A day, an hour or a part of the day that stands in a message, tokens at to end.
type (
	dayFound struct {
		at, end int
		day     time.Time
		bare    bool // a weekday with nothing that says which
		weekday bool
		named   bool // a day of a month
		bad     bool // there is no such day, or it may be several
		refused bool
	}
	clockFound struct {
		at, end  int
		hour     int
		add      int  // minutes, also negative
		saa      bool // introduced by "saa"
		swahili  bool // said with a Swahili number
		part     int  // token of the part of the day that stands within: "saa nne asubuhi na nusu"; 0: none
		western  bool // written as a clock of 24 hours
		am, pm   bool
		midnight bool
		instant  bool // counted from now: when says it all
		when     time.Time
		bad      bool
		refused  bool
	}
	partFound struct {
		at, end int
		part    int
	}
)

// impossibleHour is an hour that no clock has.
const impossibleHour = 99

// found is all that a message says of days and hours.
type found struct {
	days   []dayFound
	clocks []clockFound
	parts  []partFound
}

// endsDay tells whether a day ends at token i, or just before it with the part of that day in between.
func (f *found) endsDay(i int) bool {
	if len(f.days) == 0 {
		return false
	}
	end := f.days[len(f.days)-1].end
	return end == i || end == i-1 && len(f.parts) > 0 && f.parts[len(f.parts)-1].end == i
}

// endsClock tells whether an hour ends at token i.
func (f *found) endsClock(i int) bool { return len(f.clocks) > 0 && f.clocks[len(f.clocks)-1].end == i }

// refuseNear refuses what ends just before token k, or what begins just after it. It tells whether there was anything.
func (f *found) refuseNear(k int, before bool) bool {
	near := func(at, end int) bool {
		if before {
			return end == k || end == k-1
		}
		return at == k+1 || at == k+2
	}
	any := false
	for i := range f.days {
		if near(f.days[i].at, f.days[i].end) {
			f.days[i].refused, any = true, true
		}
	}
	for i := range f.clocks {
		if near(f.clocks[i].at, f.clocks[i].end) {
			f.clocks[i].refused, any = true, true
		}
	}
	return any
}

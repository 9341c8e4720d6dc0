package dashboard

import (
	"slices"
	"testing"
	"time"

	"flowhq"
)

func TestHistory_Samples(t *testing.T) {
	var s series
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	p := flowhq.Process{PID: 7, MemoryRSS: 9 << 20, Uptime: time.Minute, CPU: 6 * time.Second}
	s.add(p, at)
	p.CPU += 3 * time.Second
	s.add(p, at.Add(time.Minute))
	p.PID, p.CPU, p.Uptime = 8, time.Second, 10*time.Second // a new process
	s.add(p, at.Add(2*time.Minute))
	got := s.samples()
	if len(got) != 3 || got[0].CPU != 10 || got[1].CPU != 5 || got[2].CPU != 10 || got[1].Memory != 9<<20 {
		t.Errorf("%+v", got)
	}
	for i := 3; i < 3000; i++ {
		p.CPU += time.Millisecond
		p.MemoryRSS = int64(i) << 10
		s.add(p, at.Add(time.Duration(i)*time.Minute))
	}
	got = s.samples()
	if len(s.recent.points) != recentKept || len(s.coarse.points) != coarseKept || len(got) > recentKept+coarseKept {
		t.Errorf("%d and %d points are kept, %d given", len(s.recent.points), len(s.coarse.points), len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b flowhq.ProcessSample) int { return a.At.Compare(b.At) }) ||
		got[len(got)-1].Memory != 2999<<10 {
		t.Error("the series is out of order")
	}
	if span := got[len(got)-1].At.Sub(got[0].At); span < 23*time.Hour || span > 25*time.Hour {
		t.Errorf("it spans %s", span)
	}
}

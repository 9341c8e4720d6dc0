package worker

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/wasim"
)

// TestPauseOutlivesTheWorker: a worker that is killed while WhatsApp restricts or bans the number keeps away as well, until
// the very same time, and answers afterwards what came meanwhile.
func TestPauseOutlivesTheWorker(t *testing.T) {
	for _, tc := range []struct {
		fault string
		phase flowhq.Phase
		end   func(*simulated)
	}{
		{"timelock", flowhq.PhaseRestricted, (*simulated).kill},
		{"ban", flowhq.PhaseBanned, (*simulated).kill},
		{"ban", flowhq.PhaseBanned, func(s *simulated) { // and in good order
			must(s.t, s.child.Process.Signal(syscall.SIGTERM))
			must(s.t, s.child.Wait())
		}},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			s := newSimulated(t)
			s.link()
			ends := time.Now().Add(5 * time.Second)
			_, err := s.sim.Inject(wasim.Fault{Fault: tc.fault, Seconds: 5})
			must(t, err)
			first := s.reported(tc.phase, 0)
			s.writes(0)
			tc.end(s)
			mark := s.reports()
			s.start()
			if second := s.reported(tc.phase, mark); first.Until == nil || second.Until == nil || !second.Until.Equal(*first.Until) || second.Detail != first.Detail {
				t.Errorf("first %+v, after the restart %+v", first, second)
			}
			within(t, "the answer", s.answered)
			if shown := s.people[0].Inbox(0)[0]; shown.At.Before(ends.Add(-50 * time.Millisecond)) {
				t.Errorf("answered %s before the end", ends.Sub(shown.At))
			}
			if st := s.sim.Stats(); st.Refused != 0 || tc.fault == "ban" && st.Banned != 1 {
				t.Errorf("WhatsApp refused %d messages and %d logins", st.Refused, st.Banned)
			}
			s.kill()
			mark = s.reports()
			s.start()
			s.reported(flowhq.PhaseConnected, mark) // nothing lasts any more
			if t.Failed() {
				t.Logf("worker's output:\n%s", tail(s.output.String(), 60))
			}
		})
	}
}

// TestReplacedStandsDownOverRestarts: another program has the device; a worker that comes back does not take it, until it is told to.
func TestReplacedStandsDownOverRestarts(t *testing.T) {
	s := newSimulated(t)
	s.link()
	before := s.phone.Info().Devices[0].LastLogin
	_, err := s.sim.Inject(wasim.Fault{Fault: "replaced"})
	must(t, err)
	s.reported(flowhq.PhaseReplaced, 0)
	for range 2 {
		s.kill()
		mark := s.reports()
		s.start()
		s.reported(flowhq.PhaseReplaced, mark)
	}
	s.writes(0)
	time.Sleep(time.Second) // many times the pause between logins
	if now := s.phone.Info().Devices[0].LastLogin; !now.Equal(before) {
		t.Errorf("it took the device back by itself")
	}
	must(t, s.office.server.Relink(t.Context(), "t1"))
	within(t, "the answer", s.answered)
	s.kill()
	mark := s.reports()
	s.start()
	s.reported(flowhq.PhaseConnected, mark) // it has the device again
}

// reported waits for a report of a phase, later than the first so many reports.
func (s *simulated) reported(phase flowhq.Phase, after int) (r flowhq.SessionReport) {
	s.t.Helper()
	within(s.t, strings.ToLower(string(phase)), func() bool {
		return s.office.get(func() bool {
			for _, r = range s.office.reports[after:] {
				if r.Phase == phase {
					return true
				}
			}
			return false
		})
	})
	return r
}

// reports counts the reports so far.
func (s *simulated) reports() (n int) {
	s.office.get(func() bool { n = len(s.office.reports); return true })
	return n
}

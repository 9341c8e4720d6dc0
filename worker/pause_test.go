package worker

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/wasim"
)

// TestPauseOutlivesTheWorker: a worker that is killed while WhatsApp restricts or bans the number keeps away as well,
// until the very same time, and answers afterwards what came meanwhile.
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
			bans := 0
			for length := 5 * time.Second; ; length *= 2 { // until this machine restarts a worker within the pause
				bans++
				if s.pausedOverRestart(tc.fault, tc.phase, length, tc.end) {
					break
				}
			}
			if st := s.sim.Stats(); st.Refused != 0 || tc.fault == "ban" && st.Banned != int64(bans) {
				t.Errorf("WhatsApp refused %d messages and %d logins", st.Refused, st.Banned)
			}
			s.kill()
			mark := s.reports()
			s.start()
			s.reported(flowhq.PhaseConnected, mark) // nothing lasts any more
			if t.Failed() {
				t.Logf("worker's output:\n%s", tail(s.output.String(), 60))
			}
		})
	}
}

// pausedOverRestart pauses the number, ends the worker meanwhile and waits for the answer to what came. false when the
// pause was over before the next worker ran, so that nothing was learnt.
func (s *simulated) pausedOverRestart(
	fault string, phase flowhq.Phase, length time.Duration, end func(*simulated),
) bool {
	s.t.Helper()
	mark := s.reports()
	_, err := s.sim.Inject(wasim.Fault{Fault: fault, Seconds: length.Seconds()})
	must(s.t, err)
	first := s.reported(phase, mark)
	s.writes(0)
	end(s)
	mark = s.reports()
	s.start()
	within(s.t, "the answer", s.answered)
	if first.Until == nil {
		s.t.Fatalf("no end: %+v", first)
	}
	rows := s.people[0].Inbox(0)
	if shown := rows[len(rows)-1]; shown.At.Before(first.Until.Add(-50 * time.Millisecond)) {
		s.t.Errorf("answered %s before the end", first.Until.Sub(shown.At))
	}
	second, ok := s.find(phase, mark)
	if !ok {
		return false
	}
	if second.Until == nil || !second.Until.Equal(*first.Until) || second.Detail != first.Detail {
		s.t.Errorf("first %+v, after the restart %+v", first, second)
	}
	return true
}

// TestReplacedStandsDownOverRestarts: another program has the device; a worker that comes back does not take it, until
// it is told to.
func TestReplacedStandsDownOverRestarts(t *testing.T) {
	s := newSimulated(t)
	s.office.config.Limits.Heartbeat = 100 * time.Millisecond
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
	beats := s.beats()
	within(t, "heartbeats of many pauses between logins", func() bool { return s.beats() > beats+10 })
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
	within(s.t, strings.ToLower(string(phase)), func() (ok bool) {
		r, ok = s.find(phase, after)
		return ok
	})
	return r
}

// find looks for a report of a phase, later than the first so many reports.
func (s *simulated) find(phase flowhq.Phase, after int) (r flowhq.SessionReport, ok bool) {
	ok = s.office.get(func() bool {
		for _, r = range s.office.reports[after:] {
			if r.Phase == phase {
				return true
			}
		}
		return false
	})
	return r, ok
}

// beats counts the heartbeats so far.
func (s *simulated) beats() (n int) {
	s.office.get(func() bool { n = len(s.office.beats); return true })
	return n
}

// reports counts the reports so far.
func (s *simulated) reports() (n int) {
	s.office.get(func() bool { n = len(s.office.reports); return true })
	return n
}

package worker

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/wasim"
	"flowhq/wire"
)

const (
	businessNo = "+255700000000"
	simPeople  = 6
)

// simulated is a worker's real process, linked to a simulated WhatsApp.
type simulated struct {
	t       *testing.T
	sim     *wasim.Server
	phone   *wasim.Phone
	office  *office
	dir     string
	people  []*wasim.Customer
	written []int
	child   *exec.Cmd
	output  output
}

func newSimulated(t *testing.T) *simulated {
	t.Helper()
	sim, err := wasim.New(wasim.Config{Seed: 5, FewKeys: true, Linger: 100 * time.Millisecond})
	must(t, err)
	t.Cleanup(func() { must(t, sim.Close()) })
	s := &simulated{t: t, sim: sim, dir: t.TempDir(), written: make([]int, simPeople)}
	s.office = newOffice(t, filepath.Join(s.dir, "workers.sock"))
	s.office.config.Limits.RepliesPerMinute = 1_000_000
	s.phone, err = sim.Phone(businessNo)
	must(t, err)
	forms := []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly}
	for i := range simPeople {
		c, err := sim.Customer(
			fmt.Sprintf("+25571000000%d", i), wasim.CustomerOptions{Name: fmt.Sprintf("C%d", i), Address: forms[i%3]},
		)
		must(t, err)
		s.people = append(s.people, c)
	}
	s.start()
	t.Cleanup(func() {
		if s.child != nil {
			_ = s.child.Process.Kill()
			_ = s.child.Wait()
		}
	})
	return s
}

func (s *simulated) start() {
	s.t.Helper()
	exe, err := os.Executable()
	must(s.t, err)
	key := s.sim.RootKey()
	s.child = exec.Command(exe)
	s.child.Env = []string{
		envRole + "=linked",
		wire.EnvTenant + "=t1",
		wire.EnvDir + "=" + filepath.Join(s.dir, "t1"),
		wire.EnvSocket + "=" + filepath.Join(
			s.dir, "workers.sock",
		),
		wire.EnvToken + "=secret",
		wire.EnvVersion + "=test",
		wire.EnvLogLevel + "=info",
		wire.EnvSimulator + "=" + s.sim.Addr(),
		wire.EnvSimulatorKey + "=" + hex.EncodeToString(key[:]),
	}
	s.child.Stdout, s.child.Stderr = &s.output, &s.output
	must(s.t, s.child.Start())
}

func (s *simulated) kill() {
	_ = s.child.Process.Kill()
	_ = s.child.Wait()
	s.child = nil
}

// link scans the first code that the worker reports.
func (s *simulated) link() {
	s.t.Helper()
	code := ""
	within(s.t, "a QR code", func() bool {
		return s.office.get(func() bool {
			for _, r := range s.office.reports {
				if r.Phase == flowhq.PhaseQR {
					code = r.QRCode
				}
			}
			return code != ""
		})
	})
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	_, err := s.phone.Scan(ctx, code)
	must(s.t, err)
	within(s.t, "the device is connected", func() bool { return s.phase() == flowhq.PhaseConnected })
}

func (s *simulated) phase() (p flowhq.Phase) {
	s.office.get(func() bool {
		if n := len(s.office.reports); n > 0 {
			p = s.office.reports[n-1].Phase
		}
		return true
	})
	return p
}

func (s *simulated) writes(n int) {
	s.t.Helper()
	if s.written[n]-len(s.sees(n)) >= maxWaiting/2 {
		return // the queue's bound has a test of its own
	}
	s.written[n]++
	_, err := s.people[n].Send(wasim.Message{
		To: businessNo, Text: fmt.Sprint(s.written[n]), ID: fmt.Sprintf("%s%d", idPrefix(n), s.written[n]),
	})
	must(s.t, err)
}

// sees lists what a customer's phone shows.
func (s *simulated) sees(n int) []string {
	var texts []string
	for _, row := range s.people[n].Inbox(0) {
		texts = append(texts, row.Text)
	}
	return texts
}

// order lists a customer's messages as they came in, and the answers as they went out, by the log. A message that could
// not be decrypted at first, after a new identity say, is sent again by the phone at its other end and comes behind
// later ones: that holds for both directions, so what phones show may be in another order than the log.
func (s *simulated) order(n int) (in, out []string) {
	s.office.get(func() bool {
		for _, e := range s.office.events {
			switch m := e.Message; {
			case m == nil:
			case m.Direction == flowhq.DirectionIn && strings.HasPrefix(m.WAMessageID, idPrefix(n)):
				in = append(in, "re: "+m.Text)
			case m.Direction == flowhq.DirectionOut && strings.HasPrefix(m.Target, idPrefix(n)):
				out = append(out, m.Text)
			}
		}
		return true
	})
	return in, out
}

func idPrefix(n int) string { return fmt.Sprintf("CUSTOMER%dN", n) }

func (s *simulated) answered() bool {
	for n := range s.people {
		if len(s.sees(n)) < s.written[n] {
			return false
		}
	}
	return true
}

// TestTortureOverSimulatedWhatsApp is the torture with nothing left out: real protocol, real encryption, real process.
func TestTortureOverSimulatedWhatsApp(t *testing.T) {
	length := 4 * time.Second
	if s := os.Getenv(envTorture); s != "" {
		var err error
		length, err = time.ParseDuration(s)
		must(t, err)
	}
	s := newSimulated(t)
	s.link()
	done := s.trouble(length)
	s.sim.EndFaults()
	if !eventually(t, s.answered) {
		t.Error("not everything was answered in time")
	}
	total := 0
	for n := range s.people {
		total += s.written[n]
	}
	within(t, "the log is complete", func() bool { return s.logComplete(total) })
	for n := range s.people {
		s.checkOrder(n)
	}
	must(t, s.child.Process.Signal(syscall.SIGTERM))
	if err := s.child.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	s.child = nil
	t.Logf("%d messages; %v", total, done)
	if t.Failed() {
		t.Logf("worker's output:\n%s", tail(s.output.String(), 80))
	}
}

// trouble lets customers write while one fault follows the other, and counts the faults by kind.
func (s *simulated) trouble(length time.Duration) (done map[string]int) {
	s.t.Helper()
	rnd := rand.New(rand.NewPCG(4, 4))
	done = map[string]int{}
	fault := func(f wasim.Fault) {
		done[f.Fault]++
		_, _ = s.sim.Inject(f) // a fault for nobody just now is not an error of the test
	}
	for end := time.Now().Add(length); time.Now().Before(end); {
		<-time.After(time.Duration(rnd.IntN(60)) * time.Millisecond)
		switch what := rnd.IntN(120); what {
		case 0, 1:
			done["kill"]++
			s.kill()
			s.start()
		case 2:
			fault(wasim.Fault{Fault: "drop"})
		case 3:
			fault(wasim.Fault{Fault: "hold-acks", Seconds: 1.5})
		case 4:
			fault(wasim.Fault{Fault: "redeliver", Count: 3})
		case 5:
			fault(wasim.Fault{Fault: "new-identity", Number: s.people[rnd.IntN(simPeople)].Number()})
		case 6:
			fault(wasim.Fault{Fault: "retry", Number: s.people[rnd.IntN(simPeople)].Number()})
		default:
			s.writes(rnd.IntN(simPeople))
		}
	}
	return done
}

// logComplete tells whether the appliance has so many different messages in, and as many out.
func (s *simulated) logComplete(total int) bool {
	return s.office.get(func() bool {
		in, out := map[string]bool{}, map[string]bool{}
		for _, e := range s.office.events {
			if m := e.Message; m != nil && m.Direction == flowhq.DirectionIn {
				in[m.WAMessageID] = true
			} else if m != nil {
				out[m.WAMessageID] = true
			}
		}
		return len(in) == total && len(out) == total
	})
}

// checkOrder wants a customer's messages answered once each, in the order in which they came in.
func (s *simulated) checkOrder(n int) {
	s.t.Helper()
	in, out := s.order(n)
	if strings.Join(in, "|") != strings.Join(out, "|") {
		s.t.Errorf("%s: came in %q\nwent out %q", s.people[n].Number(), in, out)
	}
	shown := s.sees(n)
	slices.Sort(shown)
	slices.Sort(in)
	if !slices.Equal(shown, in) || len(in) != s.written[n] {
		s.t.Errorf("%s wrote %d messages and sees %q", s.people[n].Number(), s.written[n], shown)
	}
}

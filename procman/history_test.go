package procman_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq/procman"
)

// follows draws which state may come after which.
var follows = map[procman.State][]procman.State{
	procman.StateStopped: {procman.StateStarting},
	procman.StateStarting: {procman.StateRunning, procman.StateStopped, procman.StateBackoff, procman.StateCrashLoop,
		procman.StateExited},
	procman.StateRunning: {procman.StateStopping, procman.StateStarting, procman.StateStopped, procman.StateBackoff,
		procman.StateCrashLoop, procman.StateExited},
	procman.StateStopping:  {procman.StateStopped, procman.StateStarting, procman.StateBackoff, procman.StateCrashLoop},
	procman.StateBackoff:   {procman.StateStarting, procman.StateStopped},
	procman.StateCrashLoop: {procman.StateStarting, procman.StateStopped},
	procman.StateExited:    {procman.StateStopped, procman.StateStarting},
}

// Calls and crashes come in random order. A process never runs twice at a time,
// every state follows from the one before, every run that began has an end, and
// the last call decides.
func TestRandomHistories(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		cfg.EventsKept = 1 << 16
		m := open(t, cfg)
		dir := t.TempDir()
		lock, doubled := filepath.Join(dir, "lock"), filepath.Join(dir, "doubled")
		names := []string{"a", "b", "c"}
		for _, name := range names {
			// A grandchild that has fled holds the lock too, as it would a port.
			script := fmt.Sprintf("exec 9>%s.%s; flock -n 9 || { echo %s >> %s; exit 1; }; setsid sleep 1000 & "+
				"exec sleep 1000", lock, name, name, doubled)
			set(t, m, procman.Spec{
				Name: name, Argv: []string{"/bin/sh", "-c", script},
				Restart: procman.RestartPolicy{Base: time.Millisecond, Ceiling: 5 * time.Millisecond, CrashLoop: 3},
				Stop:    procman.StopPolicy{Grace: 2 * time.Second, Linger: -1},
			})
		}
		var callers sync.WaitGroup
		for i := range 4 {
			callers.Add(1)
			go func() {
				defer callers.Done()
				r := rand.New(rand.NewPCG(uint64(i), 11))
				for range 40 {
					act(t, m, r, names[r.IntN(len(names))])
				}
			}()
		}
		callers.Wait()
		for _, name := range names {
			if err := m.Restart(patience(t), name); err != nil {
				t.Errorf("the last wish: %v", err)
			}
			if s := status(t, m, name); s.State != procman.StateRunning || !alive(s.Pid) {
				t.Errorf("in the end: %+v", s)
			}
		}
		if b, err := os.ReadFile(doubled); err == nil {
			t.Errorf("two at a time:\n%s", b)
		}
		checkHistory(t, m.Events(0))
	})
}

// act does one random thing that a caller might do.
func act(t *testing.T, m *procman.Manager, r *rand.Rand, name string) {
	var err error
	switch r.IntN(8) {
	case 0, 1:
		err = m.Start(patience(t), name)
	case 2:
		err = m.Stop(patience(t), name)
	case 3:
		err = m.Restart(patience(t), name)
	case 4:
		err = m.Kill(patience(t), name)
	case 5:
		err = m.RestartFor(patience(t), name, procman.CauseStale)
	case 6:
		short, cancel := context.WithTimeout(patience(t), time.Duration(r.IntN(10))*time.Millisecond)
		defer cancel()
		_ = m.Stop(short, name) // a caller who does not wait
	default:
		if s, serr := m.Status(name); serr == nil && s.Pid != 0 {
			killed(s.Pid)
		}
	}
	if err != nil && !errors.Is(err, procman.ErrSuperseded) && !errors.Is(err, procman.ErrWaiting) {
		t.Errorf("%s: %v", name, err)
	}
}

// checkHistory wants events without gaps, in an order that follows allows, and no
// end without a run.
func checkHistory(t *testing.T, events []procman.Event) {
	t.Helper()
	h := history{t: t, states: make(map[string]procman.State), runs: make(map[string]int)}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
		switch e.Type {
		case procman.EventState:
			h.state(e)
		case procman.EventExit:
			h.exit(e)
		}
	}
}

// history is what the events so far say about each process.
type history struct {
	t      *testing.T
	states map[string]procman.State
	runs   map[string]int
}

func (h history) state(e procman.Event) {
	h.t.Helper()
	before, known := h.states[e.Process]
	if !known {
		before = procman.StateStopped
	}
	if e.From != before || !slices.Contains(follows[e.From], e.To) {
		h.t.Errorf("event %d: %s went from %s (it was %s) to %s, cause %s", e.Seq, e.Process, e.From, before,
			e.To, e.Cause)
	}
	if h.states[e.Process] = e.To; e.To == procman.StateRunning {
		h.runs[e.Process]++
	}
	if e.Cause == "" {
		h.t.Errorf("event %d has no cause: %+v", e.Seq, e)
	}
}

func (h history) exit(e procman.Event) {
	h.t.Helper()
	if h.runs[e.Process]--; h.runs[e.Process] != 0 {
		h.t.Errorf("event %d: %s ended %d times without running", e.Seq, e.Process, -h.runs[e.Process])
	}
	if e.Exit == nil || e.Cause == "" {
		h.t.Errorf("event %d does not say how: %+v", e.Seq, e)
	}
}

// A process that the owner finds stale is treated as crashed: the policy counts
// it, and one that is not to run stays as it is.
func TestFailureThatTheOwnerFinds(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "idle")
	spec.Restart = procman.RestartPolicy{Base: time.Hour, Ceiling: time.Hour}
	a := start(t, m, spec)
	if err := m.RestartFor(patience(t), "a", procman.CauseStale); err != nil {
		t.Fatal(err)
	}
	if s := status(t, m, "a"); s.Pid == a.Pid || s.ShortRuns != 1 || s.Cause != procman.CauseStale {
		t.Errorf("after the first: %+v", s)
	}
	if err := m.RestartFor(patience(t), "a", procman.CauseStale); !errors.Is(err, procman.ErrWaiting) {
		t.Errorf("the second: %v", err)
	}
	if s := status(t, m, "a"); s.State != procman.StateBackoff || s.ShortRuns != 2 {
		t.Errorf("after the second: %+v", s)
	}
	if err := m.RestartFor(patience(t), "a", procman.CauseStale); !errors.Is(err, procman.ErrWaiting) {
		t.Errorf("one that waits already: %v", err)
	}
	if err := m.Stop(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	if err := m.RestartFor(patience(t), "a", procman.CauseStale); !errors.Is(err, procman.ErrSuperseded) {
		t.Errorf("a stopped one: %v", err)
	}
	if s := status(t, m, "a"); s.State != procman.StateStopped || s.Wanted {
		t.Errorf("a stopped one was started: %+v", s)
	}
}

// While many start for the first time, a running process can be stopped, and one
// that crashed is started next.
func TestManyStartsDoNotHoldOthersUp(t *testing.T) {
	cfg := config(t, "")
	cfg.MaxStarts = 1
	m := open(t, cfg)
	for _, name := range []string{"crasher", "other"} {
		start(t, m, childSpec(t, name, "idle"))
	}
	var mu sync.Mutex
	var order []string
	turn, first := make(chan struct{}), make(chan struct{})
	hook := func(_ context.Context, s procman.StartInfo) ([]string, error) {
		mu.Lock()
		order = append(order, s.Name)
		if len(order) == 1 {
			close(first)
		}
		mu.Unlock()
		<-turn
		return nil, nil
	}
	spec := childSpec(t, "crasher", "idle")
	spec.Env = hook
	set(t, m, spec)
	for i := range 100 {
		spec := childSpec(t, fmt.Sprintf("p%02d", i), "idle")
		spec.Env = hook
		set(t, m, spec)
		if err := m.Want(spec.Name, true); err != nil {
			t.Fatal(err)
		}
	}
	<-first // holds the only place
	if err := m.Stop(patience(t), "other"); err != nil {
		t.Errorf("stop meanwhile: %v", err)
	}
	killed(status(t, m, "crasher").Pid)
	eventually(t, "the crash to be seen", func() bool { return status(t, m, "crasher").State == procman.StateStarting })
	<-time.After(20 * time.Millisecond) // the state is starting just before a place in the queue is taken
	close(turn)
	eventually(t, "all to run", func() bool {
		return !slices.ContainsFunc(m.List(), func(s procman.Status) bool {
			return s.Wanted && s.State != procman.StateRunning
		})
	})
	if len(order) != 101 || order[1] != "crasher" {
		t.Errorf("%d starts, %s came second", len(order), order[1])
	}
}

func TestOOMScoreFollowsTheSpec(t *testing.T) {
	m := open(t, config(t, ""))
	own, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		t.Fatal(err)
	}
	spec := childSpec(t, "a", "idle")
	s := start(t, m, spec)
	want := func(text string) {
		t.Helper()
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", s.Pid)); err != nil ||
			strings.TrimSpace(string(b)) != text {
			t.Errorf("oom_score_adj is %q, not %q (%v)", b, text, err)
		}
	}
	adj := 700
	spec.OOMScoreAdj = &adj
	if c := set(t, m, spec); c.Kind != procman.ChangeApplied {
		t.Errorf("%+v", c)
	}
	want("700")
	spec.OOMScoreAdj = nil
	set(t, m, spec)
	want(strings.TrimSpace(string(own)))
}

// Member names the main process and its descendants, and no other process.
func TestMember(t *testing.T) {
	modes(t, func(t *testing.T, cfg procman.Config) {
		m := open(t, cfg)
		a := start(t, m, childSpec(t, "a", "fork", "setsid"))
		start(t, m, childSpec(t, "b", "idle"))
		g := grandchild(t, m, "a")
		for _, pid := range []int{a.Pid, g} {
			if name, ok := m.Member(pid); !ok || name != "a" {
				t.Errorf("%d is said to be of %q", pid, name)
			}
		}
		for _, pid := range []int{os.Getpid(), os.Getppid(), 1, 0, -1} {
			if name, ok := m.Member(pid); ok {
				t.Errorf("%d is said to be of %q", pid, name)
			}
		}
	})
}

package procman

import (
	"math/rand/v2"
	"testing"
	"time"
)

// history is a random course of ends under a random policy, the same for a seed.
type history struct {
	policy RestartPolicy
	ran    []time.Duration
	ends   []Exit
	chance []float64
}

func randomHistory(seed uint64) history {
	r := rand.New(rand.NewPCG(seed, 7))
	h := history{policy: RestartPolicy{
		Mode:       []RestartMode{RestartAlways, RestartOnFailure, RestartNever}[r.IntN(3)],
		Base:       time.Duration(1+r.IntN(5000)) * time.Millisecond,
		Factor:     1 + 4*r.Float64(),
		Ceiling:    time.Duration(1+r.IntN(100)) * time.Second,
		Jitter:     r.Float64(),
		ResetAfter: time.Duration(1+r.IntN(100)) * time.Second,
		CrashLoop:  2 + r.IntN(20),
	}.withDefaults()}
	if r.IntN(2) == 0 {
		h.policy.SuccessCodes = []int{0, 3}
	}
	for range 1 + r.IntN(200) {
		h.ran = append(h.ran, time.Duration(r.Int64N(int64(2*h.policy.ResetAfter))))
		if r.IntN(3) > 0 {
			h.ran[len(h.ran)-1] = time.Millisecond
		}
		kinds := []Exit{{Kind: ExitCode}, {Kind: ExitCode, Code: 3}, {Kind: ExitCode, Code: 1}, {Kind: ExitSignal, Signal: 9}, {Kind: ExitUnknown}, {Kind: ExitFailed}}
		h.ends = append(h.ends, kinds[r.IntN(len(kinds))])
		h.chance = append(h.chance, r.Float64())
	}
	return h
}

// What must hold of any decision after any history.
func TestBackoffProperties(t *testing.T) {
	for seed := range uint64(3000) {
		h := randomHistory(seed)
		var b Backoff
		short := 0 // counted by this test, in its own way
		for i := range h.ends {
			before := b
			d := b.Next(h.policy, h.ran[i], h.ends[i], h.chance[i])
			short++
			if h.ran[i] >= h.policy.ResetAfter {
				short = 0
			}
			fail := func(what string) {
				t.Fatalf("seed %d, end %d (%v after %v, streak %d): %s: %+v", seed, i, h.ends[i], h.ran[i], before.Streak, what, d)
			}
			good := h.ends[i].Kind == ExitCode && (h.ends[i].Code == 0 || h.ends[i].Code == 3 && h.policy.SuccessCodes != nil)
			if d.Success != good {
				fail("success is not what the codes say")
			}
			wantRestart := h.policy.Mode == RestartAlways || h.policy.Mode == RestartOnFailure && !good
			if d.Restart != wantRestart {
				fail("restart is not what the mode says")
			}
			if !d.Restart {
				if d.Delay != 0 || d.CrashLoop {
					fail("a delay without a restart")
				}
				if h.policy.Mode == RestartOnFailure {
					short = 0
				}
				continue
			}
			switch {
			case d.Delay < 0 || d.Delay > h.policy.Ceiling:
				fail("the delay is out of bounds")
			case short <= 1 && d.Delay != 0:
				fail("the first restart is not at once")
			case short > 1 && h.policy.Jitter < 0.99 && d.Delay == 0:
				fail("a short run after a short run is restarted at once")
			case d.CrashLoop != (short >= h.policy.CrashLoop):
				fail("crash loop is not told by the count")
			case d.CrashLoop && float64(d.Delay) < float64(h.policy.Ceiling)*(1-h.policy.Jitter)-1:
				fail("a crash loop is tried faster than its ceiling allows")
			}
		}
	}
}

// Without jitter, delays never shrink while runs stay short.
func TestBackoffGrows(t *testing.T) {
	for seed := range uint64(500) {
		p := randomHistory(seed).policy
		p.Mode, p.Jitter = RestartAlways, -1
		var b Backoff
		last := time.Duration(-1)
		for i := range 100 {
			d := b.Next(p, 0, Exit{Kind: ExitCode, Code: 1}, 0.5)
			if d.Delay < last {
				t.Fatalf("seed %d: delay %d is %v after %v", seed, i, d.Delay, last)
			}
			last = d.Delay
		}
		if last != p.Ceiling {
			t.Fatalf("seed %d: after a hundred ends the delay is %v, not the ceiling %v", seed, last, p.Ceiling)
		}
	}
}

// The jitter spreads both ways and stays within its share.
func TestBackoffJitter(t *testing.T) {
	p := RestartPolicy{Base: time.Second, Ceiling: time.Hour, Jitter: 0.2}.withDefaults()
	delay := func(chance float64) time.Duration {
		b := Backoff{Streak: 1}
		return b.Next(p, 0, Exit{Kind: ExitUnknown}, chance).Delay
	}
	if lo, mid, hi := delay(0), delay(0.5), delay(0.999999); lo != 800*time.Millisecond || mid != time.Second || hi < 1199*time.Millisecond || hi > 1200*time.Millisecond {
		t.Errorf("delays %v, %v, %v", lo, mid, hi)
	}
}

func TestPolicyIsValidated(t *testing.T) {
	for _, p := range []RestartPolicy{{Mode: "sometimes"}, {Base: -1}, {Factor: 0.5}, {Jitter: 1.5}, {CrashLoop: -1}} {
		if p.validate() == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
}

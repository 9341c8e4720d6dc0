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
		kinds := []Exit{{Kind: ExitCode}, {Kind: ExitCode, Code: 3}, {Kind: ExitCode, Code: 1},
			{Kind: ExitSignal, Signal: 9}, {Kind: ExitUnknown}, {Kind: ExitFailed}}
		h.ends = append(h.ends, kinds[r.IntN(len(kinds))])
		h.chance = append(h.chance, r.Float64())
	}
	return h
}

// What must hold of any decision after any history.
func TestBackoff_Next_properties(t *testing.T) {
	for seed := range uint64(3000) {
		h := randomHistory(seed)
		var b Backoff
		short := 0 // counted by this test, in its own way
		for i, end := range h.ends {
			d := b.Next(h.policy, h.ran[i], end, h.chance[i])
			short++
			if h.ran[i] >= h.policy.ResetAfter {
				short = 0
			}
			wrong := wrongRestart(h.policy, end, d)
			if wrong == "" && d.Restart {
				wrong = wrongDelay(h.policy, short, d)
			}
			if wrong != "" {
				t.Fatalf("seed %d, end %d (%v after %v, %d short runs): %s: %+v", seed, i, end, h.ran[i], short, wrong,
					d)
			}
			if !d.Restart && h.policy.Mode == RestartOnFailure {
				short = 0
			}
		}
	}
}

// wrongRestart says what is wrong with the decision to restart or not; "" if nothing.
func wrongRestart(p RestartPolicy, end Exit, d Decision) string {
	good := end.Kind == ExitCode && (end.Code == 0 || end.Code == 3 && p.SuccessCodes != nil)
	switch {
	case d.Success != good:
		return "success is not what the codes say"
	case d.Restart != (p.Mode == RestartAlways || p.Mode == RestartOnFailure && !good):
		return "restart is not what the mode says"
	case !d.Restart && (d.Delay != 0 || d.CrashLoop):
		return "a delay without a restart"
	}
	return ""
}

// wrongDelay says what is wrong with the delay after so many short runs; "" if nothing.
func wrongDelay(p RestartPolicy, short int, d Decision) string {
	switch {
	case d.Delay < 0 || d.Delay > p.Ceiling:
		return "the delay is out of bounds"
	case short <= 1 && d.Delay != 0:
		return "the first restart is not at once"
	case short > 1 && p.Jitter < 0.99 && d.Delay == 0:
		return "a short run after a short run is restarted at once"
	case d.CrashLoop != (short >= p.CrashLoop):
		return "crash loop does not follow the count"
	case d.CrashLoop && float64(d.Delay) < float64(p.Ceiling)*(1-p.Jitter)-1:
		return "a crash loop is tried faster than its ceiling allows"
	}
	return ""
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
	if lo, mid, hi := delay(0), delay(0.5), delay(0.999999); lo != 800*time.Millisecond || mid != time.Second ||
		hi < 1199*time.Millisecond || hi > 1200*time.Millisecond {
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

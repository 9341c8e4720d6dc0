package procman

import (
	"errors"
	"math"
	"slices"
	"time"
)

// RestartMode says after which ends a process is started again.
type RestartMode string

// The restart modes; the empty mode means [RestartAlways].
const (
	RestartAlways    RestartMode = "always"
	RestartOnFailure RestartMode = "on-failure"
	RestartNever     RestartMode = "never"
)

// RestartPolicy decides when a process that ended is started again. After a run of
// at least ResetAfter it restarts at once. After short runs it waits, each time
// longer: from Base, times Factor, up to Ceiling. Short runs count whether they
// succeed or not, so that a program that exits at once cannot use up a core.
type RestartPolicy struct {
	Mode RestartMode `json:"mode,omitempty"`
	// SuccessCodes are the exit codes that count as success; empty means only 0.
	// A signal, an unknown status and an out-of-memory kill are always failures.
	SuccessCodes []int `json:"success_codes,omitempty"`
	// Base is the second restart's delay; default 1 s.
	Base time.Duration `json:"base,omitempty"`
	// Factor is the growth per restart; default 2, at least 1.
	Factor float64 `json:"factor,omitempty"`
	// Ceiling bounds the delay; default 1 minute.
	Ceiling time.Duration `json:"ceiling,omitempty"`
	// Jitter spreads each delay by up to this share either way, never above
	// Ceiling; default 0.2, negative none, at most 1.
	Jitter float64 `json:"jitter,omitempty"`
	// ResetAfter is the length of a run from which on it is not short: it resets the
	// count of short runs; default 1 minute.
	ResetAfter time.Duration `json:"reset_after,omitempty"`
	// CrashLoop is the number of short runs in a row from which on the process is in
	// a crash loop: its state says so, and it is tried at the ceiling; default 8.
	CrashLoop int `json:"crash_loop,omitempty"`
}

func (p RestartPolicy) validate() error {
	switch p.Mode {
	case "", RestartAlways, RestartOnFailure, RestartNever:
	default:
		return errors.New("restart mode is not always, on-failure or never")
	}
	if p.Base < 0 || p.Ceiling < 0 || p.ResetAfter < 0 || p.CrashLoop < 0 {
		return errors.New("a restart bound is negative")
	}
	if p.Factor != 0 && (p.Factor < 1 || math.IsNaN(p.Factor) || math.IsInf(p.Factor, 0)) {
		return errors.New("restart factor is below 1")
	}
	if p.Jitter > 1 || math.IsNaN(p.Jitter) {
		return errors.New("restart jitter is above 1")
	}
	return nil
}

func (p RestartPolicy) withDefaults() RestartPolicy {
	if p.Mode == "" {
		p.Mode = RestartAlways
	}
	if p.Base == 0 {
		p.Base = time.Second
	}
	if p.Factor == 0 {
		p.Factor = 2
	}
	if p.Ceiling == 0 {
		p.Ceiling = time.Minute
	}
	if p.Jitter == 0 {
		p.Jitter = 0.2
	}
	if p.ResetAfter == 0 {
		p.ResetAfter = time.Minute
	}
	if p.CrashLoop == 0 {
		p.CrashLoop = 8
	}
	return p
}

// succeeded tells whether an end counts as success under the policy.
func (p RestartPolicy) succeeded(e Exit) bool {
	if e.Kind != ExitCode {
		return false
	}
	if len(p.SuccessCodes) == 0 {
		return e.Code == 0
	}
	return slices.Contains(p.SuccessCodes, e.Code)
}

// Backoff is what the restart policy remembers of one process. It is pure state:
// time and chance come in as arguments.
type Backoff struct {
	// Streak counts the short runs in a row.
	Streak int `json:"streak"`
}

// Decision is what the policy says about one end.
type Decision struct {
	// Restart is false when the policy does not start the process again.
	Restart bool
	// Delay until the restart; 0 is at once.
	Delay time.Duration
	// CrashLoop is true from the policy's threshold on.
	CrashLoop bool
	// Success tells how the end was counted.
	Success bool
}

// Next counts the end of a run that lasted ran, and decides. chance is a
// uniform number in [0, 1) for the jitter.
func (b *Backoff) Next(p RestartPolicy, ran time.Duration, end Exit, chance float64) Decision {
	p = p.withDefaults()
	d := Decision{Success: p.succeeded(end)}
	if ran >= p.ResetAfter {
		b.Streak = 0
	} else if b.Streak < math.MaxInt32 {
		b.Streak++
	}
	switch p.Mode {
	case RestartNever:
		return d
	case RestartOnFailure:
		if d.Success {
			b.Streak = 0
			return d
		}
	}
	d.Restart = true
	d.CrashLoop = b.Streak >= p.CrashLoop
	d.Delay = b.delay(p, chance)
	return d
}

func (b *Backoff) delay(p RestartPolicy, chance float64) time.Duration {
	if b.Streak <= 1 {
		return 0
	}
	wait := float64(p.Ceiling)
	if b.Streak < p.CrashLoop {
		wait = math.Min(wait, float64(p.Base)*math.Pow(p.Factor, float64(b.Streak-2)))
	}
	if p.Jitter > 0 {
		wait *= 1 + p.Jitter*(2*chance-1)
	}
	return time.Duration(math.Min(wait, float64(p.Ceiling)))
}

// Reset forgets all short runs, as a requested restart does.
func (b *Backoff) Reset() { b.Streak = 0 }

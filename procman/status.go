package procman

import (
	"fmt"
	"syscall"
	"time"
)

// State is the state of a process. The package comment shows which state follows which.
type State string

// The states of a process.
const (
	StateStopped   State = "stopped"    // not to run, and nothing is alive
	StateStarting  State = "starting"   // waits for a start slot or is being started
	StateRunning   State = "running"    // its main process is alive
	StateStopping  State = "stopping"   // its tree is being ended
	StateBackoff   State = "backoff"    // ended, waits for its next start
	StateCrashLoop State = "crash-loop" // the same, after too many short runs
	StateExited    State = "exited"     // ended, and the policy does not restart it
)

// Cause says why something happened to a process.
type Cause string

// The causes that events and statuses carry.
const (
	CauseRequest   Cause = "request"       // a call asked for it
	CauseCrash     Cause = "crash"         // it ended by itself, as a failure
	CauseExit      Cause = "exit"          // it ended by itself, successfully
	CauseOOM       Cause = "out-of-memory" // killed at its memory limit
	CauseSoftLimit Cause = "soft-memory"   // restarted gracefully near its memory limit
	CausePids      Cause = "task-limit"    // killed over its task limit (without a pids controller)
	CauseStale     Cause = "stale"         // its liveness deadline passed
	CauseStart     Cause = "start-failed"  // it could not be started
	CauseAdopted   Cause = "adopted"       // found alive at the manager's start
	CauseLost      Cause = "lost"          // ended while no manager was alive
	CauseShutdown  Cause = "shutdown"      // the manager stops everything
	CauseSpec      Cause = "spec-changed"  // restarted for a changed spec
)

// ExitKind tells what is known about an end.
type ExitKind string

// The kinds of exit.
const (
	ExitCode    ExitKind = "code"    // Exit.Code holds the exit code
	ExitSignal  ExitKind = "signal"  // Exit.Signal holds the number of the signal
	ExitUnknown ExitKind = "unknown" // an adopted process on a kernel before 6.15, or ended while no manager was alive
	ExitFailed  ExitKind = "failed"  // never started; Exit.Error says why
)

// Exit is how a process ended.
type Exit struct {
	Kind   ExitKind  `json:"kind"`
	Code   int       `json:"code,omitempty"`
	Signal int       `json:"signal,omitempty"`
	OOM    bool      `json:"oom,omitempty"` // the kernel killed it at its memory limit
	Error  string    `json:"error,omitempty"`
	At     time.Time `json:"at"`
}

// String describes the end: "exit code 3", "signal 9 (killed)".
func (e Exit) String() string {
	switch e.Kind {
	case ExitCode:
		return fmt.Sprintf("exit code %d", e.Code)
	case ExitSignal:
		s := fmt.Sprintf("signal %d (%s)", e.Signal, syscall.Signal(e.Signal))
		if e.OOM {
			s += ", out of memory"
		}
		return s
	case ExitFailed:
		return "not started: " + e.Error
	}
	return "exit status unknown"
}

// Status is what the manager knows about a process without asking the kernel.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Wanted is the desired state: true when it should run.
	Wanted bool `json:"wanted"`
	// Pid of the main process; 0 when nothing runs.
	Pid       int       `json:"pid,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
	// Restarts counts the starts after the first, in this manager's life and
	// those that it adopted from.
	Restarts int `json:"restarts"`
	// ShortRuns counts the short runs in a row (see RestartPolicy).
	ShortRuns int       `json:"short_runs"`
	LastExit  *Exit     `json:"last_exit,omitempty"`
	Cause     Cause     `json:"cause,omitempty"` // of the latest change
	NextStart time.Time `json:"next_start,omitzero"`
	LastAlive time.Time `json:"last_alive,omitzero"`
	Adopted   bool      `json:"adopted,omitempty"`
	// SpecPending is true when the process still runs under an earlier spec.
	SpecPending bool `json:"spec_pending,omitempty"`
	// MemoryLimit in bytes, 0 unlimited; MemoryBy is "cgroup", "sampling" or "".
	MemoryLimit int64  `json:"memory_limit,omitempty"`
	MemoryBy    string `json:"memory_by,omitempty"`
	LogPath     string `json:"log_path"`
	// Discarded counts output bytes lost to a full disk, in this manager's life.
	Discarded int64             `json:"discarded_bytes,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// Uptime of a running process at now, else 0.
func (s Status) Uptime(now time.Time) time.Duration {
	if s.Pid == 0 {
		return 0
	}
	return now.Sub(s.StartedAt)
}

// Description is a status with the spec, a measurement and the latest events.
type Description struct {
	Status
	Spec   Spec    `json:"spec"`
	Stats  *Stats  `json:"stats,omitempty"`
	Recent []Event `json:"recent"`
}

// Stats is one measurement of a running process and its tree.
type Stats struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Pid  int       `json:"pid"`
	// Uptime in seconds.
	Uptime float64 `json:"uptime_seconds"`
	// CPU in seconds of the tree (of the main process without a cgroup), and
	// in percent of one core since the latest measurement that is a second old
	// (since the start at the first).
	CPU        float64 `json:"cpu_seconds"`
	CPUPercent float64 `json:"cpu_percent"`
	// Memory, its peak and its limit in bytes: of the tree, kernel memory and
	// page cache included, with a memory controller; else the resident set of
	// the main process.
	Memory      int64 `json:"memory"`
	MemoryPeak  int64 `json:"memory_peak"`
	MemoryLimit int64 `json:"memory_limit,omitempty"`
	// PSS in bytes of the main process, when asked for.
	PSS     int64 `json:"pss,omitempty"`
	Threads int   `json:"threads"`
	// Tasks is the number of processes and threads in the tree; 0 when unknown.
	Tasks    int `json:"tasks,omitempty"`
	FDs      int `json:"fds"`
	Restarts int `json:"restarts"`
}

// How memory limits are enforced, see Capabilities.
const (
	memoryCgroup   = "cgroup"
	memorySampling = "sampling"
)

// Capabilities says which features of the kernel the manager uses.
type Capabilities struct {
	// Groups: every process has a cgroup v2 group of its own.
	Groups bool `json:"groups"`
	// Memory is "cgroup" or "sampling".
	Memory string `json:"memory"`
	Pids   bool   `json:"pids"`
	CPU    bool   `json:"cpu"`
	// Reason says why Groups is false or a controller is missing.
	Reason string `json:"reason,omitempty"`
}

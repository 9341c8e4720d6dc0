package flowhq

import "time"

// Process is what the process manager knows of a tenant's worker.
type Process struct {
	Name       string        `json:"name"`
	State      string        `json:"state"` // stopped, starting, running, stopping, backoff, crash-loop
	PID        int           `json:"pid"`   // 0 when none
	StartedAt  *time.Time    `json:"started_at"`
	Uptime     time.Duration `json:"-"`
	Restarts   int           `json:"restarts"`
	MemoryRSS  int64         `json:"memory_rss"`  // bytes
	MemoryPeak int64         `json:"memory_peak"` // bytes; 0 when not known
	MemoryMax  int64         `json:"memory_max"`  // bytes; 0: no limit
	CPU        time.Duration `json:"-"`           // user and system, since the start
	CPUPercent float64       `json:"cpu_percent"` // of one core, lately
	LastExit   string        `json:"last_exit"`   // "exit status 1", "killed", "out of memory"; "" when it never ended
	LastExitAt *time.Time    `json:"last_exit_at"`
	NextStart  *time.Time    `json:"next_start"` // while it waits to be started again
	LogPath    string        `json:"log_path"`

	// since the worker's start, as it last said; nil: nothing yet
	Ignored map[IgnoredSource]int64 `json:"left_out,omitempty"`
}

// ProcessSample is one measurement of a worker's process.
type ProcessSample struct {
	At     time.Time
	Memory int64   // bytes; 0 when it did not run
	CPU    float64 // percent of one core since the measurement before
}

// ProcessChange is told by the process manager when a worker's process starts or ends.
type ProcessChange struct {
	Name   string
	At     time.Time
	Kind   ProcessChangeKind
	PID    int
	Cause  string // in plain words
	Loop   bool   // it crashes again and again
	OOM    bool   // it was ended for its memory
	Wanted bool   // somebody asked for it
}

// ProcessChangeKind is what happened to a process.
type ProcessChangeKind string

// The kinds of a process change.
const (
	ProcessStarted ProcessChangeKind = "started"
	ProcessAdopted ProcessChangeKind = "adopted" // found alive by a new appliance
	ProcessExited  ProcessChangeKind = "exited"
	ProcessFailed  ProcessChangeKind = "failed" // could not be started
)

// EnvVar is a variable of a worker's environment. The value of a secret is not told.
type EnvVar struct {
	Name, Value string
	Secret      bool
}

package procman

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// Spec says how a process is to be run. The zero value of every optional field
// means its default. A Spec is kept by value: change it by another
// [Manager.Set].
type Spec struct {
	// Name identifies the process: letters, digits, '.', '_' and '-', starting
	// with a letter or digit, at most 100 bytes.
	Name string `json:"name"`
	// Argv is the program and its arguments. A program without a slash is looked
	// up in the PATH of the environment that the process gets.
	Argv []string `json:"argv"`
	// Dir is the working folder; empty means the manager's.
	Dir string `json:"dir,omitempty"`
	// Env is called before each start and gives the whole environment of the process
	// ("KEY=value"), within 30 seconds. Nil means the manager's own environment
	// without the variables between it and systemd. An error counts as a failed start.
	Env func(ctx context.Context, start StartInfo) ([]string, error) `json:"-"`

	Restart  RestartPolicy `json:"restart"`
	Stop     StopPolicy    `json:"stop"`
	Memory   MemoryPolicy  `json:"memory"`
	CPU      CPUPolicy     `json:"cpu"`
	Output   OutputPolicy  `json:"output"`
	Liveness Liveness      `json:"liveness"`

	// PidsMax bounds the tasks (threads count) of the whole tree; 0 is unlimited.
	PidsMax int `json:"pids_max,omitempty"`
	// OOMScoreAdj is written for the process after each start when it is not
	// nil (-1000 to 1000). Lowering it needs a privilege; failing is logged only.
	OOMScoreAdj *int `json:"oom_score_adj,omitempty"`
	// Priority orders waiting starts: higher first; among equals those that ran
	// before, then in order of asking.
	Priority int `json:"priority,omitempty"`
	// StartHold keeps the start slot (Config.MaxStarts) occupied after the
	// process was started until it is first reported Alive, for at most this long.
	StartHold time.Duration `json:"start_hold,omitempty"`
	// Labels belong to the caller; the manager only hands them back.
	Labels map[string]string `json:"labels,omitempty"`
}

// StartInfo tells the Env hook about the start.
type StartInfo struct {
	Name string
	// Restarts counts the starts of this process before this one, in this manager's life.
	Restarts int
	// Cause is why the process is started.
	Cause Cause
}

// StopPolicy says how a process is asked to end.
type StopPolicy struct {
	// Signal is sent to the process group first; default SIGTERM.
	Signal syscall.Signal `json:"signal,omitempty"`
	// Grace is how long the process may take until its tree is killed; default
	// 10 s. Negative: kill at once.
	Grace time.Duration `json:"grace,omitempty"`
	// Linger is how long the rest of the tree may live on after the main process
	// has ended on request; default 200 ms. Negative: not at all.
	Linger time.Duration `json:"linger,omitempty"`
}

// MemoryPolicy bounds the memory of the whole tree.
type MemoryPolicy struct {
	// Max in bytes is where the tree is killed; 0 is unlimited. With a memory
	// controller the kernel enforces it exactly (swap is denied too), otherwise
	// the resident set is sampled every second.
	Max int64 `json:"max,omitempty"`
	// SoftRatio (0 to 1) is the share of Max at which the process is restarted
	// gracefully (unless it is never restarted); 0 means 0.9, negative never.
	// Page cache that the kernel can take back is not counted. A process that reaches
	// it again and again within Restart.ResetAfter waits as after a crash.
	SoftRatio float64 `json:"soft_ratio,omitempty"`
}

// CPUPolicy shapes processor time; it needs a cpu controller and is ignored
// without one (Capabilities tells).
type CPUPolicy struct {
	// Weight is the relative share, 1 to 10000; 0 leaves the kernel's 100.
	Weight int `json:"weight,omitempty"`
	// MaxPercent is a hard ceiling in percent of one core; 0 is none.
	MaxPercent int `json:"max_percent,omitempty"`
}

// OutputPolicy says where stdout and stderr go.
type OutputPolicy struct {
	// Path of the current file; default Config.LogDir/NAME.log. Rotated files
	// stand beside it as NAME-2006-01-02T15-04-05.000.log, with .gz once compressed.
	Path string `json:"path,omitempty"`
	// MaxSizeMB is where a file is rotated; default 10 MiB, at least 1.
	MaxSizeMB int `json:"max_size_mb,omitempty"`
	// MaxAge removes rotated files older than this; 0 keeps them.
	MaxAge time.Duration `json:"max_age,omitempty"`
	// MaxBackups bounds the number of rotated files; 0 is no bound.
	MaxBackups int `json:"max_backups,omitempty"`
	// Compress rotated files with gzip, one at a time for the whole manager.
	Compress bool `json:"compress,omitempty"`
	// Cap in bytes bounds current and rotated files together; the oldest rotated
	// files go first. 0 is no bound; less than two files' worth is raised to that.
	Cap int64 `json:"cap,omitempty"`
}

// Liveness ends a process that does not report itself alive, see [Manager.Alive].
type Liveness struct {
	// Deadline since the start or the last Alive after which the process counts
	// as stale and is treated as crashed. 0 is off.
	Deadline time.Duration `json:"deadline,omitempty"`
	// StartDeadline replaces Deadline until the first Alive; 0 means Deadline.
	StartDeadline time.Duration `json:"start_deadline,omitempty"`
}

// maxName is not part of nameRule: a repetition of up to 100 compiles to 100 KiB.
const maxName = 100

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func validName(name string) bool { return len(name) <= maxName && nameRule.MatchString(name) }

// Validate reports every reason why the spec cannot be used.
func (s *Spec) Validate() error {
	var errs []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(validName(s.Name), "name %q: letters, digits, '.', '_' and '-', starting with a letter or digit, at "+
		"most %d bytes", s.Name, maxName)
	bad(len(s.Argv) > 0 && s.Argv[0] != "", "argv is empty")
	bad(s.Memory.Max >= 0, "memory limit is negative")
	bad(s.Memory.SoftRatio <= 1, "soft memory ratio is above 1")
	bad(s.PidsMax >= 0, "task limit is negative")
	bad(s.CPU.Weight >= 0 && s.CPU.Weight <= 10000, "cpu weight %d is not within 1 to 10000", s.CPU.Weight)
	bad(s.CPU.MaxPercent >= 0, "cpu ceiling is negative")
	bad(s.Output.MaxSizeMB >= 0 && s.Output.MaxBackups >= 0 && s.Output.Cap >= 0 &&
		s.Output.MaxAge >= 0, "an output bound is negative")
	bad(s.Output.Path == "" || filepath.IsAbs(s.Output.Path), "output path %q is not absolute", s.Output.Path)
	bad(s.Liveness.Deadline >= 0 && s.Liveness.StartDeadline >= 0, "a liveness deadline is negative")
	bad(s.OOMScoreAdj == nil || (*s.OOMScoreAdj >= -1000 && *s.OOMScoreAdj <= 1000),
		"oom score adjustment is not within -1000 to 1000")
	if err := s.Restart.validate(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("process %q: %w", s.Name, errors.Join(errs...))
}

const (
	defaultGrace  = 10 * time.Second
	defaultLinger = 200 * time.Millisecond
	defaultSizeMB = 10
	defaultSoft   = 0.9
	defaultSignal = syscall.SIGTERM
)

// withDefaults returns a copy in which every default is filled in.
func (s Spec) withDefaults(logDir string) Spec {
	s.Restart = s.Restart.withDefaults()
	if s.Stop.Signal == 0 {
		s.Stop.Signal = defaultSignal
	}
	if s.Stop.Grace == 0 {
		s.Stop.Grace = defaultGrace
	}
	if s.Stop.Linger == 0 {
		s.Stop.Linger = defaultLinger
	}
	if s.Memory.SoftRatio == 0 {
		s.Memory.SoftRatio = defaultSoft
	}
	if s.Output.Path == "" {
		s.Output.Path = filepath.Join(logDir, s.Name+".log")
	}
	if s.Output.MaxSizeMB == 0 {
		s.Output.MaxSizeMB = defaultSizeMB
	}
	if s.Liveness.StartDeadline == 0 {
		s.Liveness.StartDeadline = s.Liveness.Deadline
	}
	return s
}

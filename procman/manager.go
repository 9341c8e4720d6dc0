package procman

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
	"flowhq/procman/internal/output"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrInUse: another manager holds the state folder.
	ErrInUse = errors.New("the state folder is in use by another manager")
	// ErrUnknown: there is no process of that name.
	ErrUnknown = errors.New("no such process")
	// ErrNoSpec: the process was adopted and not Set in this manager's life yet,
	// so its environment is unknown.
	ErrNoSpec = errors.New("the process has no spec yet")
	// ErrNotRunning: the process has no living main process.
	ErrNotRunning = errors.New("the process is not running")
	// ErrSuperseded: a later call set another desired state, which counts.
	ErrSuperseded = errors.New("overtaken by a later call")
	// ErrWaiting: the process waits for its next start (backoff, crash loop), or
	// its restart policy does not start it again. Restart starts it now.
	ErrWaiting = errors.New("the process ended and is not started before its time")
	// ErrClosed: the manager is shut down or detached.
	ErrClosed = errors.New("the manager is closed")
)

// Config of a Manager. StateDir is required.
type Config struct {
	// StateDir holds the lock, and a state file and a named pipe for each process.
	// Nothing in it is needed after a reboot, so a tmpfs is best (/run). It must be
	// on a local file system and belong to one manager only.
	StateDir string
	// LogDir is where output goes that has no path of its own; default StateDir/logs.
	LogDir string
	// CgroupRoot is a delegated cgroup v2 folder, in which the manager makes a
	// group for each process. Empty: no groups, see Capabilities.
	CgroupRoot string
	// GroupPrefix of the groups' names; default "w-". All groups with this prefix
	// belong to the manager: it kills processes in them that it does not know.
	GroupPrefix string
	// MaxStarts bounds simultaneous starts; default 8 for each core.
	MaxStarts int
	// EventsKept and HistoryKept bound the events kept for the whole manager and
	// for each process; default 1000 and 50.
	EventsKept, HistoryKept int
	// Logger; default discards.
	Logger *slog.Logger
	// Now is the clock, Rand gives the chance for the jitter, in [0, 1); default
	// time.Now and rand.Float64.
	Now  func() time.Time
	Rand func() float64
	// PipeStore keeps the pipes open while no manager is alive; may be nil.
	PipeStore PipeStore
	// Inherited is what an in-place hand-over left (see TakeOver); may be nil.
	Inherited *Inherited
}

func (c Config) withDefaults() Config {
	if c.LogDir == "" {
		c.LogDir = filepath.Join(c.StateDir, "logs")
	}
	if c.GroupPrefix == "" {
		c.GroupPrefix = "w-"
	}
	if c.MaxStarts <= 0 {
		c.MaxStarts = 8 * runtime.GOMAXPROCS(0)
	}
	if c.EventsKept <= 0 {
		c.EventsKept = 1000
	}
	if c.HistoryKept <= 0 {
		c.HistoryKept = 50
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	return c
}

// Manager runs processes. Its methods may be called from any goroutine.
type Manager struct {
	cfg  Config
	lock *os.File
	id   string // of the state folder, marks the processes' environments
	boot string // of the kernel's boot
	// born is when the manager began, by the monotonic clock: neither a step of
	// the wall clock nor a suspended machine makes processes look stale.
	born time.Time
	caps Capabilities

	registry *registry
	records  records
	pipes    pipes
	groups   groups
	poller   *kernel.Poller
	hub      *output.Hub
	watcher  *kernel.FileWatcher
	scanner  *kernel.Scanner // used without groups
	reaper   *kernel.Reaper  // nil where orphans do not come to this process
	null     *os.File
	gate     *gate
	bus      *bus
	sampler  *sampler
	exec     sync.RWMutex // read-held while a process is started, held to hand over

	ctx    context.Context // ends when the manager is closed
	cancel context.CancelFunc
	actors sync.WaitGroup // the processes' goroutines
}

// New locks the state folder, finds out what the kernel offers, and adopts the
// processes of an earlier manager that are still alive. They run on under their
// saved specs until Set gives them new ones. It fails with ErrInUse when another
// manager holds the folder.
func New(cfg Config) (*Manager, error) {
	cfg = cfg.withDefaults()
	if !filepath.IsAbs(cfg.StateDir) {
		return nil, fmt.Errorf("state folder %q is not an absolute path", cfg.StateDir)
	}
	m := &Manager{
		born: cfg.Now().Add(-time.Nanosecond),
		cfg:  cfg,

		registry: newRegistry(),
		records:  records{dir: filepath.Join(cfg.StateDir, "processes"), logger: cfg.Logger},
		pipes:    pipes{dir: filepath.Join(cfg.StateDir, "pipes"), store: cfg.PipeStore, logger: cfg.Logger},
		groups:   groups{prefix: cfg.GroupPrefix},
		gate:     newGate(cfg.MaxStarts),
		bus:      newBus(cfg.EventsKept),
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	if err := m.open(); err != nil {
		m.release()
		return nil, err
	}
	if err := m.adopt(); err != nil {
		m.Detach()
		return nil, err
	}
	return m, nil
}

func (m *Manager) open() error {
	for _, dir := range []string{m.cfg.StateDir, m.records.dir, m.pipes.dir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	var err error
	if m.lock, err = takeLock(m.cfg); err != nil {
		return err
	}
	if m.id, err = loadID(m.cfg.StateDir); err != nil {
		return err
	}
	if m.boot, err = kernel.BootID(); err != nil {
		return fmt.Errorf("boot id: %w", err)
	}
	if m.null, err = os.Open(os.DevNull); err != nil {
		return err
	}
	if m.poller, err = kernel.NewPoller(); err != nil {
		return err
	}
	if m.hub, err = output.NewHub(m.poller, m.cfg.Logger); err != nil {
		return err
	}
	if m.watcher, err = kernel.NewFileWatcher(m.poller); err != nil {
		return err
	}
	m.scanner = kernel.NewScanner(m.markerKey(), m.registry.mainProcesses)
	m.detect()
	m.sampler = newSampler(m)
	return nil
}

func takeLock(cfg Config) (*os.File, error) {
	if in := cfg.Inherited; in != nil && in.lock != nil {
		return in.lock, nil
	}
	f, err := kernel.Lock(filepath.Join(cfg.StateDir, "lock"))
	if errors.Is(err, kernel.ErrLocked) {
		return nil, fmt.Errorf("%s: %w: %w", cfg.StateDir, ErrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return f, nil
}

// detect finds out what the kernel offers and prepares for what it does not.
func (m *Manager) detect() {
	m.caps = m.openGroups()
	if !m.caps.Groups {
		if err := kernel.BecomeSubreaper(); err != nil {
			m.cfg.Logger.Warn("orphans of processes cannot be followed", "error", err)
		}
	}
	if !m.caps.Groups || os.Getpid() == 1 {
		m.reaper = kernel.NewReaper(5*time.Second, func(pid int) bool {
			_, ok := m.Owner(pid)
			return ok
		})
	}
	m.cfg.Logger.Info("process manager", "groups", m.caps.Groups, "memory", m.caps.Memory, "reason", m.caps.Reason)
}

// openGroups opens the folder for groups, if there is one.
func (m *Manager) openGroups() Capabilities {
	if m.cfg.CgroupRoot == "" {
		return Capabilities{Memory: memorySampling, Reason: "no cgroup folder is configured"}
	}
	root, err := kernel.OpenRoot(m.cfg.CgroupRoot)
	if err != nil {
		return Capabilities{Memory: memorySampling, Reason: err.Error()}
	}
	m.groups.root = root
	caps := Capabilities{Groups: true, Memory: memoryCgroup, Pids: root.Pids, CPU: root.CPU}
	if !root.Memory {
		caps.Memory, caps.Reason = memorySampling, "the cgroup folder has no memory controller"
	}
	return caps
}

// Capabilities tells which features of the kernel the manager uses.
func (m *Manager) Capabilities() Capabilities { return m.caps }

// killTimeout bounds how long Shutdown waits for processes that were killed.
const killTimeout = 10 * time.Second

// Shutdown stops all processes at the same time, each by its stop policy, waits
// until all are gone, and closes the manager. When ctx ends first, it kills those
// that are still alive. It leaves no process behind, except those that the kernel
// has not ended after 10 more seconds: the error names them.
func (m *Manager) Shutdown(ctx context.Context) error {
	procs, err := m.registry.open()
	if err != nil {
		return err
	}
	left := stopAll(ctx, procs, false)
	if len(left) > 0 {
		kill, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTimeout)
		defer cancel()
		left = stopAll(kill, left, true)
	}
	m.Detach()
	if len(left) == 0 {
		return nil
	}
	names := make([]string, len(left))
	for i, p := range left {
		names[i] = p.name
	}
	return fmt.Errorf("could not be ended: %s", strings.Join(names, ", "))
}

// stopAll stops processes and returns those that were not gone when ctx ended.
func stopAll(ctx context.Context, procs []*process, forced bool) (left []*process) {
	requests := make([]stopRequest, len(procs))
	for i, p := range procs {
		requests[i] = p.requestStop(CauseShutdown, forced)
	}
	for i, p := range procs {
		if err := requests[i].await(ctx, p); err != nil && ctx.Err() != nil {
			left = append(left, p)
		}
	}
	return left
}

// Detach closes the manager and leaves all processes running, for the next
// manager on the same state folder to adopt. Their output waits in the pipes.
func (m *Manager) Detach() {
	if !m.registry.close() {
		return
	}
	m.cancel()
	m.actors.Wait()
	for _, p := range m.registry.all() {
		p.detach()
	}
	for _, s := range m.registry.allSinks() {
		s.Close(false)
	}
	m.release()
}

// release gives back everything that open took.
func (m *Manager) release() {
	m.cancel()
	if m.sampler != nil {
		m.sampler.stop()
	}
	if m.reaper != nil {
		m.reaper.Close()
	}
	if m.watcher != nil {
		m.watcher.Close()
	}
	if m.poller != nil {
		m.poller.Close()
	}
	if m.hub != nil {
		m.hub.Close()
	}
	if m.null != nil {
		_ = m.null.Close()
	}
	m.bus.close()
	if m.lock != nil {
		_ = m.lock.Close()
	}
}

// markerName is the environment variable by which descendants are recognized.
const markerName = "PROCMAN_PROCESS"

// markerKey begins the marker of every process of this state folder.
func (m *Manager) markerKey() string { return markerName + "=" + m.id + "/" }

// closeFD closes a descriptor; there is nothing to do about an error.
func closeFD(fd int) { _ = unix.Close(fd) }

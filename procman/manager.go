package procman

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	// ErrNoSpec: the process was adopted and no Set has named it in this
	// manager's life yet, so its environment is unknown.
	ErrNoSpec = errors.New("the process has no spec yet")
	// ErrNotRunning: the process has no living main process.
	ErrNotRunning = errors.New("the process is not running")
	// ErrSuperseded: a later call wished otherwise, and its wish counts.
	ErrSuperseded = errors.New("overtaken by a later call")
	// ErrWaiting: the process waits for its next start (backoff, crash loop), or
	// has ended for good by its policy. Restart starts it now.
	ErrWaiting = errors.New("the process ended and is not started before its time")
	// ErrClosed: the manager is shut down or detached.
	ErrClosed = errors.New("the manager is closed")
)

// Config of a Manager. StateDir is required.
type Config struct {
	// StateDir holds the lock, a state file and a named pipe for each process.
	// Nothing in it outlives the machine's boot, so a tmpfs is best (/run). It
	// must be on a local file system and belong to one manager alone.
	StateDir string
	// LogDir is where output goes that has no path of its own; default StateDir/logs.
	LogDir string
	// CgroupRoot is a delegated cgroup v2 folder, in which the manager makes a
	// group for each process. Empty: no groups, see Capabilities.
	CgroupRoot string
	// GroupPrefix of the groups' names; default "w-". Groups that begin so belong
	// to the manager: what it finds in them and does not know, it kills.
	GroupPrefix string
	// MaxStarts bounds simultaneous starts; default 8 for each core.
	MaxStarts int
	// EventsKept and HistoryKept bound the events kept for the whole manager and
	// for each process; default 1000 and 50.
	EventsKept, HistoryKept int
	// Logger; default discards.
	Logger *slog.Logger
	// Now and Rand are the clock and the jitter's chance; default time.Now and rand.Float64.
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

	poller  *kernel.Poller
	hub     *output.Hub
	watcher *kernel.FileWatcher
	root    *kernel.Root    // nil without groups
	scanner *kernel.Scanner // used without groups
	reaper  *kernel.Reaper  // nil where orphans do not come to this process
	null    *os.File
	gate    *gate
	bus     *bus
	sampler *sampler
	exec    sync.RWMutex // read-held while a process is started, held to hand over

	ctx    context.Context // ends when the manager goes away
	cancel context.CancelFunc
	actors sync.WaitGroup

	mu     sync.Mutex
	closed bool
	procs  map[string]*process
	byPath map[string]string       // who writes where
	sinks  map[string]*output.Sink // kept beyond Remove, see output.Sink
}

// New takes the state folder, finds out what the kernel offers, and adopts the
// processes of an earlier manager that are still alive; they run on under their
// saved specs until Set names them. It fails with ErrInUse when another manager
// holds the folder.
func New(cfg Config) (*Manager, error) {
	cfg = cfg.withDefaults()
	if !filepath.IsAbs(cfg.StateDir) {
		return nil, fmt.Errorf("state folder %q is not an absolute path", cfg.StateDir)
	}
	m := &Manager{
		born: cfg.Now().Add(-time.Nanosecond),
		cfg:  cfg, procs: make(map[string]*process), byPath: make(map[string]string), sinks: make(map[string]*output.Sink),
		gate: newGate(cfg.MaxStarts), bus: newBus(cfg.EventsKept),
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
	for _, dir := range []string{m.cfg.StateDir, m.procDir(), m.pipeDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	var err error
	if m.lock, err = m.takeLock(); err != nil {
		return err
	}
	if m.id, err = m.loadID(); err != nil {
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
	m.scanner = kernel.NewScanner(m.markerKey(), m.mains)
	m.detect()
	m.sampler = newSampler(m)
	return nil
}

func (m *Manager) takeLock() (*os.File, error) {
	if in := m.cfg.Inherited; in != nil && in.lock != nil {
		return in.lock, nil
	}
	f, err := kernel.Lock(filepath.Join(m.cfg.StateDir, "lock"))
	if errors.Is(err, kernel.ErrLocked) {
		return nil, fmt.Errorf("%s: %w: %w", m.cfg.StateDir, ErrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return f, nil
}

// detect finds out what the kernel offers and sets the fallback up.
func (m *Manager) detect() {
	m.caps = Capabilities{Memory: "sampling"}
	if m.cfg.CgroupRoot == "" {
		m.caps.Reason = "no cgroup folder is configured"
	} else if root, err := kernel.OpenRoot(m.cfg.CgroupRoot); err != nil {
		m.caps.Reason = err.Error()
	} else {
		m.root = root
		m.caps = Capabilities{Groups: true, Memory: "sampling", Pids: root.Pids, CPU: root.CPU}
		if root.Memory {
			m.caps.Memory = "cgroup"
		} else {
			m.caps.Reason = "the cgroup folder has no memory controller"
		}
	}
	if m.root == nil {
		if err := kernel.BecomeSubreaper(); err != nil {
			m.cfg.Logger.Warn("orphans of processes cannot be followed", "error", err)
		}
	}
	if m.root == nil || os.Getpid() == 1 {
		m.reaper = kernel.NewReaper(5*time.Second, func(pid int) bool {
			_, ok := m.Owner(pid)
			return ok
		})
	}
	m.cfg.Logger.Info("process manager", "groups", m.caps.Groups, "memory", m.caps.Memory, "reason", m.caps.Reason)
}

// Capabilities tells which of the kernel's help the manager has.
func (m *Manager) Capabilities() Capabilities { return m.caps }

// Shutdown stops every process, all at once and each by its stop policy, waits
// until all are gone, and closes the manager. When ctx ends first, what still
// lives is killed at once; it never leaves anybody behind, except what the
// kernel cannot kill, which it names after 10 more seconds.
func (m *Manager) Shutdown(ctx context.Context) error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return ErrClosed
	}
	procs := m.sorted()
	m.mu.Unlock()
	left := m.stopAll(ctx, procs, false)
	if len(left) > 0 {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		left = m.stopAll(hard, left, true)
	}
	m.Detach()
	if len(left) > 0 {
		names := make([]string, len(left))
		for i, p := range left {
			names[i] = p.name
		}
		return fmt.Errorf("could not be ended: %s", strings.Join(names, ", "))
	}
	return nil
}

// stopAll stops processes and returns those that were not gone when ctx ended.
func (m *Manager) stopAll(ctx context.Context, procs []*process, hard bool) (left []*process) {
	marks := make([]stopMark, len(procs))
	for i, p := range procs {
		marks[i] = p.wishStop(CauseShutdown, hard)
	}
	for i, p := range procs {
		if err := p.awaitGone(ctx, marks[i]); err != nil && ctx.Err() != nil {
			left = append(left, p)
		}
	}
	return left
}

// Detach closes the manager and leaves all processes running, for the next
// manager on the same state folder to adopt. Their output waits in the pipes.
func (m *Manager) Detach() {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return
	}
	m.closed = true
	procs := m.sorted()
	m.mu.Unlock()
	m.cancel()
	m.actors.Wait()
	for _, p := range procs {
		p.leave()
	}
	m.mu.Lock()
	for _, s := range m.sinks {
		s.Close(false)
	}
	m.mu.Unlock()
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

// sorted lists the processes by name; m.mu must be held.
func (m *Manager) sorted() []*process {
	list := make([]*process, 0, len(m.procs))
	for _, p := range m.procs {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *process) int { return strings.Compare(a.name, b.name) })
	return list
}

// unsorted is all for those whom the order does not matter.
func (m *Manager) unsorted() []*process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.procs))
}

func (m *Manager) all() []*process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sorted()
}

func (m *Manager) find(name string) (*process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	p := m.procs[name]
	if p == nil {
		return nil, fmt.Errorf("%q: %w", name, ErrUnknown)
	}
	return p, nil
}

// mains gives the scanner the main processes.
func (m *Manager) mains() map[int]kernel.Main {
	roots := make(map[int]kernel.Main)
	for _, p := range m.unsorted() {
		p.mu.Lock()
		if c := p.child; c != nil {
			roots[c.pid] = kernel.Main{Name: p.name, Start: c.start}
		}
		p.mu.Unlock()
	}
	return roots
}

func (m *Manager) markerKey() string { return markerName + "=" + m.id + "/" }

// markerName is the environment variable by which descendants are recognized.
const markerName = "PROCMAN_PROCESS"

func (m *Manager) procDir() string { return filepath.Join(m.cfg.StateDir, "processes") }
func (m *Manager) pipeDir() string { return filepath.Join(m.cfg.StateDir, "pipes") }

func (m *Manager) group(name string) *kernel.Group {
	if m.root == nil {
		return nil
	}
	return m.root.Group(m.cfg.GroupPrefix + name)
}

// closeFD closes a descriptor that nobody can do anything about.
func closeFD(fd int) { _ = unix.Close(fd) }

package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"gopkg.in/natefinch/lumberjack.v2"

	"flowhq/procman/internal/kernel"
)

// Options say where a process's output goes and what is kept of it.
type Options struct {
	Path       string
	MaxSizeMB  int
	MaxAge     time.Duration
	MaxBackups int
	Compress   bool
	Cap        int64
}

// Loss reports output that could not be written to a full disk.
type Loss struct {
	Bytes int64
	Since time.Time
	Err   error
	Over  bool // the file can be written again
}

// Sink moves one process's output from its pipe into its files. There is one
// for each name for the whole life of the manager, since lumberjack keeps a
// goroutine for each logger for ever.
type Sink struct {
	hub    *Hub
	name   string
	fifo   string
	record string
	onLoss func(Loss)

	mu      sync.Mutex
	opts    Options
	log     *lumberjack.Logger
	pipe    int // the manager's end, read and write, non-blocking; -1 closed
	watch   *kernel.Watch
	journal int // the record, opened with the first output; -1 closed
	grown   bool

	opened   bool // the current file exists and size and inode are known
	size     int64
	inode    uint64
	midline  bool // the last byte written was no newline
	rotated  time.Time
	seq      uint64    // of the current file, counted from the first Open
	chapters []chapter // the latest finished files
	checked  time.Time
	lost     int64
	lostAt   time.Time
	retry    *time.Timer
	changed  chan struct{} // closed on the next write; nil without followers

	discarded atomic.Int64
	filesMu   sync.Mutex // held while rotated files are removed or compressed
}

// chapter is a finished file: its number and the name that it was given.
type chapter struct {
	seq  uint64
	path string
}

// NewSink makes a sink without opening anything. fifo and record are paths in
// the manager's state folder. onLoss is called with the sink locked: it must
// not call back.
func NewSink(h *Hub, name, fifo, record string, onLoss func(Loss)) *Sink {
	return &Sink{hub: h, name: name, fifo: fifo, record: record, onLoss: onLoss, pipe: -1, journal: -1,
		log: &lumberjack.Logger{}}
}

// Open makes or opens the pipe, repairs what a killed manager may have left half
// written, and starts moving. inherited is the pipe's descriptor from before an
// in-place hand-over, or -1.
func (s *Sink) Open(opts Options, inherited int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.configure(opts)
	if s.pipe >= 0 {
		if inherited >= 0 {
			_ = unix.Close(inherited)
		}
		return nil
	}
	pipe, err := s.openPipe(inherited)
	if err != nil {
		return err
	}
	s.repair()
	watch, err := s.hub.poller.Add(pipe, unix.EPOLLIN, s.readable)
	if err != nil {
		_ = unix.Close(pipe)
		return fmt.Errorf("watch output of %s: %w", s.name, err)
	}
	s.pipe, s.watch = pipe, watch
	s.hub.register(s, true)
	return nil
}

func (s *Sink) openPipe(inherited int) (int, error) {
	if inherited >= 0 {
		return inherited, nil
	}
	if err := unix.Mkfifo(s.fifo, 0o600); err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, fmt.Errorf("make pipe of %s: %w", s.name, err)
	}
	fd, err := unix.Open(s.fifo, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open pipe of %s: %w", s.name, err)
	}
	return fd, nil
}

// configure takes new options; a new path closes the file at the old one.
func (s *Sink) configure(o Options) {
	o.MaxSizeMB = max(o.MaxSizeMB, 1)
	if o.Cap > 0 {
		o.Cap = max(o.Cap, int64(o.MaxSizeMB)<<21)
	}
	if s.opts.Path != o.Path {
		_ = s.log.Close()
		s.opened = false
		s.seq++
	}
	s.opts = o
	// Only size and path: lumberjack's own removing and compressing would run
	// once per process at the same time, and lists the folder at each opening.
	s.log.Filename, s.log.MaxSize = o.Path, o.MaxSizeMB
}

// ChildEnd opens the pipe for a child's stdout and stderr: read and write, so
// that the pipe lives as long as the child does and never breaks.
func (s *Sink) ChildEnd() (int, error) {
	fd, err := unix.Open(s.fifo, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open pipe of %s: %w", s.name, err)
	}
	return fd, nil
}

// Pipe lends the manager's end to f, for storing or handing it over.
func (s *Sink) Pipe(f func(fd int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipe >= 0 {
		f(s.pipe)
	}
}

// Path of the current file.
func (s *Sink) Path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Path
}

// Discarded counts the bytes lost to a full disk so far. It takes no lock.
func (s *Sink) Discarded() int64 { return s.discarded.Load() }

// Freeze stops moving at a chunk's border and returns the way back. While
// frozen, nothing of this sink changes.
func (s *Sink) Freeze() (thaw func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// Close stops moving; what is in the pipe stays there for the child's next
// manager. With forget, pipe and record are removed too.
func (s *Sink) Close(forget bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipe < 0 {
		return
	}
	s.watch.Remove()
	s.hub.register(s, false)
	if s.retry != nil {
		s.retry.Stop()
	}
	_ = unix.Close(s.pipe)
	if s.journal >= 0 {
		_ = unix.Close(s.journal)
		s.journal = -1
	}
	_ = s.log.Close()
	s.pipe, s.opened, s.grown = -1, false, false
	if forget {
		_, _ = os.Remove(s.fifo), os.Remove(s.record)
	}
	s.wake()
}

// readable runs on the poller's goroutine.
func (s *Sink) readable() {
	s.hub.moving.Add(1)
	go func() {
		defer s.hub.moving.Done()
		s.drain(fairShare)
	}()
}

// Flush moves what is in the pipe now, as after a process's end.
func (s *Sink) Flush() { s.drain(1 << 20 / 4096) }

func (s *Sink) ensureOpen() error {
	if s.opened && !s.displaced() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.opts.Path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(s.opts.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := s.learn(f); err != nil {
		return err
	}
	s.opened = true
	return nil
}

// displaced checks every few seconds whether the file was removed or replaced, and
// closes the old one then.
func (s *Sink) displaced() bool {
	now := time.Now()
	if now.Sub(s.checked) < 5*time.Second {
		return false
	}
	s.checked = now
	var st unix.Stat_t
	if unix.Stat(s.opts.Path, &st) == nil && st.Ino == s.inode {
		return false
	}
	_ = s.log.Close()
	s.opened = false
	s.closeChapter(s.inode, now)
	return true
}

// limit is the largest size of a file. One below lumberjack's, which rotates an
// existing file already when it would become exactly full.
func (s *Sink) limit() int64 { return int64(s.opts.MaxSizeMB)<<20 - 1 }

// learn takes size, inode and last byte of the current file.
func (s *Sink) learn(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	s.size, s.inode, s.midline = st.Size, st.Ino, false
	var last [1]byte
	if st.Size > 0 {
		if _, err := f.ReadAt(last[:], st.Size-1); err == nil {
			s.midline = last[0] != '\n'
		}
	}
	return nil
}

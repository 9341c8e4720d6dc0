package output

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

// chunkSize is how much is moved at a time. It must not exceed a megabyte, the
// smallest size at which lumberjack rotates.
const chunkSize = 256 << 10

// Hub is what all sinks of a manager share: the poller, a bounded number of
// movers with their buffers, and one worker that compresses and removes.
type Hub struct {
	poller *kernel.Poller
	logger *slog.Logger
	null   int
	movers chan *mover

	mu     sync.Mutex
	sinks  map[*Sink]struct{} // open
	dirty  map[*Sink]struct{}
	wakeup chan struct{}
	quit   chan struct{}
	closed sync.WaitGroup
	moving sync.WaitGroup
}

// mover is what moving a chunk needs: a pipe to duplicate it into, and a buffer.
type mover struct {
	r, w int
	buf  []byte
}

// NewHub starts the worker; Close ends it.
func NewHub(p *kernel.Poller, logger *slog.Logger) (*Hub, error) {
	null, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	h := &Hub{
		poller: p, logger: logger, null: null,
		sinks: make(map[*Sink]struct{}), dirty: make(map[*Sink]struct{}), wakeup: make(chan struct{}, 1),
		quit: make(chan struct{}),
	}
	// More movers than cores, since each may wait for the disk.
	n := 2 * runtime.GOMAXPROCS(0)
	h.movers = make(chan *mover, n)
	for range n {
		h.movers <- nil // made when first needed
	}
	h.closed.Add(1)
	go h.work()
	return h, nil
}

// Close waits for moves and the worker. All sinks must have been closed.
func (h *Hub) Close() {
	close(h.quit)
	h.closed.Wait()
	h.moving.Wait()
	for range cap(h.movers) {
		if m := <-h.movers; m != nil {
			_ = unix.Close(m.r)
			_ = unix.Close(m.w)
		}
	}
	_ = unix.Close(h.null)
}

func (h *Hub) take() (*mover, error) {
	m := <-h.movers
	if m != nil {
		return m, nil
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		h.movers <- nil
		return nil, fmt.Errorf("pipe: %w", err)
	}
	// If the user may not have a larger pipe, the default size is enough.
	_, _ = unix.FcntlInt(uintptr(p[1]), unix.F_SETPIPE_SZ, chunkSize)
	return &mover{r: p[0], w: p[1]}, nil
}

// give returns a mover. One that failed may still hold bytes, so it is closed.
func (h *Hub) give(m *mover, clean bool) {
	if !clean {
		_ = unix.Close(m.r)
		_ = unix.Close(m.w)
		m = nil
	}
	h.movers <- m
}

// tidy asks the worker to compress and to remove old files of the sink.
func (h *Hub) tidy(s *Sink) {
	h.mu.Lock()
	h.dirty[s] = struct{}{}
	h.mu.Unlock()
	select {
	case h.wakeup <- struct{}{}:
	default:
	}
}

func (h *Hub) work() {
	defer h.closed.Done()
	// First for what a killed manager left undone, then every hour for age.
	alarm := time.NewTimer(time.Minute)
	defer alarm.Stop()
	for {
		select {
		case <-h.quit:
			return
		case <-h.wakeup:
		case <-alarm.C:
			alarm.Reset(time.Hour)
			h.mu.Lock()
			maps.Copy(h.dirty, h.sinks)
			h.mu.Unlock()
		}
		for s := h.next(); s != nil; s = h.next() {
			s.tidy(h.quit)
		}
	}
}

// register says whether a sink is open.
func (h *Hub) register(s *Sink, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if open {
		h.sinks[s] = struct{}{}
	} else {
		delete(h.sinks, s)
	}
}

func (h *Hub) next() *Sink {
	select {
	case <-h.quit:
		return nil
	default:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.dirty {
		delete(h.dirty, s)
		return s
	}
	return nil
}

// retryAfter is the time between two looks at a full disk while the process prints nothing.
const retryAfter = 2 * time.Second

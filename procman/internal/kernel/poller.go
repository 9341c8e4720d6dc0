package kernel

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Poller watches many descriptors with one goroutine and no thread of its own:
// an epoll set can itself be polled, so the runtime's poller polls it. A watched
// pipe costs an entry in the kernel, not a stack.
type Poller struct {
	file *os.File
	conn syscall.RawConn
	done chan struct{}

	mu      sync.Mutex
	next    uint64
	watches map[uint64]*Watch
}

// Watch is one watched descriptor. It fires once and then waits for Rearm.
type Watch struct {
	p     *Poller
	id    uint64
	fd    int
	mask  uint32
	ready func()
}

// NewPoller starts a poller; Close ends it.
func NewPoller() (*Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	// os.NewFile gives only non-blocking descriptors to the runtime's poller.
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("epoll non-blocking: %w", err)
	}
	f := os.NewFile(uintptr(fd), "epoll")
	conn, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p := &Poller{file: f, conn: conn, done: make(chan struct{}), watches: make(map[uint64]*Watch)}
	go p.run()
	return p, nil
}

// Add watches fd for the epoll events in mask. ready runs on the poller's
// goroutine and must not block. The caller keeps owning fd and must Remove the
// watch before closing it.
func (p *Poller) Add(fd int, mask uint32, ready func()) (*Watch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	w := &Watch{p: p, id: p.next, fd: fd, mask: mask, ready: ready}
	p.watches[w.id] = w
	if err := w.ctl(unix.EPOLL_CTL_ADD); err != nil {
		delete(p.watches, w.id)
		return nil, err
	}
	return w, nil
}

// Rearm lets the watch fire again; it fires at once when fd is ready.
func (w *Watch) Rearm() error {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	if _, ok := w.p.watches[w.id]; !ok {
		return os.ErrClosed
	}
	return w.ctl(unix.EPOLL_CTL_MOD)
}

// Remove ends the watch. ready may still be running, but is not called again.
func (w *Watch) Remove() {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	if _, ok := w.p.watches[w.id]; !ok {
		return
	}
	delete(w.p.watches, w.id)
	_ = w.ctl(unix.EPOLL_CTL_DEL)
}

func (w *Watch) ctl(op int) error {
	ev := unix.EpollEvent{Events: w.mask | unix.EPOLLONESHOT, Fd: int32(w.id), Pad: int32(w.id >> 32)}
	var err error
	cerr := w.p.conn.Control(func(ep uintptr) { err = unix.EpollCtl(int(ep), op, w.fd, &ev) })
	return errors.Join(cerr, err)
}

// Close ends the poller and waits for its goroutine.
func (p *Poller) Close() {
	_ = p.file.Close()
	<-p.done
}

func (p *Poller) run() {
	defer close(p.done)
	events := make([]unix.EpollEvent, 64)
	for {
		n := 0
		err := p.conn.Read(func(ep uintptr) bool {
			var err error
			n, err = unix.EpollWait(int(ep), events, 0)
			return err == nil && n > 0
		})
		if err != nil {
			return
		}
		for _, ev := range events[:n] {
			id := uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32
			p.mu.Lock()
			w := p.watches[id]
			p.mu.Unlock()
			if w != nil {
				w.ready()
			}
		}
	}
}

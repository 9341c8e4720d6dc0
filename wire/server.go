package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"flowhq"
	"flowhq/locale/key"
)

// helloTimeout is how long a connection may stay open without having said who it is.
const helloTimeout = 10 * time.Second

// Authenticate decides whether the process pid may speak for a tenant. pid comes from the kernel, token from the
// worker.
type Authenticate func(tenantID, token string, pid int) error

// Config is what a Server works with; all fields are needed.
type Config struct {
	Socket       string // path of the unix socket; made with mode 0600, a dead one is replaced
	Handler      Handler
	Authenticate Authenticate
	Logger       *slog.Logger
}

// Server is the appliance's end: it knows the connected workers and calls them.
type Server struct {
	config Config

	mu     sync.Mutex
	links  map[string]*link   // by tenant, those that said hello
	open   map[*link]struct{} // all
	closed bool
	stop   func()
	wait   sync.WaitGroup // links
}

// NewServer makes a server; Serve starts it.
func NewServer(c Config) *Server {
	return &Server{config: c, links: make(map[string]*link), open: make(map[*link]struct{})}
}

// Serve listens and serves workers until ctx ends or Close is called; then it closes all connections, waits for their
// handlers and gives nil. It fails when the socket cannot be made or another appliance answers on it.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listener, err := listen(s.config.Socket)
	if err != nil {
		return err
	}
	if !s.begin(cancel) {
		return listener.close()
	}
	unhook := context.AfterFunc(ctx, func() { _ = listener.close() })
	defer unhook()
	err = s.accept(ctx, listener)
	s.closeLinks()
	s.wait.Wait()
	_ = listener.close()
	return err
}

func (s *Server) begin(cancel func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = cancel
	return !s.closed
}

func (s *Server) accept(ctx context.Context, l *socket) error {
	for {
		conn, err := l.AcceptUnix()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("worker socket: %w", err)
		case err != nil: // too many open files, say: it passes
			s.config.Logger.Warn("worker socket: accept failed", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		default:
			s.serve(ctx, conn)
		}
	}
}

// Close ends Serve. It may be called before Serve, more than once, and from any goroutine.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.stop != nil {
		s.stop()
	}
	return nil
}

func (s *Server) closeLinks() {
	s.mu.Lock()
	links := make([]*link, 0, len(s.open))
	for l := range s.open {
		links = append(links, l)
	}
	s.mu.Unlock()
	for _, l := range links {
		l.close()
	}
}

// register makes l the connection of its tenant; the one before it is closed.
func (s *Server) register(tenantID string, l *link) {
	s.mu.Lock()
	old := s.links[tenantID]
	s.links[tenantID] = l
	s.mu.Unlock()
	if old != nil {
		s.config.Logger.Info("a newer connection of the worker replaces the older one", "tenant", tenantID)
		old.close()
	}
}

// unregister forgets l and tells whether it was the connection of its tenant.
func (s *Server) unregister(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, l)
	if t := l.tenant(); t != "" && s.links[t] == l {
		delete(s.links, t)
		return true
	}
	return false
}

func (s *Server) link(tenantID string) (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[tenantID]
	if l == nil {
		return nil, flowhq.Fail(flowhq.CodeUnavailable, key.WorkerAway)
	}
	return l, nil
}

// socket is a listening unix socket that removes its own file alone.
type socket struct {
	*net.UnixListener
	path string
	info fs.FileInfo
	lock *os.File // held for the socket's life
	once sync.Once
}

// listen makes the socket at path. A file beside it is locked, so that of two servers that start at once one is
// refused. The socket gets its name only once it listens and has its final mode, so that whoever finds it can connect.
func listen(path string) (*socket, error) {
	lock, err := lockBeside(path)
	if err != nil {
		return nil, err
	}
	s, err := listenAside(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("worker socket: %w", err), lock.Close())
	}
	s.lock = lock
	return s, nil
}

func lockBeside(path string) (*os.File, error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("worker socket: %w", err)
	}
	switch err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		_ = lock.Close()
		return nil, flowhq.Errorf(flowhq.CodeConflict, "Another appliance already serves the workers on %s", path)
	case err != nil:
		return nil, errors.Join(fmt.Errorf("worker socket: %s: %w", lock.Name(), err), lock.Close())
	}
	return lock, nil
}

func listenAside(path string) (*socket, error) {
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: aside, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s := &socket{UnixListener: l, path: path}
	if err = os.Chmod(aside, 0o600); err == nil {
		s.info, err = os.Stat(aside)
	}
	if err == nil {
		err = os.Rename(aside, path) // over the one that a killed server left
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return s, nil
}

func (s *socket) close() error {
	var err error
	s.once.Do(func() {
		if now, statErr := os.Stat(s.path); statErr == nil && os.SameFile(now, s.info) {
			_ = os.Remove(s.path)
		}
		err = errors.Join(s.UnixListener.Close(), s.lock.Close())
	})
	return err
}

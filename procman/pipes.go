package procman

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// PipeStore keeps the processes' pipes open while no manager is alive. Without
// one, the last output of a process that ends at that moment is lost. The manager
// never takes a pipe back from the store: it is enough that the pipe stays open.
// Its methods are called from several goroutines at once. A pipe that comes by
// an in-place hand-over is not kept again: the previous binary has done that.
type PipeStore interface {
	// Keep stores a duplicate of pipe under name, in place of an earlier one. The
	// pipe is valid during the call only.
	Keep(name string, pipe *os.File) error
	// Forget closes what is stored under name.
	Forget(name string) error
}

// SystemdStore is a PipeStore in systemd's descriptor store. The unit needs
// FileDescriptorStoreMax= of at least the number of processes. After a restart
// systemd passes the pipes to the service by LISTEN_FDS under the names that
// StoreName gives; they may be closed once New has returned.
type SystemdStore struct{ socket string }

var _ PipeStore = (*SystemdStore)(nil)

// NewSystemdStore talks to the given notification socket ($NOTIFY_SOCKET).
func NewSystemdStore(socket string) *SystemdStore { return &SystemdStore{socket: socket} }

// StoreName is the name under which a process's pipe is stored.
func StoreName(process string) string { return "procman-" + process }

// Keep implements PipeStore.
func (s *SystemdStore) Keep(name string, pipe *os.File) error {
	// systemd keeps two open descriptions of the same pipe beside each other, so the old one has to go first.
	if err := s.Forget(name); err != nil {
		return err
	}
	return s.send("FDSTORE=1\nFDPOLL=0\nFDNAME="+StoreName(name), unix.UnixRights(int(pipe.Fd())))
}

// Forget implements PipeStore.
func (s *SystemdStore) Forget(name string) error {
	return s.send("FDSTOREREMOVE=1\nFDNAME="+StoreName(name), nil)
}

func (s *SystemdStore) send(text string, rights []byte) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("descriptor store: %w", err)
	}
	defer closeFD(fd)
	// Package net cannot send descriptors over a connected datagram socket.
	to := &unix.SockaddrUnix{Name: s.socket}
	if err := unix.Sendmsg(fd, []byte(text), rights, to, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("descriptor store: %w", err)
	}
	return nil
}

// pipes names the processes' pipes and keeps them in the store, if there is one.
type pipes struct {
	dir    string
	store  PipeStore // nil without one
	logger *slog.Logger
}

func (s pipes) path(name string) string { return filepath.Join(s.dir, name) }

// keep stores the pipe. When that fails, the pipe is lost with the manager, no more.
func (s pipes) keep(p *process) {
	if s.store == nil {
		return
	}
	p.sink.Pipe(func(fd int) {
		// A descriptor of its own: os.File would make the shared one blocking.
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err == nil {
			f := os.NewFile(uintptr(dup), StoreName(p.name))
			err = s.store.Keep(p.name, f)
			_ = f.Close()
		}
		if err != nil {
			s.logger.Warn("pipe is not stored", "process", p.name, "error", err)
		}
	})
}

func (s pipes) forget(name string) {
	if s.store == nil {
		return
	}
	if err := s.store.Forget(name); err != nil {
		s.logger.Warn("pipe is not forgotten", "process", name, "error", err)
	}
}

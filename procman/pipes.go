package procman

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// PipeStore keeps the processes' pipes open while no manager is alive, so that
// what a process writes last is not lost when it ends just then. The manager
// itself never needs to take a pipe back from it: holding it open is enough.
// Its methods are called from several goroutines at once. A pipe that comes by
// an in-place hand-over is not kept again: the binary before has done that.
type PipeStore interface {
	// Keep stores a duplicate of pipe under name, in place of an earlier one. pipe
	// is valid during the call only.
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
	// Another description of the same pipe would not replace the stored one.
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
	// package net sends descriptors on datagram sockets to nobody it is connected with
	if err := unix.Sendmsg(fd, []byte(text), rights, &unix.SockaddrUnix{Name: s.socket}, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("descriptor store: %w", err)
	}
	return nil
}

func (m *Manager) pipePath(name string) string { return filepath.Join(m.pipeDir(), name) }

// keepPipe stores the pipe; failing costs only what a store is for.
func (m *Manager) keepPipe(p *process) {
	if m.cfg.PipeStore == nil {
		return
	}
	p.sink.Pipe(func(fd int) {
		// A descriptor of its own: os.File would make the shared one blocking.
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err == nil {
			f := os.NewFile(uintptr(dup), StoreName(p.name))
			err = m.cfg.PipeStore.Keep(p.name, f)
			_ = f.Close()
		}
		if err != nil {
			m.cfg.Logger.Warn("pipe is not stored", "process", p.name, "error", err)
		}
	})
}

func (m *Manager) dropPipe(name string) {
	if m.cfg.PipeStore == nil {
		return
	}
	if err := m.cfg.PipeStore.Forget(name); err != nil {
		m.cfg.Logger.Warn("pipe is not forgotten", "process", name, "error", err)
	}
}

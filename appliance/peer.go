package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

type peerKey struct{}

// peer is who dialled the control socket: its pid, and whether it may control the appliance. This is judged once, when
// the connection is taken: a connection that is handed on later stays what it was.
type peer struct {
	pid     int
	allowed bool
}

func judgePeer(conn net.Conn, m *procman.Manager) peer {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return peer{}
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return peer{}
	}
	var p peer
	_ = raw.Control(func(fd uintptr) {
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return
		}
		p.pid = int(cred.Pid)
		// Linux 6.5: while this descriptor's process lives, its pid is nobody else's.
		pidfd, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PEERPIDFD)
		held := err == nil
		if held {
			defer func() { _ = unix.Close(pidfd) }()
		}
		p.allowed = mayControl(m, p.pid) && (!held || lives(pidfd))
	})
	return p
}

// lives tells whether a process is there; one of another user (root's, as a rule) may not be signalled and is there all
// the same.
func lives(pidfd int) bool {
	err := unix.PidfdSendSignal(pidfd, 0, nil, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}

// mayControl refuses whoever is of a worker's tree, whoever descends from the appliance (its children are workers, and
// what workers leave behind becomes its child), and whoever is gone.
func mayControl(m *procman.Manager, pid int) bool {
	if pid <= 0 {
		return false
	}
	if pid == os.Getpid() {
		return true
	}
	if _, ok := m.Member(pid); ok {
		return false
	}
	for range 64 {
		parent, ok := parentOf(pid)
		switch {
		case !ok:
			return false
		case parent == os.Getpid():
			return false
		case parent <= 1: // 0 is outside of this container
			return true
		}
		if _, ok := m.Owner(parent); ok {
			return false
		}
		pid = parent
	}
	return false
}

// parentOf gives a process's parent; false when it is gone.
func parentOf(pid int) (int, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	s := string(text)
	fields := strings.Fields(s[strings.LastIndexByte(s, ')')+1:]) // the name may hold anything
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(fields[1])
	return parent, err == nil
}

// withPeer keeps who dialled for the requests on a connection.
func (c *control) withPeer(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, judgePeer(conn, c.manager))
}

package localtrust

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

type peerKey struct{}

// Trust judges who dials the control socket. Make one with New.
type Trust struct {
	manager *procman.Manager
	log     *slog.Logger
}

// New makes a Trust that refuses the workers of m and what came of them.
func New(m *procman.Manager, log *slog.Logger) *Trust { return &Trust{manager: m, log: log} }

// ConnContext is for http.Server: it keeps who dialled for the requests on a connection.
func (t *Trust) ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, judgePeer(conn, t.manager))
}

// Guard passes on the requests of peers that may control the appliance. The others go to refuse.
func (t *Trust) Guard(next, refuse http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, _ := r.Context().Value(peerKey{}).(peer); !p.allowed {
			t.log.Warn("a process that does not belong to an admin was refused at the control socket", "pid", p.pid)
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// peer is who dialled the control socket: its pid, and whether it may control the appliance. This is decided once, when
// the connection is accepted. A connection that is passed to another process later keeps this decision.
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

package wire

import (
	"fmt"
	"net"
	"syscall"
)

// peer is the process at the other end of a connection, as the kernel says.
type peer struct {
	pid int
	uid uint32
}

func peerOf(conn *net.UnixConn) (peer, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return peer{}, err
	}
	var cred *syscall.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err == nil {
		err = credErr
	}
	if err != nil {
		return peer{}, fmt.Errorf("who dialled: %w", err)
	}
	return peer{pid: int(cred.Pid), uid: cred.Uid}, nil
}

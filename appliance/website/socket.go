package website

import (
	"fmt"
	"net"
	"os"

	"flowhq/procman"
)

// SocketName is the name under which the listening socket is handed over to the next program.
const SocketName = "web"

// SocketFile gives the file of a listening socket, which is handed over to the next program under SocketName.
func SocketFile(l net.Listener) (*os.File, error) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("the web socket is no TCP listener: %T", l)
	}
	return tcp.File()
}

// TakeSocket gives the listening socket that the program before left, when it is at the address wanted now.
func TakeSocket(in *procman.Inherited, addr string) net.Listener {
	if in == nil || in.Files[SocketName] == nil {
		return nil
	}
	f := in.Files[SocketName]
	defer func() { _ = f.Close() }()
	l, err := net.FileListener(f)
	if err != nil {
		return nil
	}
	if l.Addr().String() != addr {
		_ = l.Close()
		return nil
	}
	return l
}

package main

import (
	"errors"
	"net"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// store plays systemd's descriptor store: what is sent to its socket stays open
// whoever dies.
type store struct {
	path string
	conn *net.UnixConn
	done sync.WaitGroup
	kept map[string]int
}

func newStore(path string) (*store, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	s := &store{path: path, conn: conn, kept: make(map[string]int)}
	s.done.Add(1)
	go s.serve()
	return s, nil
}

func (s *store) serve() {
	defer s.done.Done()
	text, rights := make([]byte, 4096), make([]byte, 4096)
	for {
		n, k, _, _, err := s.conn.ReadMsgUnix(text, rights)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.take(string(text[:n]), rights[:k])
		}
	}
}

func (s *store) take(text string, rights []byte) {
	name, remove := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "FDNAME="); ok {
			name = v
		}
		remove = remove || line == "FDSTOREREMOVE=1"
	}
	if fd, ok := s.kept[name]; ok && remove {
		_ = unix.Close(fd)
		delete(s.kept, name)
	}
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err == nil && len(fds) == 1 {
			unix.CloseOnExec(fds[0])
			s.kept[name] = fds[0]
		}
	}
}

func (s *store) close() {
	_ = s.conn.Close()
	s.done.Wait()
	for _, fd := range s.kept {
		_ = unix.Close(fd)
	}
}

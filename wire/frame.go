package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	maxFrame     = 8 << 20         // bytes of one message; a longer one ends the connection
	writeTimeout = 5 * time.Second // for one message; a peer that reads no longer is given up
)

var errFrameTooLong = fmt.Errorf("message longer than %d bytes", maxFrame)

// frames is a channel of JSON messages, one on each line. Unlike jrpc2's own it bounds how long a message may be and
// how long a write may take, so that a peer which floods or stalls costs its own connection alone.
type frames struct {
	conn net.Conn
	in   *bufio.Reader

	mu  sync.Mutex // held while writing
	out []byte
}

func newFrames(conn net.Conn) *frames {
	return &frames{conn: conn, in: bufio.NewReaderSize(conn, 2048)}
}

// Send writes one message.
func (l *frames) Send(msg []byte) error {
	if len(msg) >= maxFrame {
		return errFrameTooLong
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	l.out = append(append(l.out[:0], msg...), '\n')
	_, err := l.conn.Write(l.out)
	if cap(l.out) > 64<<10 {
		l.out = nil // one big message shall not cost its size for ever
	}
	if err != nil {
		_ = l.conn.Close() // half a message may be out: nothing can follow it
	}
	return err
}

// Recv reads one message; the slice is the caller's.
func (l *frames) Recv() ([]byte, error) {
	var msg []byte
	for {
		part, err := l.in.ReadSlice('\n')
		if len(msg)+len(part) > maxFrame {
			return nil, errFrameTooLong
		}
		msg = append(msg, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(msg, []byte("\n")), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(msg) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// Close closes the connection.
func (l *frames) Close() error { return l.conn.Close() }

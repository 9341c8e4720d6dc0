package wasim

import (
	"bytes"
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/coder/websocket"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
)

// byteMeter counts traffic over all connections.
type byteMeter struct{ in, out atomic.Int64 }

// frameConn cuts a websocket into frames: a length of three bytes, big-endian, then the payload. One goroutine reads
// and one writes. A frame is always written whole in one websocket message, because the client joins a cut one wrongly.
type frameConn struct {
	ws    *websocket.Conn
	tcp   net.Conn // beneath the websocket
	meter *byteMeter

	buf      []byte
	read     cipher.AEAD
	readSeq  uint32
	write    cipher.AEAD
	writeSeq uint32
}

func (c *frameConn) arm(read, write cipher.AEAD) { c.read, c.write = read, write }

// readHeader takes the four bytes that open every connection.
func (c *frameConn) readHeader(ctx context.Context) error {
	want := socket.WAConnHeader
	for len(c.buf) < len(want) {
		if err := c.fill(ctx); err != nil {
			return err
		}
	}
	if !bytes.Equal(c.buf[:len(want)], want) {
		return fmt.Errorf("connection header %x, want %x", c.buf[:len(want)], want)
	}
	c.buf = c.buf[len(want):]
	return nil
}

func (c *frameConn) fill(ctx context.Context) error {
	_, data, err := c.ws.Read(ctx)
	if err != nil {
		return err
	}
	c.meter.in.Add(int64(len(data)))
	if len(c.buf) == 0 {
		c.buf = data
	} else {
		c.buf = append(c.buf, data...)
	}
	return nil
}

func (c *frameConn) readFrame(ctx context.Context) ([]byte, error) {
	for {
		if len(c.buf) >= socket.FrameLengthSize {
			end := socket.FrameLengthSize + (int(c.buf[0])<<16 | int(c.buf[1])<<8 | int(c.buf[2]))
			if len(c.buf) >= end {
				frame := c.buf[socket.FrameLengthSize:end:end]
				c.buf = c.buf[end:]
				return frame, nil
			}
		}
		if err := c.fill(ctx); err != nil {
			return nil, err
		}
	}
}

func (c *frameConn) writeFrame(ctx context.Context, payload []byte) error {
	n := len(payload)
	if n >= socket.FrameMaxSize {
		return socket.ErrFrameTooLarge
	}
	frame := make([]byte, 0, socket.FrameLengthSize+n)
	frame = append(append(frame, byte(n>>16), byte(n>>8), byte(n)), payload...)
	c.meter.out.Add(int64(len(frame)))
	return c.ws.Write(ctx, websocket.MessageBinary, frame)
}

func (c *frameConn) readNode(ctx context.Context) (*waBinary.Node, error) {
	frame, err := c.readFrame(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := c.read.Open(nil, gcmNonce(c.readSeq), frame, nil)
	c.readSeq++
	if err != nil {
		return nil, fmt.Errorf("frame %d does not decrypt: %w", c.readSeq-1, err)
	}
	if len(plain) == 0 {
		return nil, errors.New("empty frame")
	}
	if plain, err = waBinary.Unpack(plain); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return waBinary.Unmarshal(plain)
}

// writeStanza encrypts and sends a marshalled node.
func (c *frameConn) writeStanza(ctx context.Context, stanza []byte) error {
	sealed := c.write.Seal(nil, gcmNonce(c.writeSeq), stanza, nil)
	c.writeSeq++
	return c.writeFrame(ctx, sealed)
}

// close ends the connection without a closing handshake; the peer reads end of file.
func (c *frameConn) close() { _ = c.ws.CloseNow() }

// reset ends it with a TCP reset.
func (c *frameConn) reset() {
	if tcp, ok := c.tcp.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
	c.close()
}

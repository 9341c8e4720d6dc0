package whatsapp

import (
	"encoding/binary"
	"io"
	"net/http"
	"sync"
	"time"
)

// endingTransport holds the end of a websocket back from whatsmeow until two things have happened.
//
// The handshake is over: whatsmeow sets who is told of the end as the last step of the handshake and reads it when the
// connection ends, under no common lock (socket/noisesocket.go, newNoiseSocket; socket/framesocket.go, Close).
//
// Every stanza before the end was decoded: whatsmeow decodes beside its read loop, so the closing of a connection can
// overtake the stanza that says why it closes. "Another program has the device" would then look like a lost connection,
// and the two programs would throw each other out for ever.
type endingTransport struct {
	http.RoundTripper
	handshake <-chan struct{} // closed when the handshake is over
	decoded   *frameTally     // frames that whatsmeow has decoded
}

func (t endingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		return res, err
	}
	if wire, ok := res.Body.(io.ReadWriteCloser); ok {
		b := &endingBody{ReadWriteCloser: wire, endingTransport: t, closed: make(chan struct{})}
		b.frames.compressed = res.Header.Get("Sec-WebSocket-Extensions") != ""
		res.Body = b
	}
	return res, nil
}

// decodeLimit is how long the end of a connection waits for its last stanzas. It is reached only when one of them
// cannot be decoded at all.
const decodeLimit = 10 * time.Second

// endingBody is the connection of a websocket.
type endingBody struct {
	io.ReadWriteCloser
	endingTransport
	frames frameParser
	once   sync.Once
	closed chan struct{} // by us: nobody needs to wait then
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.ReadWriteCloser.Read(p)
	b.frames.parse(p[:n])
	if err != nil {
		b.waitDecoded()
	}
	return n, err
}

func (b *endingBody) waitDecoded() {
	select {
	case <-b.handshake:
	case <-b.closed:
		return
	}
	restriction := time.NewTimer(decodeLimit)
	defer restriction.Stop()
	select {
	case <-b.decoded.reached(b.frames.count - handshakeFrames): // counts stanzas, which come after the handshake
	case <-b.closed:
	case <-restriction.C:
	}
}

func (b *endingBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.ReadWriteCloser.Close()
}

// handshakeFrames is how many frames the server sends that hold no stanza: its half of the Noise handshake.
const handshakeFrames = 1

// frameTally counts frames and tells when there are enough.
type frameTally struct {
	mu    sync.Mutex
	count int
	want  int
	done  chan struct{} // closed when count reaches want; nil: nobody waits
}

func (t *frameTally) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	if t.done != nil && t.count >= t.want {
		close(t.done)
		t.done = nil
	}
}

// reached gives a channel that is closed once count is at least want. One caller at a time.
func (t *frameTally) reached(want int) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	done := make(chan struct{})
	if t.count >= want {
		close(done)
		return done
	}
	t.want, t.done = want, done
	return done
}

// frameParser counts WhatsApp's frames in the bytes that a server sends over a websocket. A frame is three bytes of
// length and that many bytes; it may span several messages of the websocket, and a message may hold several frames.
// What the server compresses cannot be looked into: each message counts as one frame then, which is nearly always true.
type frameParser struct {
	compressed bool // the server compresses messages
	count      int  // whole frames

	header  []byte // of the websocket's message, as far as it came
	payload uint64 // bytes of the message that are still to come
	data    bool   // the message carries data; else it is a ping, a pong or a close

	length []byte // of the frame, as far as it came
	frame  uint64 // bytes of the frame that are still to come
}

func (f *frameParser) parse(b []byte) {
	for len(b) > 0 {
		if f.payload == 0 {
			f.header, b = append(f.header, b[0]), b[1:]
			f.endHeader()
			continue
		}
		n := min(uint64(len(b)), f.payload)
		if f.data && !f.compressed {
			f.parseFrames(b[:n])
		}
		b, f.payload = b[n:], f.payload-n
	}
}

// Parts of a websocket's header (RFC 6455, section 5.2). A server does not mask what it sends.
const (
	lastBit      = 0x80 // the message ends here
	opcodeBits   = 0x0f
	opcodeBinary = 2 // 0 continues a message, 1 is text, 8 and above control the connection
	lengthBits   = 0x7f
	length16     = 126 // the length follows in 2 bytes
	length64     = 127 // the length follows in 8 bytes
)

// endHeader takes the header of a message when it is whole.
func (f *frameParser) endHeader() {
	if len(f.header) < 2 {
		return
	}
	short, rest := f.header[1]&lengthBits, f.header[2:]
	switch {
	case short == length16 && len(rest) == 2:
		f.payload = uint64(binary.BigEndian.Uint16(rest))
	case short == length64 && len(rest) == 8:
		f.payload = binary.BigEndian.Uint64(rest)
	case short < length16:
		f.payload = uint64(short)
	default:
		return
	}
	f.data = f.header[0]&opcodeBits <= opcodeBinary
	if f.compressed && f.data && f.header[0]&lastBit != 0 {
		f.count++
	}
	f.header = f.header[:0]
}

func (f *frameParser) parseFrames(b []byte) {
	for len(b) > 0 {
		if f.frame == 0 {
			f.length, b = append(f.length, b[0]), b[1:]
			if len(f.length) == 3 {
				f.frame = uint64(f.length[0])<<16 | uint64(f.length[1])<<8 | uint64(f.length[2])
				f.length = f.length[:0]
			}
			continue
		}
		n := min(uint64(len(b)), f.frame)
		b, f.frame = b[n:], f.frame-n
		if f.frame == 0 {
			f.count++
		}
	}
}

package whatsapp

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// TestFrameParser_parse: what whatsmeow will decode is counted in any cut of the bytes.
func TestFrameParser_parse(t *testing.T) {
	t.Parallel()
	message := func(head byte, payload []byte) []byte {
		switch n := len(payload); {
		case n < length16:
			return append([]byte{head, byte(n)}, payload...)
		case n < 1<<16:
			return append([]byte{head, length16, byte(n >> 8), byte(n)}, payload...)
		default:
			return append([]byte{head, length64, 0, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
		}
	}
	frame := func(n int) []byte { return append([]byte{byte(n >> 16), byte(n >> 8), byte(n)}, make([]byte, n)...) }
	const binary, first, more, last, ping = 0x82, 0x02, 0x00, 0x80, 0x89
	long := frame(70_000)
	var all []byte
	for _, m := range [][]byte{
		message(binary, frame(5)),   // 1
		message(ping, []byte("hm")), // none
		// 2 and 3
		message(binary, append(frame(1), frame(200)...)),
		message(binary, long),                                                                                   // 4
		message(first, long[:100]), message(ping, nil), message(more, long[100:300]), message(last, long[300:]), // 5
		message(binary, long[:2]), message(binary, long[2:]), // 6
		message(binary, long[:9]), // begun
	} {
		all = append(all, m...)
	}
	for _, cut := range []int{1, 2, 3, 7, 64, 4096, len(all)} {
		var f frameParser
		for rest := all; len(rest) > 0; rest = rest[min(cut, len(rest)):] {
			f.parse(rest[:min(cut, len(rest))])
		}
		if f.count != 6 {
			t.Errorf("in pieces of %d: %d frames, want 6", cut, f.count)
		}
	}
	f := frameParser{compressed: true}
	f.parse(append(message(0xc2, []byte("anything")), message(0xc2, []byte("else"))...))
	if f.count != 2 {
		t.Errorf("compressed: %d", f.count)
	}
}

// endedWire is a connection that gives a few bytes and then ends.
type endedWire struct{ bytes []byte }

func (w *endedWire) Read(p []byte) (int, error) {
	n := copy(p, w.bytes)
	w.bytes = w.bytes[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
func (*endedWire) Write(p []byte) (int, error) { return len(p), nil }
func (*endedWire) Close() error                { return nil }

// TestEndingBody_Read: the end waits for the handshake and for the stanzas before it, however long decoding them takes.
func TestEndingBody_Read(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handshake, decoded := make(chan struct{}), &frameTally{}
		b := &endingBody{
			ReadWriteCloser: &endedWire{[]byte{0x82, 4, 0, 0, 1, 'h', 0x82, 4, 0, 0, 1, 's'}},
			endingTransport: endingTransport{handshake: handshake, decoded: decoded}, closed: make(chan struct{}),
		}
		ended := make(chan error, 1)
		go func() {
			_, err := io.ReadAll(b)
			ended <- err
		}()
		open := func(when string) {
			t.Helper()
			synctest.Wait()
			select {
			case err := <-ended:
				t.Errorf("the end was told %s: %v", when, err)
			default:
			}
		}
		open("before the handshake was over")
		close(handshake)
		time.Sleep(decodeLimit / 2)
		open("before the last stanza was decoded")
		decoded.add()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestEndingBody_Close(t *testing.T) {
	t.Parallel()
	b := &endingBody{ReadWriteCloser: &endedWire{}, closed: make(chan struct{})}
	b.decoded = &frameTally{}
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

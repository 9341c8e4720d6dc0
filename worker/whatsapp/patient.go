package whatsapp

import (
	"io"
	"net/http"
	"sync"
)

// patient keeps the end of a websocket from whatsmeow until the handshake is over. whatsmeow says who is to be told of the
// end as the last step of the handshake, and reads it when the connection ends, under no common lock: a connection that broke
// just then was a data race (socket/noisesocket.go, newNoiseSocket, against socket/framesocket.go, Close), and nobody might
// have been told.
type patient struct {
	http.RoundTripper
	over <-chan struct{}
}

func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.RoundTripper.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		return res, err
	}
	if wire, ok := res.Body.(io.ReadWriteCloser); ok {
		res.Body = &patientBody{ReadWriteCloser: wire, over: p.over, closed: make(chan struct{})}
	}
	return res, nil
}

// patientBody is the connection of a websocket.
type patientBody struct {
	io.ReadWriteCloser
	over   <-chan struct{}
	once   sync.Once
	closed chan struct{} // by us: nobody needs to wait then
}

func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadWriteCloser.Read(p)
	if err != nil {
		select {
		case <-b.over:
		case <-b.closed:
		}
	}
	return n, err
}

func (b *patientBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.ReadWriteCloser.Close()
}

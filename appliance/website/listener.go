package website

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// pausableListener is a listener whose accepting can be ended without closing the socket, and so that nobody is lost in
// between: when pause returns, everybody who was let in is known to the server, and everybody else waits outside, for
// the program that takes the socket over.
type pausableListener struct {
	net.Listener

	mu      sync.Mutex
	paused  bool
	parked  chan struct{} // closed when the server came back for the next one and nobody is let in any more
	closed  chan struct{}
	closing sync.Once
}

func newListener(l net.Listener) *pausableListener {
	return &pausableListener{Listener: l, parked: make(chan struct{}), closed: make(chan struct{})}
}

// Accept lets the next one in; after pause it waits for Close.
func (d *pausableListener) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err == nil || !d.isPaused() {
		return conn, err
	}
	close(d.parked) // the server calls one after the other, and not again after the error
	<-d.closed
	return nil, net.ErrClosed
}

func (d *pausableListener) isPaused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused
}

// pause lets nobody in any more and waits until the server is done with whoever came last, or ctx ends.
func (d *pausableListener) pause(ctx context.Context) {
	d.mu.Lock()
	d.paused = true
	d.mu.Unlock()
	if unblock(d.Listener, time.Now()) != nil {
		return
	}
	select {
	case <-d.parked:
	case <-ctx.Done():
	}
}

// Close closes the socket.
func (d *pausableListener) Close() error {
	d.closing.Do(func() { close(d.closed) })
	return d.Listener.Close()
}

// inFlight are the connections of a server that an answer is owed to. Go's Shutdown drops a request that is read after
// it began; so whoever pauses the listener waits for them first.
type inFlight struct {
	mu sync.Mutex
	// zero: a request is being answered; else since when it is there and has not asked for anything
	in map[net.Conn]time.Time
}

// silentLimit is how long one that came and says nothing counts: browsers open connections that they may need later.
const silentLimit = 300 * time.Millisecond

// note is the server's ConnState.
func (g *inFlight) note(conn net.Conn, state http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in == nil {
		g.in = make(map[net.Conn]time.Time)
	}
	switch state {
	case http.StateNew:
		g.in[conn] = time.Now()
	case http.StateActive:
		g.in[conn] = time.Time{}
	default:
		delete(g.in, conn)
	}
}

func (g *inFlight) waiting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, since := range g.in {
		if since.IsZero() || time.Since(since) < silentLimit {
			return true
		}
	}
	return false
}

// wait waits until an answer is owed to nobody, or ctx ends.
func (g *inFlight) wait(ctx context.Context) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for g.waiting() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

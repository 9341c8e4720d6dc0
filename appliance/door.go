package appliance

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// door is a listener whose accepting can be ended without closing the socket, and so that nobody is lost in between:
// when shut returns, everybody who was let in is known to the server, and everybody else waits outside, for the program
// that takes the socket over.
type door struct {
	net.Listener

	mu      sync.Mutex
	ending  bool
	parked  chan struct{} // closed when the server came back for the next one and nobody is let in any more
	closed  chan struct{}
	closing sync.Once
}

func newDoor(l net.Listener) *door {
	return &door{Listener: l, parked: make(chan struct{}), closed: make(chan struct{})}
}

// Accept lets the next one in; after shut it waits for Close.
func (d *door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err == nil || !d.isEnding() {
		return conn, err
	}
	close(d.parked) // the server calls one after the other, and not again after the error
	<-d.closed
	return nil, net.ErrClosed
}

func (d *door) isEnding() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ending
}

// shut lets nobody in any more and waits until the server is done with whoever came last, or ctx ends.
func (d *door) shut(ctx context.Context) {
	d.mu.Lock()
	d.ending = true
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
func (d *door) Close() error {
	d.closing.Do(func() { close(d.closed) })
	return d.Listener.Close()
}

// guests are the connections of a server that an answer is owed to. Go's Shutdown drops a request that is read after it
// began; so whoever shuts a door waits for them first.
type guests struct {
	mu sync.Mutex
	// zero: a request is being answered; else since when it is there and has not asked for anything
	in map[net.Conn]time.Time
}

// shyLimit is how long one that came and says nothing counts: browsers open connections that they may need later.
const shyLimit = 300 * time.Millisecond

// note is the server's ConnState.
func (g *guests) note(conn net.Conn, state http.ConnState) {
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

func (g *guests) waiting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, since := range g.in {
		if since.IsZero() || time.Since(since) < shyLimit {
			return true
		}
	}
	return false
}

// leave waits until an answer is owed to nobody, or ctx ends.
func (g *guests) leave(ctx context.Context) {
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

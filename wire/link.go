package wire

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/handler"

	"flowhq"
)

// link is one worker's connection, seen from the appliance.
type link struct {
	server *Server
	conn   net.Conn
	peer   peer
	rpc    *jrpc2.Server

	mu       sync.Mutex
	tenantID string // set by hello
}

// serve starts to serve conn; it returns at once.
func (s *Server) serve(ctx context.Context, conn *net.UnixConn) {
	p, err := peerOf(conn)
	if err == nil && p.uid != uint32(os.Getuid()) && p.uid != 0 {
		err = errors.New("the peer belongs to another user")
	}
	if err != nil {
		s.config.Logger.Warn("worker socket: peer refused", "error", err, "pid", p.pid, "uid", p.uid)
		_ = conn.Close()
		return
	}
	l := &link{server: s, conn: conn, peer: p}
	l.rpc = jrpc2.NewServer(l.methods(), &jrpc2.ServerOptions{
		AllowPush:      true,
		DisableBuiltin: true,
		Concurrency:    4, // a slow write of events must not hold up a heartbeat
		NewContext:     func() context.Context { return ctx },
	})
	s.mu.Lock()
	s.open[l] = struct{}{}
	s.mu.Unlock()
	l.rpc.Start(newFrames(conn))
	s.wait.Go(l.run)
}

func (l *link) run() {
	late := time.AfterFunc(helloTimeout, func() {
		if l.tenant() == "" {
			l.close()
		}
	})
	err := l.rpc.Wait()
	late.Stop()
	_ = l.conn.Close()
	t := l.tenant()
	if l.server.unregister(l) {
		l.server.config.Logger.Debug("worker's connection ended", "tenant", t, "error", err)
		l.server.config.Handler.Gone(t)
	}
}

// close ends the connection without waiting for its handlers.
func (l *link) close() { _ = l.conn.Close() }

func (l *link) tenant() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tenantID
}

func (l *link) methods() handler.Map {
	return handler.Map{
		methodHello: handler.New(l.hello),
		methodReport: handler.New(func(ctx context.Context, r flowhq.SessionReport) error {
			return l.forTenant(func(t string) error { return l.server.config.Handler.Report(ctx, t, r) })
		}),
		methodHeartbeat: handler.New(func(ctx context.Context, h Heartbeat) error {
			return l.forTenant(func(t string) error { return l.server.config.Handler.Heartbeat(ctx, t, h) })
		}),
		methodEvents: handler.New(l.events),
	}
}

// forTenant runs f for the tenant that said hello here.
func (l *link) forTenant(f func(tenantID string) error) error {
	t := l.tenant()
	if t == "" {
		return encodeError(flowhq.Errorf(flowhq.CodeUnauthorized, "Say hello first"))
	}
	err := f(t)
	if err != nil && flowhq.CodeOf(err) == flowhq.CodeInternal {
		l.server.config.Logger.Error("a worker's call failed", "tenant", t, "error", err)
	}
	return encodeError(err)
}

func (l *link) events(ctx context.Context, b Batch) (Receipt, error) {
	var r Receipt
	err := l.forTenant(func(t string) (err error) {
		if len(b.Events) > MaxEvents {
			return flowhq.Errorf(flowhq.CodeInvalid, "At most %d events go in one call", MaxEvents)
		}
		r.Acked, err = l.server.config.Handler.Events(ctx, t, b.Journal, b.Events)
		return err
	})
	return r, err
}

func (l *link) hello(ctx context.Context, h Hello) (Welcome, error) {
	if err := l.admit(h); err != nil {
		l.server.config.Logger.Warn("worker refused", "tenant", h.TenantID, "pid", l.peer.pid, "error", err)
		time.AfterFunc(time.Second, l.close) // after the answer
		return Welcome{}, encodeError(err)
	}
	// It counts as connected before its configuration is read: a change that is made meanwhile is sent to it too, and
	// the worker keeps the higher revision.
	l.server.register(h.TenantID, l)
	config, acked, err := l.server.config.Handler.Hello(ctx, h)
	if err != nil {
		l.server.config.Logger.Warn("worker's hello failed", "tenant", h.TenantID, "error", err)
		time.AfterFunc(time.Second, l.close)
		return Welcome{}, encodeError(err)
	}
	return Welcome{Protocol: min(h.Protocol, Protocol), Acked: acked, Config: config}, nil
}

func (l *link) admit(h Hello) error {
	switch {
	case h.Protocol < OldestProtocol:
		return flowhq.Errorf(
			flowhq.CodeConflict, "The worker speaks protocol %d, which is too old for this appliance", h.Protocol,
		)
	case h.TenantID == "":
		return flowhq.Errorf(flowhq.CodeInvalid, "The hello names no tenant")
	}
	if err := l.server.config.Authenticate(h.TenantID, h.Token, l.peer.pid); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tenantID != "" {
		return flowhq.Errorf(flowhq.CodeConflict, "Hello was said already")
	}
	l.tenantID = h.TenantID
	return nil
}

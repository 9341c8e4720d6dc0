package website

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
	"flowhq/appliance/api"
	"flowhq/appliance/config"
	"flowhq/appliance/services"
	"flowhq/locale"
	"flowhq/storage"
	"flowhq/ui"
)

// Bounds of a request from outside. There is none on the whole answer, since streams stay open; the stream bounds each
// of its writes.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// CloseTimeout bounds how long Close waits for what is being answered.
const CloseTimeout = 5 * time.Second

// Server is what people and the portal talk to.
type Server struct {
	server   *http.Server
	listener *pausableListener
	inFlight inFlight
	gate     *access.Gatekeeper
	stopping chan struct{}
	ending   sync.Once
}

// Listen opens the address that people and the portal call.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (PORT, LISTEN_ADDR): %w", addr, err)
	}
	return listener, nil
}

// New makes the server of pages and API on listener.
func New(c *config.Config, listener net.Listener, s *services.Services, store *storage.Store,
	log *slog.Logger) (*Server, error) {
	w := &Server{listener: newListener(listener), stopping: make(chan struct{})}
	engine, err := w.engine(c, s, store, log)
	if err != nil {
		return nil, err
	}
	w.server = &http.Server{
		Handler:           http.MaxBytesHandler(engine, access.MaxBody),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnState: w.inFlight.note,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return w, nil
}

func (w *Server) engine(c *config.Config, s *services.Services, store *storage.Store, log *slog.Logger) (*gin.Engine,
	error) {
	var pages *ui.UI
	gate, err := access.New(access.Config{
		Password: c.AdminPassword.Reveal(), PasswordHash: c.AdminPasswordHash.Reveal(), PortalKey: c.PortalKey.Reveal(),
		ListenAddr: c.Addr(), PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies,
		Sessions: store, Log: log,
		Page: func(rw http.ResponseWriter, r *http.Request, status int, sentence string) {
			pages.Refusal(rw, r, status, sentence)
		},
	})
	if err != nil {
		return nil, err
	}
	w.gate = gate
	texts, err := locale.New()
	if err != nil {
		return nil, err
	}
	calls, err := api.New(api.Config{
		Services: s, Sessions: gate, StillIn: gate.StillIn, Stopping: w.stopping, Log: log, Texts: texts,
	})
	if err != nil {
		return nil, err
	}
	pages, err = ui.New(ui.Config{
		Services: s, Gate: gate, Logger: log, Texts: texts, OpenAPI: calls.DocumentJSON(),
		Simulator: c.Simulator != nil,
	})
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	api.Mount(engine, joinRoutes(calls.Routes(), pages.Routes()), gate)
	return engine, nil
}

// Gate keeps who is signed in.
func (w *Server) Gate() *access.Gatekeeper { return w.gate }

// Stopping is closed when streams have to end.
func (w *Server) Stopping() <-chan struct{} { return w.stopping }

// Serve answers until Close; it gives nil then.
func (w *Server) Serve() error {
	err := w.server.Serve(w.listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("the web server ended: %w", err)
}

func (w *Server) endStreams() { w.ending.Do(func() { close(w.stopping) }) }

// Leave ends open streams and waits, as long as ctx lasts, until everybody who was let in has the answer; nobody else
// is let in, and those who come wait outside for whoever takes the socket over.
func (w *Server) Leave(ctx context.Context) {
	w.listener.pause(ctx)
	w.endStreams()
	w.inFlight.wait(ctx)
}

// Close ends open streams and waits a little for what is being answered.
func (w *Server) Close(ctx context.Context) {
	w.endStreams()
	ctx, cancel := context.WithTimeout(ctx, CloseTimeout)
	defer cancel()
	if w.server.Shutdown(ctx) != nil {
		_ = w.server.Close()
	}
}

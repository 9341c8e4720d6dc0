package appliance

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
	closeTimeout  = 5 * time.Second
)

// website is what people and the portal talk to.
type website struct {
	server   *http.Server
	listener *door
	guests   guests
	gate     *access.Gatekeeper
	stopping chan struct{}
	ending   sync.Once
}

func listenHTTP(ctx context.Context, c *config.Config) (net.Listener, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", c.Addr())
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (PORT, LISTEN_ADDR): %w", c.Addr(), err)
	}
	return listener, nil
}

func newWebsite(c *config.Config, listener net.Listener, s *services.Services, store *storage.Store,
	log *slog.Logger) (*website, error) {
	w := &website{listener: newDoor(listener), stopping: make(chan struct{})}
	engine, err := w.engine(c, s, store, log)
	if err != nil {
		return nil, err
	}
	w.server = &http.Server{
		Handler:           http.MaxBytesHandler(engine, access.MaxBody),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnState: w.guests.note,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return w, nil
}

func (w *website) engine(c *config.Config, s *services.Services, store *storage.Store, log *slog.Logger) (*gin.Engine,
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

// serve answers until close; it gives nil then.
func (w *website) serve() error {
	err := w.server.Serve(w.listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("the web server ended: %w", err)
}

func (w *website) endStreams() { w.ending.Do(func() { close(w.stopping) }) }

// leave ends open streams and waits, as long as ctx lasts, until everybody who was let in has the answer; nobody else
// is let in, and those who come wait outside for whoever takes the socket over.
func (w *website) leave(ctx context.Context) {
	w.listener.shut(ctx)
	w.endStreams()
	w.guests.leave(ctx)
}

// close ends open streams and waits a little for what is being answered.
func (w *website) close(ctx context.Context) {
	w.endStreams()
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	if w.server.Shutdown(ctx) != nil {
		_ = w.server.Close()
	}
}

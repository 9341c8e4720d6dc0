package localapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/api"
	"flowhq/appliance/localtrust"
)

// headerTimeout bounds how long a client may need to send its request's head.
const headerTimeout = 10 * time.Second

// Server answers at the control socket.
type Server struct {
	path string
	http *http.Server
}

// NewServer makes the server of the socket at path. It answers the calls of an admin in admin, and l's own.
func (l *Calls) NewServer(path string, admin []api.Route, trust *localtrust.Trust) *Server {
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, what any) {
		l.cfg.Log.Error("panic in a handler", "route", c.FullPath(), "panic", what)
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	engine.NoRoute(l.unknown)
	engine.NoMethod(l.unknown)
	api.RegisterLocal(engine, admin)
	api.RegisterLocal(engine, l.Routes())
	refuse := answer(flowhq.Errorf(flowhq.CodeForbidden, "Workers may not control the appliance."))
	return &Server{path: path, http: &http.Server{
		Handler: trust.Guard(engine, refuse), ConnContext: trust.ConnContext, ReadHeaderTimeout: headerTimeout,
		ErrorLog: slog.NewLogLogger(l.cfg.Log.Handler(), slog.LevelDebug),
	}}
}

// unknown answers a call that this version does not have: the command line is of another one.
func (l *Calls) unknown(c *gin.Context) {
	answer(flowhq.Errorf(flowhq.CodeNotFound,
		"This command and the running appliance are of different versions: the appliance is %s and does not "+
			"know the call. "+
			"Use the command of that version.", l.cfg.Status.Version)).ServeHTTP(c.Writer, c.Request)
	c.Abort()
}

// answer gives a handler that answers with an error which every version of the command line reads.
func answer(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(access.StatusOf(flowhq.CodeOf(err)))
		_ = json.NewEncoder(w).Encode(failureOf(err))
	})
}

// Serve listens and answers until Close.
func (s *Server) Serve() error {
	// A socket that is there is of an appliance that crashed: the lock of the state folder is ours.
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("control socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// Close ends the server and its connections at once.
func (s *Server) Close() { _ = s.http.Close() }

// Finish waits up to a second for the answers under way, and ends the server.
func (s *Server) Finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = s.http.Shutdown(ctx)
}

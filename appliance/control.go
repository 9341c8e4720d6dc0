package appliance

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

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/services"
	"flowhq/locale"
	"flowhq/procman"
	"flowhq/storage"
)

// control is what the command line talks to: plain HTTP with JSON over a unix socket that its user alone may open. Workers
// run as the same user, so a peer that is one, or came of one, is refused.
type control struct {
	path      string
	server    *http.Server
	log       *slog.Logger
	services  *services.Services
	manager   *procman.Manager
	processes *processes
	keeper    *backup.Keeper
	store     *storage.Store
	sessions  string
	reload    func(ctx context.Context, all bool) (Reloaded, error)
	status    Status
}

// Status is what the running appliance says of itself.
type Status struct {
	Version   string    `json:"version"`
	PID       int       `json:"pid"`
	URL       string    `json:"url"`
	Database  string    `json:"database"`
	StartedAt time.Time `json:"started_at"`
	Simulator bool      `json:"simulator"`
	Groups    bool      `json:"groups"` // workers are in control groups of their own
	Memory    string    `json:"memory"` // how their memory is bounded: cgroup or sampling

	Resident int64   `json:"resident"`    // the appliance's own memory in bytes
	CPU      float64 `json:"cpu_seconds"` // its processor time, user and system

	Limits      flowhq.Limits `json:"limits"`       // that workers keep to now
	DeletesUser bool          `json:"deletes_user"` // portal users can be removed
}

func newControl(a *appliance) *control {
	caps := a.manager.Capabilities()
	c := &control{
		path: a.config.ControlSocket(), log: a.log.Logger, services: a.services, manager: a.manager, processes: a.processes,
		keeper: a.keeper, store: a.store, sessions: a.config.SessionsPath,
		reload: a.askReload,
		status: Status{
			Version: Version, PID: os.Getpid(), URL: a.config.URL(), Database: a.store.String(), StartedAt: time.Now().UTC(),
			Simulator: a.config.Simulator != nil, Groups: caps.Groups, Memory: caps.Memory,
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", answer(c.tell))
	mux.HandleFunc("POST /v1/reload", answer(c.reloadNow))
	mux.HandleFunc("DELETE /v1/users/{user}", answer(c.deleteUser))
	mux.HandleFunc("GET /v1/events", answer(c.processEvents))
	mux.HandleFunc("GET /v1/backups", answer(c.backups))
	mux.HandleFunc("POST /v1/backups", answer(c.startBackup))
	mux.HandleFunc("GET /v1/backups/stream", c.streamBackup)
	mux.HandleFunc("POST /v1/restore", c.restoreTenant)
	mux.HandleFunc("GET /v1/workers/{tenant}/customers/{chat}", answer(c.exportCustomer))
	mux.HandleFunc("DELETE /v1/workers/{tenant}/customers/{chat}", answer(c.eraseCustomer))
	mux.HandleFunc("GET /v1/fences", answer(c.fences))
	mux.HandleFunc("POST /v1/fences/{tenant}/lift", answer(c.liftFence))
	mux.HandleFunc("GET /v1/names", answer(c.names))
	mux.HandleFunc("GET /v1/workers", answer(c.list))
	mux.HandleFunc("GET /v1/workers/{tenant}", answer(c.describe))
	mux.HandleFunc("GET /v1/workers/{tenant}/events", answer(c.events))
	mux.HandleFunc("GET /v1/workers/{tenant}/conversation", answer(c.talk))
	mux.HandleFunc("GET /v1/workers/{tenant}/messages", answer(c.messages))
	mux.HandleFunc("GET /v1/workers/{tenant}/logs", c.logs)
	mux.HandleFunc("GET /v1/workers/{tenant}/search", answer(c.search))
	mux.HandleFunc("POST /v1/workers/{tenant}/{action}", answer(c.act))
	mux.HandleFunc("POST /v1/workers/{tenant}/chats/{chat}/{action}", answer(c.actOnChat))
	c.server = &http.Server{
		Handler: c.guard(mux), ReadHeaderTimeout: headerTimeout,
		ErrorLog:    slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
		ConnContext: c.withPeer,
	}
	return c
}

func (c *control) tell(*http.Request) (any, error) {
	s := c.status
	s.Limits, s.DeletesUser = c.services.Configs.Limits(), true
	s.Resident, s.CPU = ownUse()
	return s, nil
}

// reloadPatience is how long a reload may wait for its turn.
const reloadPatience = 10 * time.Second

func (c *control) reloadNow(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), reloadPatience)
	defer cancel()
	return c.reload(ctx, r.URL.Query().Get("all") == "true")
}

func (c *control) deleteUser(r *http.Request) (any, error) {
	return struct{}{}, c.services.Users.DeleteUser(r.Context(), byConsole, r.PathValue("user"))
}

// serve listens and answers until close.
func (c *control) serve() error {
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) { // that of an appliance that crashed: the state folder's lock is ours
		return fmt.Errorf("control socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(c.path, 0o600); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

func (c *control) close() { _ = c.server.Close() }

// finish lets answers under way end, for a moment.
func (c *control) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = c.server.Shutdown(ctx)
}

// guard refuses peers that are workers or come from one.
func (c *control) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, _ := r.Context().Value(peerKey{}).(peer); !p.allowed {
			c.log.Warn("a process that is no admin's was refused at the control socket", "pid", p.pid)
			writeError(w, flowhq.Errorf(flowhq.CodeForbidden, "Workers may not control the appliance."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answer turns a function into a handler that writes JSON.
func answer(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := do(r)
		if err != nil {
			writeError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

// ControlError is the body of an answer that is none.
type ControlError struct {
	Code    flowhq.Code `json:"code"`
	Message string      `json:"message"`
}

func controlError(err error) ControlError {
	return ControlError{Code: flowhq.CodeOf(err), Message: locale.English(err)}
}

func writeError(w http.ResponseWriter, err error) {
	body := controlError(err)
	status := map[flowhq.Code]int{
		flowhq.CodeInvalid: http.StatusBadRequest, flowhq.CodeForbidden: http.StatusForbidden, flowhq.CodeNotFound: http.StatusNotFound,
		flowhq.CodeConflict: http.StatusConflict, flowhq.CodeRunning: http.StatusConflict, flowhq.CodeUnavailable: http.StatusServiceUnavailable,
	}[body.Code]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

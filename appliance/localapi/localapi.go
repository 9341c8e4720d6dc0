package localapi

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/api"
	"flowhq/appliance/backup"
	"flowhq/appliance/services"
	"flowhq/procman"
	"flowhq/storage"
)

// Workers measures the workers' processes and knows where their files are.
type Workers interface {
	// Process measures a worker; false when it has no process.
	Process(tenantID string) (flowhq.Process, bool)
	// SessionDir gives the folder of a business.
	SessionDir(tenantID string) string
	// LogName gives the name by which the process manager knows a worker's log.
	LogName(tenantID string) (string, error)
	// TenantOf gives the business that a process works for; false for a process that is not a worker.
	TenantOf(process string) (tenantID string, ok bool)
}

// Config is what the calls work with. Everything is required.
type Config struct {
	API      *api.API // of the control socket
	Services *services.Services
	Manager  *procman.Manager
	Workers  Workers
	Keeper   *backup.Scheduler
	Store    *storage.Store
	Sessions string // folder of the businesses' folders
	Status   Status // what does not change while the appliance runs
	Reload   func(ctx context.Context, all bool) (Reloaded, error)
	Log      *slog.Logger
}

// Calls are the command line's own calls. Make them with New.
type Calls struct {
	cfg Config
}

// New makes the calls.
func New(cfg Config) *Calls { return &Calls{cfg: cfg} }

// Routes lists the calls that only the command line may make.
func (l *Calls) Routes() []api.Route {
	const of = "/local/tenants/:id"
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/status", Area: api.Local, Handler: between(l.status)},
		{Method: http.MethodPost, Path: "/v1/reload", Area: api.Local, Handler: between(l.reload)},
		l.route(http.MethodGet, "/local/names", l.names),
		l.route(http.MethodGet, "/local/workers", l.listWorkers),
		l.route(http.MethodGet, "/local/workers/:id", l.describeWorker),
		l.route(http.MethodGet, "/local/process-events", l.processEvents),
		l.route(http.MethodGet, of+"/log", l.followLog),
		l.route(http.MethodGet, of+"/log/search", l.searchLog),
		l.route(http.MethodGet, of+"/conversation", l.conversation),
		l.route(http.MethodGet, of+"/messages", l.messages),
		l.route(http.MethodDelete, "/local/users/:id", l.deleteUser),
		l.route(http.MethodGet, "/local/backup", l.streamBackup),
		l.route(http.MethodPost, "/local/restore", l.restore),
	}
}

func (l *Calls) route(method, path string, do func(c *gin.Context) error) api.Route {
	return api.Route{Method: method, Path: path, Area: api.Local, Handler: l.cfg.API.Handler(do)}
}

// deleteUser removes a user of the portal.
func (l *Calls) deleteUser(c *gin.Context) error {
	if err := l.cfg.Services.Users.DeleteUser(c.Request.Context(), api.ByCommandLine, c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// number reads a whole number of the query.
func number(c *gin.Context, name string, fallback int) (int, error) {
	text := c.Query(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, flowhq.Errorf(flowhq.CodeInvalid, "%s must be a whole number.", name)
	}
	return n, nil
}

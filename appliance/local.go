package appliance

import (
	"os"
	"time"

	"flowhq"
	"flowhq/appliance/api"
	"flowhq/appliance/localapi"
	"flowhq/appliance/localtrust"
)

// newLocal makes the server of the control socket, where the command line calls.
func newLocal(a *appliance) (*localapi.Server, error) {
	caps := a.manager.Capabilities()
	calls, err := api.New(api.Config{
		Services: a.services, Sessions: a.website.gate, Stopping: a.website.stopping, Log: a.log.Logger,
	})
	if err != nil {
		return nil, err
	}
	local := localapi.New(localapi.Config{
		API: calls, Services: a.services, Manager: a.manager, Workers: localWorkers{a.processes}, Keeper: a.keeper,
		Store: a.store, Sessions: a.config.SessionsPath, Reload: a.askReload, Log: a.log.Logger,
		Status: localapi.Status{
			Version: Version, PID: os.Getpid(), URL: a.config.URL(), Database: a.store.String(),
			StartedAt: time.Now().UTC(), Simulator: a.config.Simulator != nil, Groups: caps.Groups, Memory: caps.Memory,
		},
	})
	return local.NewServer(a.config.ControlSocket(), calls.Routes(), localtrust.New(a.manager, a.log.Logger)), nil
}

// localWorkers shows the workers' processes to the calls of the command line.
type localWorkers struct{ *processes }

var _ localapi.Workers = localWorkers{}

func (w localWorkers) SessionDir(tenantID string) string { return w.sessionDir(tenantID) }

func (w localWorkers) TenantOf(process string) (string, bool) { return tenantOf(process) }

// LogName gives the name by which the process manager knows a worker's log. A worker that this appliance never ran may
// have a log too.
func (w localWorkers) LogName(tenantID string) (string, error) {
	name := flowhq.ProcessName(tenantID)
	if _, err := w.manager.Status(name); err != nil {
		return name, w.put(tenantID)
	}
	return name, nil
}

package appliance

import (
	"os"
	"time"

	"flowhq/appliance/api"
	"flowhq/appliance/localapi"
	"flowhq/appliance/localtrust"
)

// newLocal makes the server of the control socket, where the command line calls.
func newLocal(a *appliance) (*localapi.Server, error) {
	caps := a.manager.Capabilities()
	calls, err := api.New(api.Config{
		Services: a.services, Sessions: a.website.Gate(), Stopping: a.website.Stopping(), Log: a.log.Logger,
	})
	if err != nil {
		return nil, err
	}
	local := localapi.New(localapi.Config{
		API: calls, Services: a.services, Manager: a.manager, Workers: a.processes, Keeper: a.keeper,
		Store: a.store, Sessions: a.config.SessionsPath, Reload: a.askReload, Log: a.log.Logger,
		Status: localapi.Status{
			Version: Version, PID: os.Getpid(), URL: a.config.URL(), Database: a.store.String(),
			StartedAt: time.Now().UTC(), Simulator: a.config.Simulator != nil, Groups: caps.Groups, Memory: caps.Memory,
		},
	})
	return local.NewServer(a.config.ControlSocket(), calls.Routes(), localtrust.New(a.manager, a.log.Logger)), nil
}

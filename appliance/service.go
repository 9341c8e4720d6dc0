package appliance

import (
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/kardianos/service"

	"flowhq"
	"flowhq/appliance/config"
)

// packageUnit is where the package puts its own service.
const packageUnit = "/usr/lib/systemd/system/flowhq.service"

// serviceUnit is the unit that `flowhq service install` writes where systemd runs: without the package's second unit, so
// workers are bounded by sampling, and KillMode=process lets them live when the appliance crashes.
//
//go:embed service.unit
var serviceUnit string

// program is what the service library wants to start and stop; the appliance minds that itself.
type program struct{}

func (program) Start(service.Service) error { return nil }
func (program) Stop(service.Service) error  { return nil }

// Service does install, uninstall, start, stop or status and says what it came to.
func Service(action string, src config.Source) (string, error) {
	if _, err := os.Stat(packageUnit); err == nil {
		return "", flowhq.Errorf(flowhq.CodeConflict,
			"Flow HQ was installed by its package, which brings its own service: `systemctl status flowhq` shows it, apt removes it.")
	}
	s, err := newService(src)
	if err != nil {
		return "", err
	}
	switch action {
	case "status":
		return serviceStatus(s)
	case "install":
		if _, err := Settings(src); err != nil { // a service that cannot start helps nobody
			return "", err
		}
	case "uninstall":
		_ = s.Stop() // it may not run
	}
	if err := service.Control(s, action); err != nil {
		if errors.Is(err, os.ErrPermission) || os.Geteuid() != 0 {
			return "", flowhq.Errorf(flowhq.CodeForbidden, "Only root may %s a service. Run the command with sudo.", action)
		}
		return "", err
	}
	return map[string]string{
		"install":   "The service flowhq is installed and starts at boot. Start it now with `flowhq service start`.",
		"uninstall": "The service flowhq is removed; data and settings are still there.",
		"start":     "The service flowhq is started.",
		"stop":      "The service flowhq is stopped.",
	}[action], nil
}

func newService(src config.Source) (service.Service, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"serve"}
	if src.File != "" {
		args = append(args, "--env-file", absolute(src.Dir, src.File))
	}
	return service.New(program{}, &service.Config{
		Name: "flowhq", DisplayName: "Flow HQ", Description: "WhatsApp bots for small businesses",
		Executable: exe, Arguments: args, WorkingDirectory: src.Dir,
		Option: service.KeyValue{"SystemdScript": serviceUnit},
	})
}

func serviceStatus(s service.Service) (string, error) {
	switch status, err := s.Status(); {
	case errors.Is(err, service.ErrNotInstalled):
		return "", flowhq.Errorf(flowhq.CodeNotFound, "The service flowhq is not installed.")
	case err != nil:
		return "", err
	case status == service.StatusRunning:
		return fmt.Sprintf("The service flowhq is running (%s).", s.Platform()), nil
	default:
		return "", flowhq.Errorf(flowhq.CodeUnavailable, "The service flowhq is installed and not running.")
	}
}

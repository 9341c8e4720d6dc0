package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kardianos/service"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/appliance/host"
	"flowhq/appliance/workers"
	"flowhq/packaging"
)

// Where the package puts its own service, and where an administrator's own units stand.
const (
	packageUnit = "/usr/lib/systemd/system/flowhq.service"
	ownUnits    = "/etc/systemd/system"
	serviceUser = "flowhq"
)

// program is what the service library wants to start and stop; the appliance minds that itself.
type program struct{}

func (program) Start(service.Service) error { return nil }
func (program) Stop(service.Service) error  { return nil }

// Service does install, uninstall, start, stop or status and says what it came to. On systemd it installs the same pair
// of units as the package.
func Service(action string, src config.Source) (string, error) {
	if _, err := os.Stat(packageUnit); err == nil {
		return "", flowhq.Errorf(flowhq.CodeConflict,
			"Flow HQ was installed by its package, which brings its own service: `systemctl status flowhq` shows it, "+
				"apt removes it.")
	}
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	if action != "status" && os.Geteuid() != 0 {
		return "", flowhq.Errorf(flowhq.CodeForbidden, "Only root may %s a service. Run the command with sudo.", action)
	}
	if action == "install" {
		if err := prepareService(exe, src); err != nil {
			return "", err
		}
	}
	s, err := newService(exe, src)
	if err != nil {
		return "", err
	}
	if action == "status" {
		return serviceStatus(s)
	}
	if action == "uninstall" {
		_ = s.Stop() // it may not run
	}
	if err := service.Control(s, action); err != nil {
		return "", fmt.Errorf("%s the service: %w", action, err)
	}
	if action == "uninstall" {
		if err := removeWorkersUnit(); err != nil {
			return "", err
		}
	}
	return map[string]string{
		"install": "The service flowhq is installed and starts at boot. Start it now with `flowhq service start`; " +
			"`flowhq admin show-setup` shows the password and the page.",
		"uninstall": "The service flowhq is removed; data, settings and the user flowhq are still there.",
		"start":     "The service flowhq is started.",
		"stop":      "The service flowhq is stopped.",
	}[action], nil
}

// prepareService makes what the units count on: a program that they can reach, a user, settings, the second unit.
func prepareService(exe string, src config.Source) error {
	for _, hidden := range []string{"/home/", "/root/", "/tmp/", "/var/tmp/", "/run/user/"} {
		if strings.HasPrefix(exe, hidden) {
			return flowhq.Errorf(flowhq.CodeConflict,
				"A service may not see %s. Copy the programs first: `install %s %s /usr/local/bin`, and run "+
					"/usr/local/bin/flowhq service install.",
				hidden, exe, workers.EngineOf(exe).Path)
		}
	}
	if _, err := workers.EngineOf(exe).File(); err != nil {
		return err
	}
	gid, err := makeServiceUser()
	if err != nil {
		return err
	}
	if src.File == "" && src.Installed {
		if _, err := MakeFirstSettings(config.InstalledFile, gid); err != nil {
			return fmt.Errorf("the settings cannot be written: %w", err)
		}
	}
	if _, err := Settings(src); err != nil { // a service that cannot start helps nobody
		return err
	}
	if !onSystemd() {
		return nil
	}
	return os.WriteFile(filepath.Join(ownUnits, host.WorkersUnit), []byte(unitFor(packaging.WorkersUnit, exe, "")),
		0o644)
}

func onSystemd() bool {
	_, err := os.Stat("/run/systemd/system")
	return err == nil
}

// makeServiceUser makes the user that the service runs as and gives its group.
func makeServiceUser() (gid int, err error) {
	u, err := user.Lookup(serviceUser)
	if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
		out, err := exec.Command("useradd", "--system", "--user-group", "--home-dir", "/var/lib/flowhq",
			"--no-create-home",
			"--shell", "/usr/sbin/nologin", "--comment", "Flow HQ", serviceUser).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("the user %s cannot be made: %w: %s", serviceUser, err, strings.TrimSpace(string(out)))
		}
		return makeServiceUser()
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(u.Gid)
}

// unitFor gives a unit of the package for a program that stands elsewhere.
func unitFor(unit, exe, envFile string) string {
	unit = strings.ReplaceAll(unit, "/usr/bin/flowhq", systemdQuote(exe))
	if envFile != "" {
		for _, command := range []string{" serve", " reload"} {
			unit = strings.Replace(unit, command+"\n", command+" --env-file "+systemdQuote(envFile)+"\n", 1)
		}
	}
	return unit
}

// systemdQuote writes a path so that systemd takes it as one word and nothing in it as a specifier.
func systemdQuote(path string) string {
	path = strings.ReplaceAll(path, "%", "%%")
	if strings.ContainsAny(path, " \t\"'\\$") {
		return strconv.Quote(strings.ReplaceAll(path, "$", "$$"))
	}
	return path
}

func removeWorkersUnit() error {
	if !onSystemd() {
		return nil
	}
	_ = exec.Command("systemctl", "stop", host.WorkersUnit, "flowhq.slice").Run() // it may not run
	if err := os.Remove(filepath.Join(ownUnits, host.WorkersUnit)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return exec.Command("systemctl", "daemon-reload").Run()
}

func newService(exe string, src config.Source) (service.Service, error) {
	args := []string{"serve"}
	envFile := ""
	if src.File != "" {
		envFile = absolute(src.Dir, src.File)
		args = append(args, "--env-file", envFile)
	}
	// the library reads the unit as a template; the package's has nothing that it would replace
	return service.New(program{}, &service.Config{
		Name: "flowhq", DisplayName: "Flow HQ", Description: "WhatsApp bots for small businesses",
		Executable: exe, Arguments: args, UserName: serviceUser,
		Option: service.KeyValue{"SystemdScript": unitFor(packaging.Unit, exe, envFile)},
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

package workers

import (
	"os"
	"slices"
	"strings"

	"flowhq/appliance/config"
	"flowhq/wire"
)

// workerStart is what one start of a worker is about.
type workerStart struct{ tenantID, dir, socket, token, build string }

// PassedOn is what workers get from the appliance's own environment: time zone data, certificates, proxies, and what
// Go's runtime is told by whoever looks into it. No credential is among them.
func PassedOn() []string {
	return []string{
		"PATH", "HOME", "TZ", "ZONEINFO", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
		"GODEBUG", "GORACE", "GOCOVERDIR", "GOTRACEBACK", "GOGC", "GOMEMLIMIT",
	}
}

// workerEnvironment is the whole environment of a worker.
func workerEnvironment(c *config.Config, w workerStart) []string {
	env := []string{
		wire.EnvTenant + "=" + w.tenantID, wire.EnvDir + "=" + w.dir,
		wire.EnvSocket + "=" + w.socket, wire.EnvToken + "=" + w.token,
		wire.EnvVersion + "=" + w.build, wire.EnvLogLevel + "=" + config.LevelName(c.LogLevel),
	}
	if c.Simulator != nil {
		env = append(env, wire.EnvSimulator+"="+c.Simulator.Addr, wire.EnvSimulatorKey+"="+c.Simulator.Key)
	}
	if c.WhatsAppVersion != "" {
		env = append(env, wire.EnvWAVersion+"="+c.WhatsAppVersion)
	}
	for _, setting := range wire.RuntimeSettings() {
		if name, _, _ := strings.Cut(setting, "="); os.Getenv(name) == "" || !slices.Contains(PassedOn(), name) {
			env = append(env, setting) // somebody who looks into the runtime knows better
		}
	}
	for _, name := range PassedOn() {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

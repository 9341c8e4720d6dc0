package appliance

import (
	"os"
	"slices"
	"strings"

	"flowhq/appliance/config"
	"flowhq/worker"
)

// workerStart is what one start of a worker is about.
type workerStart struct{ tenantID, dir, socket, token, build string }

// passedOn is what workers get from the appliance's own environment: time zone data, certificates, proxies, and what Go's
// runtime is told by whoever looks into it. No credential is among them.
func passedOn() []string {
	return []string{
		"PATH", "HOME", "TZ", "ZONEINFO", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
		"GODEBUG", "GORACE", "GOCOVERDIR", "GOTRACEBACK", "GOGC", "GOMEMLIMIT",
	}
}

// workerEnvironment is the whole environment of a worker.
func workerEnvironment(c *config.Config, w workerStart) []string {
	env := []string{
		worker.EnvTenant + "=" + w.tenantID, worker.EnvDir + "=" + w.dir,
		worker.EnvSocket + "=" + w.socket, worker.EnvToken + "=" + w.token,
		worker.EnvVersion + "=" + w.build, worker.EnvLogLevel + "=" + config.LevelName(c.LogLevel),
	}
	if c.Simulator != nil {
		env = append(env, worker.EnvSimulator+"="+c.Simulator.Addr, worker.EnvSimulatorKey+"="+c.Simulator.Key)
	}
	if c.WhatsAppVersion != "" {
		env = append(env, worker.EnvWAVersion+"="+c.WhatsAppVersion)
	}
	for _, setting := range worker.Thrift() {
		if name, _, _ := strings.Cut(setting, "="); os.Getenv(name) == "" || !slices.Contains(passedOn(), name) {
			env = append(env, setting) // somebody who looks into the runtime knows better
		}
	}
	for _, name := range passedOn() {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

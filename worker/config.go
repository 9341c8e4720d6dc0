package worker

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"flowhq/wire"
	"flowhq/worker/whatsapp"
)

// Config is what a worker is started with.
type Config struct {
	TenantID        string
	Dir             string // the tenant's folder, absolute; made when missing
	Socket          string // where the appliance listens
	Token           string // what the worker proves itself with
	Version         string // of the product
	LogLevel        slog.Level
	Simulator       *whatsapp.Simulator // nil: the real WhatsApp
	WhatsAppVersion string              // "": asked from WhatsApp

	Sandbox bool // restrict the process to its own folder; false in tests that run the worker in-process

	open        func(whatsapp.Config) (device, error) // nil: the real device
	loader      flowLoader                            // nil: package bot
	timing      whatsapp.Timing                       // of the device; zero: its defaults
	missedDelay time.Duration                         // before the owner gets the list of missed messages
}

// ConfigFromEnv reads a worker's environment. Its error names everything that is wrong.
func ConfigFromEnv(get func(string) string) (Config, error) {
	c := Config{
		TenantID: get(wire.EnvTenant), Dir: get(wire.EnvDir), Socket: get(wire.EnvSocket), Token: get(wire.EnvToken),
		Version: get(wire.EnvVersion), WhatsAppVersion: get(wire.EnvWAVersion), Sandbox: true,
	}
	var wrong []string
	for _, must := range []struct{ name, value string }{
		{wire.EnvTenant, c.TenantID}, {wire.EnvDir, c.Dir}, {wire.EnvSocket, c.Socket}, {wire.EnvToken, c.Token},
	} {
		if must.value == "" {
			wrong = append(wrong, must.name+" is missing")
		}
	}
	var err error
	if c.LogLevel, err = logLevel(get(wire.EnvLogLevel)); err != nil {
		wrong = append(wrong, err.Error())
	}
	if c.Simulator, err = simulator(get(wire.EnvSimulator), get(wire.EnvSimulatorKey)); err != nil {
		wrong = append(wrong, err.Error())
	}
	if len(wrong) > 0 {
		return c, fmt.Errorf("worker: %s", strings.Join(wrong, "; "))
	}
	return c, nil
}

func logLevel(name string) (slog.Level, error) {
	levels := map[string]slog.Level{
		"": slog.LevelInfo, "trace": slog.LevelDebug - 4, "debug": slog.LevelDebug, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "error": slog.LevelError, "fatal": slog.LevelError + 4,
	}
	level, ok := levels[strings.ToLower(name)]
	if !ok {
		return 0, fmt.Errorf("%s: %q is none of trace, debug, info, warn, error, fatal", wire.EnvLogLevel, name)
	}
	return level, nil
}

// simulator reads the address and the root key, which is 32 bytes in hexadecimal or base64.
func simulator(addr, key string) (*whatsapp.Simulator, error) {
	switch {
	case addr == "" && key == "":
		return nil, nil
	case addr == "" || key == "":
		return nil, fmt.Errorf("%s and %s go together: set both or neither", wire.EnvSimulator, wire.EnvSimulatorKey)
	}
	raw, err := hex.DecodeString(key)
	if err != nil {
		raw, err = base64.StdEncoding.DecodeString(key)
	}
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("%s: is not 32 bytes in hexadecimal or base64", wire.EnvSimulatorKey)
	}
	s := &whatsapp.Simulator{Addr: addr}
	copy(s.RootKey[:], raw)
	return s, nil
}

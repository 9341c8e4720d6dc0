package appliance

import (
	"context"
	"errors"
	"slices"

	"flowhq"
	"flowhq/appliance/config"
)

// Reloaded is what a reload came to.
type Reloaded struct {
	File        string   `json:"file"`
	Warnings    []string `json:"warnings"`
	NeedRestart []string `json:"need_restart"` // settings that changed and that the running appliance cannot change
}

// reload reads the configuration afresh: what can be applied is, what needs a restart is named, and a wrong one changes
// nothing. Only the goroutine of run calls it.
func (a *appliance) reload(ctx context.Context) (Reloaded, error) {
	c, err := Settings(a.source)
	if faults, ok := errors.AsType[config.Faults](err); ok {
		for _, f := range faults {
			a.log.Error("reload: wrong setting; the old ones stay", "name", f.Name, "fault", f.Message)
		}
		return Reloaded{}, flowhq.Errorf(flowhq.CodeInvalid, "The settings are wrong; the old ones stay.\n%s", faults)
	}
	if err != nil {
		a.log.Error("reload: the settings could not be read; the old ones stay", "error", err)
		return Reloaded{}, err
	}
	for _, w := range c.Warnings {
		a.log.Warn(w)
	}
	waiting := needRestart(a.config, c)
	next := *a.config // what needs a restart stays as it is
	next.LogLevel, next.Limits, next.WorkerMemoryMax, next.WhatsAppVersion = c.LogLevel, c.Limits, c.WorkerMemoryMax, c.WhatsAppVersion
	a.config = &next
	a.log.level.Set(next.LogLevel)
	if err := a.processes.apply(&next); err != nil {
		a.log.Error("reload: a worker's limits could not be changed", "error", err)
	}
	a.fleet.SetLimits(ctx, next.Limits)
	if len(waiting) > 0 {
		a.log.Warn("reload: these settings changed and need a restart", "names", waiting)
	}
	a.log.Info("settings reloaded", "file", c.File)
	return Reloaded{File: c.File, Warnings: c.Warnings, NeedRestart: waiting}, nil
}

// reloadRequest is a reload that somebody waits for.
type reloadRequest struct{ answer chan reloadAnswer }

type reloadAnswer struct {
	Reloaded
	err error
}

// askReload has run reload and waits for what it came to.
func (a *appliance) askReload(ctx context.Context) (Reloaded, error) {
	r := reloadRequest{answer: make(chan reloadAnswer, 1)}
	select {
	case a.reloads <- r:
	case <-ctx.Done():
		return Reloaded{}, flowhq.Errorf(flowhq.CodeUnavailable, "Flow HQ is busy starting or stopping. Try again.")
	}
	got := <-r.answer // buffered, and run always answers
	return got.Reloaded, got.err
}

// needRestart names the settings that differ and that a running appliance cannot change.
func needRestart(old, now *config.Config) []string {
	differ := map[string]bool{
		"NODE_ENV":                old.Development != now.Development,
		"DATABASE_URL":            old.DatabaseURL != now.DatabaseURL,
		"RETENTION_MESSAGES_DAYS": old.Retention.Messages != now.Retention.Messages,
		"RETENTION_TRACES_DAYS":   old.Retention.Traces != now.Retention.Traces,
		"RETENTION_EVENTS_DAYS":   old.Retention.Events != now.Retention.Events,
		"RETENTION_REQUESTS_DAYS": old.Retention.Requests != now.Retention.Requests,
		"QUIET_HOURS":             old.Quiet != now.Quiet,
		"ADMIN_PASSWORD":          old.AdminPassword != now.AdminPassword,
		"ADMIN_PASSWORD_HASH":     old.AdminPasswordHash != now.AdminPasswordHash,
		"PORTAL_INTERNAL_KEY":     old.PortalKey != now.PortalKey,
		"LISTEN_ADDR":             old.ListenAddr != now.ListenAddr,
		"PORT":                    old.Port != now.Port,
		"PUBLIC_URL":              old.PublicURL != now.PublicURL,
		"TRUSTED_PROXIES":         !slices.Equal(old.TrustedProxies, now.TrustedProxies),
		"SESSIONS_PATH":           old.SessionsPath != now.SessionsPath,
		"LOGS_PATH":               old.LogsPath != now.LogsPath,
		"RUNTIME_DIR":             old.RuntimeDir != now.RuntimeDir,
		"STALE_THRESHOLD_MINUTES": old.StaleThreshold != now.StaleThreshold,
		"STALE_CHECK_INTERVAL_MS": old.StaleCheck != now.StaleCheck,
		"WHATSAPP_SIMULATOR":      simulatorOf(old) != simulatorOf(now),
	}
	var names []string
	for _, name := range config.Names() {
		if differ[name] {
			names = append(names, name)
		}
	}
	return names
}

func simulatorOf(c *config.Config) config.Simulator {
	if c.Simulator == nil {
		return config.Simulator{}
	}
	return *c.Simulator
}

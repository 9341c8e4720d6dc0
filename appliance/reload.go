package appliance

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/appliance/localapi"
)

// reload reads the configuration afresh: what can be applied is, what needs a restart is named, and a wrong one changes
// nothing. Where another program is in force by now, or all settings are to be applied and some of them need a new
// start, to is the program to hand over to. Only the goroutine of run calls it.
func (a *appliance) reload(ctx context.Context, all bool) (done localapi.Reloaded, to string, err error) {
	a.reloading.Store(true)
	defer a.reloading.Store(false)
	c, err := a.readAgain()
	if err != nil {
		return localapi.Reloaded{}, "", err
	}
	if to = a.successor(); to != "" {
		if err := a.checkSuccessor(ctx, to); err != nil {
			a.log.Error("reload: another program is in force and cannot take over", "program", to, "error", err)
			return localapi.Reloaded{}, "", err
		}
	}
	waiting := needRestart(a.config, c)
	if to == "" && all && len(waiting) > 0 {
		if fixed := cannotFollow(waiting); len(fixed) > 0 {
			return localapi.Reloaded{}, "", flowhq.Errorf(flowhq.CodeConflict,
				"These changes want the workers stopped too: %s. `systemctl restart flowhq` does that.",
				strings.Join(fixed, ", "))
		}
		to = ownProgram
	}
	if to != "" {
		return localapi.Reloaded{File: c.File, Warnings: c.Warnings, HandsOver: to}, to, nil
	}
	return a.apply(ctx, c, waiting), "", nil
}

// cannotFollow names the settings that running workers depend on.
func cannotFollow(names []string) []string {
	var out []string
	for _, name := range names {
		switch name {
		case "SESSIONS_PATH", "LOGS_PATH", "RUNTIME_DIR", "WHATSAPP_SIMULATOR":
			out = append(out, name)
		}
	}
	return out
}

// readAgain reads the settings; wrong ones are told in the log.
func (a *appliance) readAgain() (*config.Config, error) {
	c, err := Settings(a.source)
	if faults, ok := errors.AsType[config.Faults](err); ok {
		for _, f := range faults {
			a.log.Error("reload: wrong setting; the old ones stay", "name", f.Name, "fault", f.Message)
		}
		return nil, flowhq.Errorf(flowhq.CodeInvalid, "The settings are wrong; the old ones stay.\n%s", faults)
	}
	if err != nil {
		a.log.Error("reload: the settings could not be read; the old ones stay", "error", err)
		return nil, err
	}
	for _, w := range c.Warnings {
		a.log.Warn(w)
	}
	return c, nil
}

// apply puts in force what a running appliance can change.
func (a *appliance) apply(ctx context.Context, c *config.Config, waiting []string) localapi.Reloaded {
	next := *a.config // what needs a restart stays as it is
	next.LogLevel, next.Limits, next.WorkerMemoryMax, next.WhatsAppVersion = c.LogLevel, c.Limits, c.WorkerMemoryMax,
		c.WhatsAppVersion
	a.config = &next
	a.log.Level.Set(next.LogLevel)
	if err := a.processes.Apply(&next); err != nil {
		a.log.Error("reload: a worker's limits could not be changed", "error", err)
	}
	a.services.Configs.SetLimits(ctx, next.Limits)
	if len(waiting) > 0 {
		a.log.Warn("reload: these settings changed and need a restart", "names", waiting)
	}
	a.log.Info("settings reloaded", "file", c.File)
	return localapi.Reloaded{File: c.File, Warnings: c.Warnings, NeedRestart: waiting}
}

// reloadRequest is a reload that somebody waits for.
type reloadRequest struct {
	all    bool // settings too that need a new start
	answer chan reloadAnswer
}

type reloadAnswer struct {
	localapi.Reloaded
	err error
}

// askReload has run reload and waits for what it came to.
func (a *appliance) askReload(ctx context.Context, all bool) (localapi.Reloaded, error) {
	r := reloadRequest{all: all, answer: make(chan reloadAnswer, 1)}
	select {
	case a.reloads <- r:
	case <-ctx.Done():
		return localapi.Reloaded{}, flowhq.Errorf(flowhq.CodeUnavailable,
			"Flow HQ is busy starting or stopping. Try again.")
	}
	got := <-r.answer // buffered, and run always answers
	return got.Reloaded, got.err
}

// needRestart names the settings that differ and that a running appliance cannot change.
func needRestart(old, now *config.Config) []string {
	differ := map[string]bool{
		"NODE_ENV":                old.Development != now.Development,
		"DATABASE_URL":            old.DatabaseURL != now.DatabaseURL,
		"DATABASE_WAIT_MINUTES":   old.DatabaseWait != now.DatabaseWait,
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
	maps.Copy(differ, backupDiffers(old.Backup, now.Backup))
	var names []string
	for _, name := range config.Names() {
		if differ[name] {
			names = append(names, name)
		}
	}
	return names
}

func backupDiffers(old, now config.Backup) map[string]bool {
	return map[string]bool{
		"BACKUP_TO":              old.To != now.To,
		"BACKUP_AT":              (old.At == nil) != (now.At == nil) || old.At != nil && *old.At != *now.At,
		"BACKUP_KEEP_DAYS":       old.KeepDays != now.KeepDays,
		"BACKUP_KEEP_WEEKS":      old.KeepWeeks != now.KeepWeeks,
		"BACKUP_PASSPHRASE_FILE": old.PassphraseFile != now.PassphraseFile,
		"BACKUP_RECIPIENT":       old.Recipient != now.Recipient,
		"BACKUP_S3_ENDPOINT":     old.S3.Endpoint != now.S3.Endpoint,
		"BACKUP_S3_REGION":       old.S3.Region != now.S3.Region,
		"BACKUP_S3_ACCESS_KEY":   old.S3.AccessKey != now.S3.AccessKey,
		"BACKUP_S3_SECRET_KEY":   old.S3.SecretKey != now.S3.SecretKey,
	}
}

func simulatorOf(c *config.Config) config.Simulator {
	if c.Simulator == nil {
		return config.Simulator{}
	}
	return *c.Simulator
}

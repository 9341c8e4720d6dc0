package config

import (
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"flowhq"
)

// Folders of an installed appliance, and by hand.
const (
	installedSessions = "/var/lib/flowhq/sessions"
	installedLogs     = "/var/log/flowhq"
	installedRuntime  = "/run/flowhq"
	handSessions      = "sessions"
	handLogs          = "logs"
	handRuntime       = "var/run"
)

// defaultDatabase is PostgreSQL by libpq's defaults.
const defaultDatabase = "postgres:///flowhq"

// minMemory is what a worker needs to start at all.
const minMemory = 16 << 20

// check names everything that is wrong with the values and turns them into a Config.
func (l *loader) check(s settings) *Config {
	c := &Config{
		File: l.file, Installed: l.src.Installed,
		Development: l.nodeEnv(s.NodeEnv), DatabaseURL: l.database(s.DatabaseURL),
		AdminPassword: s.AdminPassword, AdminPasswordHash: s.AdminPasswordHash, PortalKey: s.PortalInternalKey,
		ListenAddr: l.listenAddr(s.ListenAddr), Port: int(s.Port),
		PublicURL: l.publicURL(s.PublicURL), TrustedProxies: l.proxies(s.TrustedProxies),
		LogLevel:        slog.Level(s.LogLevel),
		SessionsPath:    l.folder(s.SessionsPath, installedSessions, handSessions),
		LogsPath:        l.folder(s.LogsPath, installedLogs, handLogs),
		RuntimeDir:      l.runtimeDir(s.RuntimeDir),
		WorkerMemoryMax: int64(s.WorkerMemoryMax),
		StaleThreshold:  s.StaleThresholdMinutes.minutes(), StaleCheck: s.StaleCheckIntervalMS.millis(),
		Simulator: l.simulator(s), WhatsAppVersion: l.version(s.WhatsAppVersion),
	}
	c.Limits = flowhq.Limits{
		RepliesPerMinute: int(s.RateLimitMaxPerMinute),
		ContactReplies:   int(s.ContactReplyMax), ContactWindow: s.ContactReplyWindowMinutes.minutes(),
		Typing: bool(s.TypingDelay), ReadReceipts: true,
		CatchUp: s.CatchUpMinutes.minutes(), Handoff: s.HandoffHours.hours(),
		Heartbeat: s.HeartbeatIntervalMS.millis(), OrphanGrace: s.OrphanGraceHours.hours(),
		SilenceBeforeRebuild: silenceBeforeRebuild,
	}
	c.DatabaseWait = s.DatabaseWaitMinutes.minutes()
	c.Quiet = flowhq.QuietHours(s.QuietHours)
	c.Retention = flowhq.Retention{
		Messages: int(s.RetentionMessagesDays), Traces: int(s.RetentionTracesDays),
		Events: int(s.RetentionEventsDays), Requests: int(s.RetentionRequestsDays),
	}
	l.checkRetention(c.Retention)
	c.Backup = l.backup(s)
	l.checkNumbers(s, c)
	l.checkSecrets(c)
	if s.PuppeteerExecutablePathOld != "" {
		l.warn("PUPPETEER_EXECUTABLE_PATH is no longer needed: no browser is used.")
	}
	c.Warnings = l.warnings
	return c
}

// checkFurther asks those who know more, for settings that are well so far.
func (l *loader) checkFurther(c *Config) {
	for name, value := range map[string]Secret{"DATABASE_URL": c.DatabaseURL,
		"ADMIN_PASSWORD_HASH": c.AdminPasswordHash, "BACKUP_RECIPIENT": Secret(c.Backup.Recipient)} {
		check := l.src.Checks[name]
		if check == nil || value == "" || slices.ContainsFunc(l.faults, func(f Fault) bool { return f.Name == name }) {
			continue
		}
		if err := check(value.Reveal()); err != nil {
			l.fault(name, "%s", strings.TrimPrefix(message(err), name+" "))
		}
	}
}

// message gives the sentence of a domain error alone.
func message(err error) string {
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

func (l *loader) checkNumbers(s settings, c *Config) {
	if s.Port < 1 || s.Port > 65535 {
		l.fault("PORT", "must be between 1 and 65535")
	}
	if s.RateLimitMaxPerMinute < 1 {
		l.fault("RATE_LIMIT_MAX_PER_MINUTE", "must be at least 1")
	}
	if s.ContactReplyMax > 0 && s.ContactReplyWindowMinutes == 0 {
		l.fault("CONTACT_REPLY_WINDOW_MINUTES", "must be more than 0 while CONTACT_REPLY_MAX is set")
	}
	if c.Limits.Heartbeat < 100*time.Millisecond || c.Limits.Heartbeat > time.Hour {
		l.fault("HEARTBEAT_INTERVAL_MS", "must be between 100 and 3600000")
	}
	if c.StaleCheck < 100*time.Millisecond || c.StaleCheck > time.Hour {
		l.fault("STALE_CHECK_INTERVAL_MS", "must be between 100 and 3600000")
	}
	if c.StaleThreshold <= c.Limits.Heartbeat {
		l.fault("STALE_THRESHOLD_MINUTES", "must be longer than HEARTBEAT_INTERVAL_MS, which is %s", c.Limits.Heartbeat)
	}
	if c.Limits.OrphanGrace <= 0 {
		l.fault("ORPHAN_GRACE_HOURS", "must be more than 0")
	}
	if c.WorkerMemoryMax != 0 && c.WorkerMemoryMax < minMemory {
		l.fault("WORKER_MEMORY_MAX", "must be at least 16M, or 0 for no limit")
	}
}

func (l *loader) checkRetention(r flowhq.Retention) {
	for _, k := range flowhq.RetentionKinds() {
		if r.Days(k) > flowhq.MaxRetentionDays {
			l.fault("RETENTION_"+strings.ToUpper(string(k))+"_DAYS",
				"must be between 1 and %d days, or 0 to keep for ever", flowhq.MaxRetentionDays)
		}
	}
}

func (l *loader) nodeEnv(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "development":
		return true
	case "production":
	default:
		l.fault("NODE_ENV", "%q is neither development nor production", value)
	}
	return false
}

// database checks the kind of database alone; the store knows the rest.
func (l *loader) database(value Secret) Secret {
	dsn := strings.TrimSpace(value.Reveal())
	if dsn == "" {
		return defaultDatabase
	}
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch strings.ToLower(scheme) {
	case "postgres", "postgresql":
		if _, err := url.Parse(dsn); err != nil || !strings.HasPrefix(rest, "//") {
			l.fault("DATABASE_URL", "is no address like postgres://user:password@host:5432/database; "+
				"signs like @, / or # in the password are written as %%40, %%2F, %%23")
		}
	case "sqlite":
		if strings.Trim(rest, "/") == "" {
			l.fault("DATABASE_URL", "names no file; write sqlite:///var/lib/flowhq/flowhq.db, or sqlite:flowhq.db in "+
				"the working folder")
		}
		if !strings.HasPrefix(rest, "/") && rest != "" {
			dsn = "sqlite://" + filepath.Join(l.src.Dir, rest)
		}
	default:
		l.fault("DATABASE_URL", "must begin with postgres:// or sqlite:")
	}
	return Secret(dsn)
}

func (l *loader) listenAddr(value string) string {
	value = strings.Trim(strings.TrimSpace(value), "[]")
	if _, err := netip.ParseAddr(value); err != nil && value != "localhost" {
		l.fault("LISTEN_ADDR", "%q is no address like 127.0.0.1, 0.0.0.0 or ::1", value)
	}
	return value
}

func (l *loader) publicURL(value string) string {
	value = strings.TrimRight(strings.TrimSpace(value), "/")
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		l.fault("PUBLIC_URL", "is no address like https://bots.example.com")
		return ""
	}
	if u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		l.fault("PUBLIC_URL", "must be a host alone, without a path: %s://%s", u.Scheme, u.Host)
		return ""
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		l.warn("PUBLIC_URL is not https: passwords and codes travel in the open.")
	}
	return strings.ToLower(value)
}

func (l *loader) proxies(values []string) []string {
	var out []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		if _, err := netip.ParsePrefix(v); err != nil {
			if _, err := netip.ParseAddr(v); err != nil {
				l.fault("TRUSTED_PROXIES", "%q is no address and no range like 127.0.0.1 or 10.0.0.0/8", v)
			}
		}
		out = append(out, v)
	}
	return out
}

func (l *loader) folder(value, installed, hand string) string {
	if value == "" {
		value = hand
		if l.src.Installed {
			value = installed
		}
	}
	if !filepath.IsAbs(value) {
		value = filepath.Join(l.src.Dir, value)
	}
	return filepath.Clean(value)
}

// maxSocketPath is what fits into the kernel's address of a unix socket, less the longest name that is put behind it.
const maxSocketPath = 107 - len("/workers.sock.new")

func (l *loader) runtimeDir(value string) string {
	dir := l.folder(value, installedRuntime, handRuntime)
	if len(dir) > maxSocketPath {
		l.fault("RUNTIME_DIR", "is longer than %d characters, so that no socket fits into it: %s", maxSocketPath, dir)
	}
	return dir
}

func (l *loader) simulator(s settings) *Simulator {
	addr, key := strings.TrimSpace(s.WhatsAppSimulator), strings.TrimSpace(s.WhatsAppSimulatorKey)
	switch {
	case addr == "" && key == "":
		return nil
	case addr == "":
		l.fault("WHATSAPP_SIMULATOR", "is missing while WHATSAPP_SIMULATOR_KEY is set; both or neither")
	case key == "":
		l.fault("WHATSAPP_SIMULATOR_KEY", "is missing while WHATSAPP_SIMULATOR is set; both or neither")
	}
	if addr != "" {
		host, port, err := net.SplitHostPort(addr)
		if err != nil || port == "" {
			l.fault("WHATSAPP_SIMULATOR", "%q is no address like 127.0.0.1:7001", addr)
		} else if !isLoopback(host) {
			l.fault("WHATSAPP_SIMULATOR", "must be a loopback address like 127.0.0.1:7001: the simulator is for this "+
				"machine alone")
		}
	}
	if raw, err := hex.DecodeString(key); key != "" && (err != nil || len(raw) != 32) {
		l.fault("WHATSAPP_SIMULATOR_KEY", "must be the 64 hexadecimal digits that the simulator prints as root_key")
	}
	l.warn("WHATSAPP_SIMULATOR is set: no real WhatsApp is used.")
	return &Simulator{Addr: addr, Key: key}
}

var versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

func (l *loader) version(value string) string {
	value = strings.TrimSpace(value)
	if value != "" && !versionForm.MatchString(value) {
		l.fault("WHATSAPP_VERSION", "%q is no version like 2.3000.1019175440", value)
	}
	return value
}

package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"flowhq"
)

// settings is every name with its default, as the environment has it. The order is that of .env.example.
type settings struct {
	DatabaseURL         Secret `env:"DATABASE_URL"`
	DatabaseWaitMinutes number `env:"DATABASE_WAIT_MINUTES" envDefault:"5"`
	AdminPassword       Secret `env:"ADMIN_PASSWORD"`
	AdminPasswordHash   Secret `env:"ADMIN_PASSWORD_HASH"`
	PortalInternalKey   Secret `env:"PORTAL_INTERNAL_KEY"`

	NodeEnv        string   `env:"NODE_ENV" envDefault:"production"`
	Port           whole    `env:"PORT" envDefault:"3000"`
	ListenAddr     string   `env:"LISTEN_ADDR" envDefault:"127.0.0.1"`
	PublicURL      string   `env:"PUBLIC_URL"`
	TrustedProxies []string `env:"TRUSTED_PROXIES"`
	LogLevel       level    `env:"LOG_LEVEL" envDefault:"info"`

	RetentionMessagesDays whole `env:"RETENTION_MESSAGES_DAYS" envDefault:"365"`
	RetentionTracesDays   whole `env:"RETENTION_TRACES_DAYS" envDefault:"30"`
	RetentionEventsDays   whole `env:"RETENTION_EVENTS_DAYS" envDefault:"365"`
	RetentionRequestsDays whole `env:"RETENTION_REQUESTS_DAYS" envDefault:"730"`
	QuietHours            quiet `env:"QUIET_HOURS" envDefault:"1-5"`

	SessionsPath string `env:"SESSIONS_PATH"`
	LogsPath     string `env:"LOGS_PATH"`
	RuntimeDir   string `env:"RUNTIME_DIR"`

	RateLimitMaxPerMinute      whole  `env:"RATE_LIMIT_MAX_PER_MINUTE" envDefault:"10"`
	ContactReplyMax            whole  `env:"CONTACT_REPLY_MAX" envDefault:"20"`
	ContactReplyWindowMinutes  number `env:"CONTACT_REPLY_WINDOW_MINUTES" envDefault:"10"`
	TypingDelay                onOff  `env:"TYPING_DELAY" envDefault:"on"`
	CatchUpMinutes             number `env:"CATCH_UP_MINUTES" envDefault:"30"`
	HandoffHours               number `env:"HANDOFF_HOURS" envDefault:"12"`
	HeartbeatIntervalMS        whole  `env:"HEARTBEAT_INTERVAL_MS" envDefault:"30000"`
	StaleThresholdMinutes      number `env:"STALE_THRESHOLD_MINUTES" envDefault:"2"`
	StaleCheckIntervalMS       whole  `env:"STALE_CHECK_INTERVAL_MS" envDefault:"60000"`
	OrphanGraceHours           number `env:"ORPHAN_GRACE_HOURS" envDefault:"24"`
	WorkerMemoryMax            size   `env:"WORKER_MEMORY_MAX" envDefault:"256M"`
	WhatsAppVersion            string `env:"WHATSAPP_VERSION"`
	WhatsAppSimulator          string `env:"WHATSAPP_SIMULATOR"`
	WhatsAppSimulatorKey       string `env:"WHATSAPP_SIMULATOR_KEY"`
	BackupTo                   string `env:"BACKUP_TO"`
	BackupAt                   string `env:"BACKUP_AT" envDefault:"02:30"`
	BackupKeepDays             whole  `env:"BACKUP_KEEP_DAYS" envDefault:"7"`
	BackupKeepWeeks            whole  `env:"BACKUP_KEEP_WEEKS" envDefault:"4"`
	BackupPassphraseFile       string `env:"BACKUP_PASSPHRASE_FILE"`
	BackupRecipient            string `env:"BACKUP_RECIPIENT"`
	BackupS3Endpoint           string `env:"BACKUP_S3_ENDPOINT"`
	BackupS3Region             string `env:"BACKUP_S3_REGION" envDefault:"us-east-1"`
	BackupS3AccessKey          Secret `env:"BACKUP_S3_ACCESS_KEY"`
	BackupS3SecretKey          Secret `env:"BACKUP_S3_SECRET_KEY"`
	PuppeteerExecutablePathOld string `env:"PUPPETEER_EXECUTABLE_PATH"`
}

// whole is a number without a fraction, not below zero.
type whole int

func (w *whole) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n < 0 {
		return fmt.Errorf("%q is no whole number", text)
	}
	*w = whole(n)
	return nil
}

// millis takes the number as milliseconds.
func (w whole) millis() time.Duration { return time.Duration(w) * time.Millisecond }

// number may have a fraction; it is not below zero.
type number float64

// maxNumber keeps hours within what a time.Duration holds.
const maxNumber = 1e6

func (n *number) UnmarshalText(text []byte) error {
	f, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil || !(f >= 0 && f <= maxNumber) {
		return fmt.Errorf("%q is no number between 0 and %d", text, int(maxNumber))
	}
	*n = number(f)
	return nil
}

func (n number) minutes() time.Duration { return time.Duration(float64(n) * float64(time.Minute)) }
func (n number) hours() time.Duration   { return time.Duration(float64(n) * float64(time.Hour)) }

// level is a log level under the names of Pino, the predecessor's logger.
type level slog.Level

// LevelTrace and LevelFatal are the two levels that slog has no name for.
const (
	LevelTrace = slog.LevelDebug - 4
	LevelFatal = slog.LevelError + 4
)

func (l *level) UnmarshalText(text []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(text))) {
	case "trace":
		*l = level(LevelTrace)
	case "debug":
		*l = level(slog.LevelDebug)
	case "info":
		*l = level(slog.LevelInfo)
	case "warn":
		*l = level(slog.LevelWarn)
	case "error":
		*l = level(slog.LevelError)
	case "fatal":
		*l = level(LevelFatal)
	default:
		return fmt.Errorf("%q is none of trace, debug, info, warn, error, fatal", text)
	}
	return nil
}

// LevelName gives the name of a level as LOG_LEVEL has it.
func LevelName(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return "trace"
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warn"
	case l < LevelFatal:
		return "error"
	default:
		return "fatal"
	}
}

type onOff bool

func (o *onOff) UnmarshalText(text []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(text))) {
	case "on", "true", "yes", "1":
		*o = true
	case "off", "false", "no", "0":
		*o = false
	default:
		return fmt.Errorf("%q is neither on nor off", text)
	}
	return nil
}

// size is a number of bytes, written plain or with K, M or G (powers of 1024).
type size int64

func (s *size) UnmarshalText(text []byte) error {
	digits := strings.ToUpper(strings.TrimSpace(string(text)))
	digits = strings.TrimSuffix(strings.TrimSuffix(digits, "B"), "I")
	shift := 0
	if n := len(digits); n > 0 {
		if at := strings.IndexByte("KMG", digits[n-1]); at >= 0 {
			shift, digits = 10*(at+1), digits[:n-1]
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<62)>>shift {
		return errors.New(strconv.Quote(string(text)) + " is no size like 256M, 1G or 0")
	}
	*s = size(n << shift)
	return nil
}

// quiet is the hours of a day in which heavy work is done, like 1-5 or 22-4.
type quiet flowhq.QuietHours

func (q *quiet) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(strings.TrimSpace(string(text)), "-")
	a, err1 := strconv.Atoi(strings.TrimSpace(from))
	b, err2 := strconv.Atoi(strings.TrimSpace(to))
	if !ok || err1 != nil || err2 != nil || a < 0 || a > 23 || b < 0 || b > 24 {
		return fmt.Errorf("%q is no span of hours like 1-5 or 22-4", text)
	}
	*q = quiet{From: a, To: b % 24}
	return nil
}

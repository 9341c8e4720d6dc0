package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
)

const simulatorKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// good is the least that a configuration needs.
func good(more ...string) []string {
	return append([]string{"ADMIN_PASSWORD=correct horse battery", "PORTAL_INTERNAL_KEY=0123456789abcdef0123"}, more...)
}

func load(t *testing.T, environ ...string) *Config {
	t.Helper()
	c, err := Load(Source{Environ: environ, Dir: t.TempDir()})
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func faults(t *testing.T, environ ...string) Faults {
	t.Helper()
	_, err := Load(Source{Environ: environ, Dir: t.TempDir()})
	f, ok := errors.AsType[Faults](err)
	if !ok {
		t.Fatalf("Load gave %v, want Faults", err)
	}
	return f
}

func TestDefaults(t *testing.T) {
	dir := t.TempDir()
	c, err := Load(Source{Environ: good(), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if c.DatabaseURL.Reveal() != "postgres:///flowhq" || c.Addr() != "127.0.0.1:3000" || c.Development ||
		c.LogLevel != slog.LevelInfo {
		t.Errorf("database %q, address %q, development %v, level %v", c.DatabaseURL.Reveal(), c.Addr(), c.Development,
			c.LogLevel)
	}
	if c.SessionsPath != filepath.Join(dir, "sessions") || c.LogsPath != filepath.Join(dir, "logs") ||
		c.RuntimeDir != filepath.Join(dir, "var/run") {
		t.Errorf("folders %s, %s, %s", c.SessionsPath, c.LogsPath, c.RuntimeDir)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestDefaults_limits(t *testing.T) {
	c, err := Load(Source{Environ: good(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l := c.Limits
	if l.RepliesPerMinute != 10 || l.ContactReplies != 20 || l.ContactWindow != 10*time.Minute || !l.Typing ||
		l.CatchUp != 30*time.Minute || l.Handoff != 12*time.Hour || l.Heartbeat != 30*time.Second ||
		l.OrphanGrace != 24*time.Hour {
		t.Errorf("limits %+v", l)
	}
	if c.StaleThreshold != 2*time.Minute || c.StaleCheck != time.Minute || c.WorkerMemoryMax != 256<<20 ||
		c.Simulator != nil {
		t.Errorf("stale %v, check %v, memory %d, simulator %v", c.StaleThreshold, c.StaleCheck, c.WorkerMemoryMax,
			c.Simulator)
	}
}

func TestBackupSettings(t *testing.T) {
	dir := t.TempDir()
	c, err := Load(Source{Environ: good(), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	b := c.Backup
	if b.To != filepath.Join(dir, "backups") || b.At == nil || *b.At != 150*time.Minute || b.KeepDays != 7 ||
		b.KeepWeeks != 4 {
		t.Errorf("by default %+v, at %v", b, b.At)
	}
	c, err = Load(Source{Environ: good("BACKUP_TO=off", "BACKUP_AT=off", "BACKUP_PASSPHRASE_FILE=key"), Dir: dir})
	if err != nil || c.Backup.To != "" || c.Backup.At != nil || c.Backup.PassphraseFile != filepath.Join(dir, "key") {
		t.Errorf("off: %+v, %v", c.Backup, err)
	}
	c, err = Load(Source{Environ: good("BACKUP_TO=s3://akiba/flowhq", "BACKUP_S3_ACCESS_KEY=a",
		"BACKUP_S3_SECRET_KEY=b", "BACKUP_S3_ENDPOINT=http://10.0.0.1:9000/"), Dir: dir})
	if err != nil || c.Backup.To != "s3://akiba/flowhq" || c.Backup.S3.Endpoint != "http://10.0.0.1:9000" ||
		len(c.Warnings) != 1 {
		t.Errorf("S3: %+v, %v", c.Backup, err)
	}
}

func TestBackupSettings_faults(t *testing.T) {
	if f := faults(t, good("BACKUP_TO=s3://akiba")...); len(f) != 2 || f[0].Name != "BACKUP_S3_ACCESS_KEY" {
		t.Errorf("without keys: %q", f)
	}
	if f := faults(t, good("BACKUP_PASSPHRASE_FILE=key", "BACKUP_RECIPIENT=age1x")...); len(f) != 1 ||
		f[0].Name != "BACKUP_RECIPIENT" {
		t.Errorf("both: %q", f)
	}
}

func TestInstalledDefaults(t *testing.T) {
	c, err := Load(Source{Environ: good(), Dir: "/", Installed: true})
	if err != nil {
		t.Fatal(err)
	}
	if c.SessionsPath != "/var/lib/flowhq/sessions" || c.LogsPath != "/var/log/flowhq" ||
		c.RuntimeDir != "/run/flowhq" {
		t.Errorf("folders %s, %s, %s", c.SessionsPath, c.LogsPath, c.RuntimeDir)
	}
	if !InstalledAt("/usr/bin/flowhq") || !InstalledAt("/usr/lib/flowhq/1.0/flowhq") ||
		InstalledAt("/home/a/bin/flowhq") {
		t.Error("InstalledAt")
	}
}

func TestAllFaultsTogether(t *testing.T) {
	f := faults(t, "PORT=seventy", "LOG_LEVEL=loud", "WORKER_MEMORY_MAX=lots", "TYPING_DELAY=maybe",
		"DATABASE_URL=mysql://x",
		"RATE_LIMIT_MAX_PER_MINUTE=0", "STALE_THRESHOLD_MINUTES=0.1", "WHATSAPP_SIMULATOR=10.0.0.1:7001",
		"NODE_ENV=test",
		"PUBLIC_URL=bots.example.com", "TRUSTED_PROXIES=127.0.0.1,nonsense", "LISTEN_ADDR=everywhere",
		"WHATSAPP_VERSION=new",
		"HEARTBEAT_INTERVAL_MS=-1")
	var names []string
	for _, one := range f {
		names = append(names, one.Name)
		if strings.ContainsAny(one.Message, "\n") || strings.Contains(one.Message, "strconv") ||
			strings.Contains(one.Message, "parse error") {
			t.Errorf("%s: %q is no line for people", one.Name, one.Message)
		}
	}
	want := []string{
		"DATABASE_URL", "ADMIN_PASSWORD", "PORTAL_INTERNAL_KEY", "NODE_ENV", "PORT", "LISTEN_ADDR", "PUBLIC_URL",
		"TRUSTED_PROXIES",
		"LOG_LEVEL", "RATE_LIMIT_MAX_PER_MINUTE", "TYPING_DELAY", "HEARTBEAT_INTERVAL_MS", "STALE_THRESHOLD_MINUTES",
		"WORKER_MEMORY_MAX", "WHATSAPP_VERSION", "WHATSAPP_SIMULATOR", "WHATSAPP_SIMULATOR_KEY",
	}
	if !slices.Equal(names, want) {
		t.Errorf("faults %q\nwant   %q", names, want)
	}
	if got := strings.Count(f.Error(), "\n") + 1; got != len(want) {
		t.Errorf("%d lines for %d faults:\n%s", got, len(want), f)
	}
}

func TestOneFaultAtATime(t *testing.T) {
	tests := map[string]string{ // environment to the name at fault
		"PORT=0": "PORT", "PORT=65536": "PORT", "PORT=30 00": "PORT",
		"LISTEN_ADDR=example.com":                  "LISTEN_ADDR",
		"DATABASE_URL=postgres:x":                  "DATABASE_URL",
		"DATABASE_URL=sqlite:":                     "DATABASE_URL",
		"DATABASE_URL=sqlite:///":                  "DATABASE_URL",
		"DATABASE_URL=file:dev.db":                 "DATABASE_URL",
		"HEARTBEAT_INTERVAL_MS=99":                 "HEARTBEAT_INTERVAL_MS",
		"STALE_CHECK_INTERVAL_MS=1":                "STALE_CHECK_INTERVAL_MS",
		"STALE_THRESHOLD_MINUTES=0.5":              "STALE_THRESHOLD_MINUTES",
		"STALE_THRESHOLD_MINUTES=NaN":              "STALE_THRESHOLD_MINUTES",
		"HANDOFF_HOURS=1e300":                      "HANDOFF_HOURS",
		"ORPHAN_GRACE_HOURS=0":                     "ORPHAN_GRACE_HOURS",
		"CONTACT_REPLY_WINDOW_MINUTES=0":           "CONTACT_REPLY_WINDOW_MINUTES",
		"WORKER_MEMORY_MAX=1M":                     "WORKER_MEMORY_MAX",
		"WORKER_MEMORY_MAX=-1":                     "WORKER_MEMORY_MAX",
		"WORKER_MEMORY_MAX=99999999999G":           "WORKER_MEMORY_MAX",
		"PUBLIC_URL=https://x.example/path":        "PUBLIC_URL",
		"PUBLIC_URL=ftp://x.example":               "PUBLIC_URL",
		"WHATSAPP_SIMULATOR=127.0.0.1:7001":        "WHATSAPP_SIMULATOR_KEY",
		"WHATSAPP_SIMULATOR_KEY=" + simulatorKey:   "WHATSAPP_SIMULATOR",
		"ADMIN_PASSWORD_HASH=5f4dcc3b5aa765d61d83": "ADMIN_PASSWORD_HASH",
		"RUNTIME_DIR=/" + strings.Repeat("x", 100): "RUNTIME_DIR",
		"BACKUP_AT=25:00":                          "BACKUP_AT",
		"BACKUP_AT=2.30":                           "BACKUP_AT",
		"BACKUP_KEEP_DAYS=0":                       "BACKUP_KEEP_DAYS",
		"BACKUP_KEEP_WEEKS=many":                   "BACKUP_KEEP_WEEKS",
		"BACKUP_TO=s3://":                          "BACKUP_TO",
		"BACKUP_S3_ENDPOINT=s3.example.com":        "BACKUP_S3_ENDPOINT",
	}
	for set, want := range tests {
		f := faults(t, good(set)...)
		if len(f) != 1 || f[0].Name != want {
			t.Errorf("%s: faults %q, want one of %s", set, f, want)
		}
	}
}

func TestChecksOfOthers(t *testing.T) {
	asked := 0
	src := Source{Dir: t.TempDir(), Environ: good("DATABASE_URL=sqlite:x.db", "PORT=0"),
		Checks: map[string]func(string) error{
			"DATABASE_URL": func(dsn string) error {
				asked++
				return flowhq.Errorf(flowhq.CodeInvalid, "DATABASE_URL is not liked: %s", filepath.Base(dsn))
			},
		}}
	_, err := Load(src)
	if f, _ := errors.AsType[Faults](err); len(f) != 2 || f[0] != (Fault{"DATABASE_URL", "is not liked: x.db"}) ||
		f[1].Name != "PORT" {
		t.Errorf("faults %q", f)
	}
	src.Environ = good("DATABASE_URL=mysql:x")
	if _, err = Load(src); err == nil || asked != 1 {
		t.Errorf("a wrong database was looked at further (%d times): %v", asked, err)
	}
}

func TestWeakPasswords(t *testing.T) {
	tests := []struct {
		password, more string
		refused        bool
	}{
		{"hunter2", "", false}, // loopback only: a warning
		{"hunter2", "LISTEN_ADDR=::1", false},
		{"hunter2", "LISTEN_ADDR=0.0.0.0", true},
		{"hunter2", "LISTEN_ADDR=192.0.2.1", true},
		{"hunter2", "PUBLIC_URL=https://bots.example.com", true},
		{"Change-Me_Please!", "LISTEN_ADDR=0.0.0.0", true},
		{"Change-Me_Please!", "", false},
		{"correct horse battery", "LISTEN_ADDR=0.0.0.0", false},
		{"ümläutäü123ß", "LISTEN_ADDR=0.0.0.0", false}, // twelve characters, more bytes
		{"ümläutäü12ß", "LISTEN_ADDR=0.0.0.0", true},
	}
	for _, tt := range tests {
		_, err := Load(Source{Dir: t.TempDir(), Environ: []string{
			"ADMIN_PASSWORD=" + tt.password, "PORTAL_INTERNAL_KEY=0123456789abcdef0123", tt.more,
		}})
		if (err != nil) != tt.refused {
			t.Errorf("%q with %q: %v", tt.password, tt.more, err)
		}
		if err != nil && strings.Contains(err.Error(), tt.password) {
			t.Errorf("the refusal holds the password: %v", err)
		}
	}
	c := load(t, "ADMIN_PASSWORD=short", "PORTAL_INTERNAL_KEY=k")
	if len(c.Warnings) != 2 || !strings.Contains(c.Warnings[0], "ADMIN_PASSWORD") ||
		!strings.Contains(c.Warnings[1], "PORTAL_INTERNAL_KEY") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestFileAndEnvironment(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), `# a comment
ADMIN_PASSWORD='pa$$word #1 long'   # the hash sign belongs to it
PORTAL_INTERNAL_KEY="a key with \"quotes\" and \$"
PORT=4000 # four thousand
export LOG_LEVEL=warn
LISTEN_ADDR=
SMTP_HOST=mail.example.com
`)
	c, err := Load(Source{Dir: dir, Environ: []string{"PORT=4001", "SMTP_PORT=25", "LOG_LEVEL="}})
	if err != nil {
		t.Fatal(err)
	}
	if c.AdminPassword.Reveal() != "pa$$word #1 long" || c.PortalKey.Reveal() != `a key with "quotes" and $` {
		t.Errorf("secrets %q, %q", c.AdminPassword.Reveal(), c.PortalKey.Reveal())
	}
	if c.Port != 4001 {
		t.Errorf("port %d, want that of the process environment", c.Port)
	}
	if c.LogLevel != slog.LevelInfo { // emptied by the process environment: the default
		t.Errorf("level %v", c.LogLevel)
	}
	if c.ListenAddr != "127.0.0.1" || c.File != filepath.Join(dir, ".env") {
		t.Errorf("address %q, file %q", c.ListenAddr, c.File)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "SMTP_HOST") {
		t.Errorf("warnings %q, want one on SMTP_HOST", c.Warnings)
	}
	write(t, filepath.Join(dir, ".env"), "ADMIN_PASSWORD=another long password\nPORTAL_INTERNAL_KEY=0123456789abcdef\n")
	if c, err = Load(Source{Dir: dir}); err != nil || c.AdminPassword.Reveal() != "another long password" {
		t.Errorf("the file was not read afresh: %v", err)
	}
}

func TestFileFaults(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(Source{Dir: dir, Environ: good(), File: "missing.env"}); err == nil ||
		!strings.Contains(err.Error(), "missing.env") {
		t.Errorf("a missing file: %v", err)
	}
	path := filepath.Join(dir, "bad.env")
	write(t, path, "PORT=3000\nnot a setting\nLOG_LEVEL='warn\nA B=1\n")
	_, err := Load(Source{Dir: dir, Environ: good(), File: path})
	f, _ := errors.AsType[Faults](err)
	if len(f) != 3 {
		t.Fatalf("faults %q, want three lines", f)
	}
	for i, line := range []string{"line 2", "line 3", "line 4"} {
		if f[i].Name != path || !strings.Contains(f[i].Message, line) {
			t.Errorf("fault %q, want %s", f[i], line)
		}
	}
}

func TestRelativeDatabase(t *testing.T) {
	dir := t.TempDir()
	for set, want := range map[string]string{
		"sqlite:rel.db":                   "sqlite://" + filepath.Join(dir, "rel.db"),
		"sqlite:///abs/path.db":           "sqlite:///abs/path.db",
		"postgresql://u:p@h:1/d?schema=x": "postgresql://u:p@h:1/d?schema=x",
	} {
		c, err := Load(Source{Dir: dir, Environ: good("DATABASE_URL=" + set)})
		if err != nil || c.DatabaseURL.Reveal() != want {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
	}
}

func TestSimulatorAndOldNames(t *testing.T) {
	c := load(t, good("WHATSAPP_SIMULATOR=[::1]:7001", "WHATSAPP_SIMULATOR_KEY="+simulatorKey,
		"PUPPETEER_EXECUTABLE_PATH=/usr/bin/chromium")...)
	if c.Simulator == nil || c.Simulator.Addr != "[::1]:7001" || c.Simulator.Key != simulatorKey {
		t.Errorf("simulator %+v", c.Simulator)
	}
	if len(c.Warnings) != 2 || !strings.Contains(c.Warnings[0], "no real WhatsApp") ||
		!strings.Contains(c.Warnings[1], "no longer needed") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestLevels(t *testing.T) {
	last := slog.Level(-100)
	for _, name := range []string{"trace", "debug", "info", "warn", "error", "fatal"} {
		c := load(t, good("LOG_LEVEL="+strings.ToUpper(name))...)
		if c.LogLevel <= last || LevelName(c.LogLevel) != name {
			t.Errorf("%s is %v (%s) after %v", name, c.LogLevel, LevelName(c.LogLevel), last)
		}
		last = c.LogLevel
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "16M": 16 << 20, "1g": 1 << 30, "512MiB": 512 << 20,
		"65536K": 64 << 20, "33554432": 32 << 20, "20MB": 20 << 20} {
		if c := load(t, good("WORKER_MEMORY_MAX="+text)...); c.WorkerMemoryMax != want {
			t.Errorf("%s is %d, want %d", text, c.WorkerMemoryMax, want)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	const secret = "correct horse battery"
	c := load(t, good("DATABASE_URL=postgres://u:"+"hunter2hunter2"+"@h/d")...)
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "password", c.AdminPassword, "config", c)
	fmt.Fprintf(&b, "%v %+v %#v %s", c, *c, c, c.AdminPassword)
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(j)
	for _, s := range []string{secret, "0123456789abcdef", "hunter2"} {
		if strings.Contains(b.String(), s) {
			t.Errorf("%q is shown:\n%s", s, b.String())
		}
	}
	if !strings.Contains(b.String(), "[hidden]") {
		t.Error("nothing is hidden")
	}
}

// TestExampleIsComplete holds .env.example to the names: each once, in order, with a comment line right above, and its
// default where it has one.
func TestExampleIsComplete(t *testing.T) {
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	above := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && isName(name) {
			names = append(names, name)
			if !strings.HasPrefix(above, "# ") {
				t.Errorf("%s has no comment line above", name)
			}
		}
		above = line
	}
	if want := Names(); !slices.Equal(names, want) {
		t.Errorf(".env.example has %q\nwant %q", names, want)
	}
	values, wrong := parseFile(string(text))
	if len(wrong) > 0 {
		t.Errorf("%v", wrong)
	}
	dir := t.TempDir()
	byFile, err := Load(Source{Dir: dir, File: mustAbs(t, "../../.env.example"), Environ: good()})
	if err != nil {
		t.Fatal(err)
	}
	byDefault, err := Load(Source{Dir: dir, Environ: good()})
	if err != nil {
		t.Fatal(err)
	}
	byFile.File = ""
	if a, b := fmt.Sprintf("%+v", byFile), fmt.Sprintf("%+v", byDefault); a != b {
		t.Errorf("the example's values are not the defaults:\n%s\n%s", a, b)
	}
	if values["ADMIN_PASSWORD"] != "" || values["PORTAL_INTERNAL_KEY"] != "" {
		t.Error("the example holds secrets")
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add("A=1\nexport B='x' # c\nC=\"a\\n\\$\"")
	f.Add("=\n'\nA=\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		values, _ := parseFile(text)
		for name := range values {
			if !isName(name) {
				t.Errorf("%q is taken for a name", name)
			}
		}
	})
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

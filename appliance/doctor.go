package appliance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/appliance/config"
	"flowhq/appliance/host"
	"flowhq/appliance/localapi"
	"flowhq/appliance/website"
	"flowhq/storage"
)

// Verdict is what a check came to.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning"
	Problem Verdict = "problem"
)

// Finding is one line of the doctor: what was looked at, what it came to, and what to do when it is not well.
type Finding struct {
	Verdict Verdict
	What    string
	Message string
	Setting bool // a setting itself is wrong
}

// Bounds below which the doctor speaks.
const (
	diskProblem   = 100 << 20
	diskWarning   = 1 << 30
	filesWarning  = 4096
	doctorPatient = 5 * time.Second
)

// Doctor looks at a configuration and its surroundings. It changes nothing.
func Doctor(ctx context.Context, src config.Source) []Finding {
	c, err := Settings(src)
	if err != nil {
		return settingFindings(err)
	}
	running := askRunning(ctx, c)
	findings := checkSettings(c)
	findings = append(findings,
		checkFolder("SESSIONS_PATH", c.SessionsPath), checkFolder("LOGS_PATH", c.LogsPath),
		checkFolder("RUNTIME_DIR", c.RuntimeDir),
		checkDatabase(ctx, c), checkPort(ctx, c, running), checkClock(), checkFiles(), checkGroups(c, running),
		checkWhatsApp(ctx, c),
	)
	for _, dir := range distinctDisks(c.SessionsPath, c.LogsPath, c.RuntimeDir) {
		findings = append(findings, checkDisk(dir))
	}
	return findings
}

// settingFindings tells settings that cannot be used, one finding for each.
func settingFindings(err error) []Finding {
	faults, ok := errors.AsType[config.Faults](err)
	if !ok {
		return []Finding{{Verdict: Problem, What: "settings", Message: err.Error(), Setting: true}}
	}
	var out []Finding
	for _, f := range faults {
		out = append(out, Finding{Problem, "setting " + f.Name, f.Message, true})
	}
	return out
}

func checkSettings(c *config.Config) []Finding {
	from := "the process environment alone"
	if c.File != "" {
		from = c.File
	}
	findings := []Finding{{Verdict: OK, What: "settings", Message: "read from " + from}}
	for _, w := range c.Warnings {
		findings = append(findings, Finding{Verdict: Warning, What: "settings", Message: w})
	}
	if info, err := os.Stat(c.File); err == nil && info.Mode().Perm()&0o007 != 0 {
		findings = append(findings, Finding{
			Verdict: Warning, What: "settings",
			Message: fmt.Sprintf("%s can be read by every user of this machine, passwords included; chmod 640 it",
				c.File),
		})
	}
	return findings
}

// checkFolder tells whether a folder can be written to, or made.
func checkFolder(name, dir string) Finding {
	at := dir
	for {
		info, err := os.Stat(at)
		if errors.Is(err, os.ErrNotExist) && at != filepath.Dir(at) {
			at = filepath.Dir(at)
			continue
		}
		switch {
		case err != nil:
			return Finding{Verdict: Problem, What: name, Message: fmt.Sprintf("%s cannot be looked at: %s", at, err)}
		case !info.IsDir():
			return Finding{Verdict: Problem, What: name,
				Message: at + " is a file where a folder is needed; move it away"}
		case unix.Access(at, unix.W_OK|unix.X_OK) != nil:
			return Finding{Verdict: Problem, What: name,
				Message: fmt.Sprintf("%s may not be written to by this user; chown it to the user that runs Flow HQ",
					at)}
		case at != dir:
			return Finding{Verdict: OK, What: name, Message: dir + " is not there yet and will be made"}
		}
		return Finding{Verdict: OK, What: name, Message: dir + " can be written to"}
	}
}

func checkDatabase(ctx context.Context, c *config.Config) Finding {
	const what = "database"
	ctx, cancel := context.WithTimeout(ctx, doctorPatient)
	defer cancel()
	dsn := c.DatabaseURL.Reveal()
	if file, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			if f := checkFolder(what, filepath.Dir(file)); f.Verdict != OK {
				return f
			}
			return Finding{Verdict: OK, What: what, Message: file + " is not there yet and will be made"}
		}
	}
	schema, err := storage.Inspect(ctx, dsn, storage.Options{})
	switch {
	case err != nil:
		return Finding{Verdict: Problem, What: what, Message: sentenceOf(err)}
	case schema.Current == 0 && schema.Prisma:
		return Finding{Verdict: OK, What: what, Message: schema.Database +
			" is the predecessor's and will be taken over at the next start"}
	case schema.Current > schema.Wanted:
		return Finding{Verdict: Problem, What: what, Message: fmt.Sprintf(
			"%s was made by a newer version (schema %d, this one knows %d); upgrade Flow HQ", schema.Database,
			schema.Current, schema.Wanted)}
	case !schema.UpToDate():
		return Finding{Verdict: OK, What: what, Message: fmt.Sprintf(
			"%s answers and will be brought from schema %d to %d at the next start", schema.Database, schema.Current,
			schema.Wanted)}
	}
	return Finding{Verdict: OK, What: what, Message: fmt.Sprintf("%s answers, schema %d", schema.Database,
		schema.Current)}
}

// askRunning gives what a running appliance with this configuration says of itself, nil when none answers.
func askRunning(ctx context.Context, c *config.Config) *localapi.Status {
	ctx, cancel := context.WithTimeout(ctx, doctorPatient)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", c.ControlSocket())
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://appliance/v1/status", nil)
	if err != nil {
		return nil
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	var s localapi.Status
	if res.StatusCode != http.StatusOK || json.NewDecoder(res.Body).Decode(&s) != nil {
		return nil
	}
	return &s
}

func checkPort(ctx context.Context, c *config.Config, running *localapi.Status) Finding {
	const what = "port"
	l, err := website.Listen(ctx, c.Addr())
	switch {
	case err == nil:
		_ = l.Close()
		return Finding{Verdict: OK, What: what, Message: c.Addr() + " is free"}
	case running != nil:
		return Finding{Verdict: OK, What: what, Message: fmt.Sprintf("Flow HQ %s is running at %s", running.Version,
			running.URL)}
	case errors.Is(err, syscall.EADDRINUSE):
		return Finding{Verdict: Problem, What: what,
			Message: c.Addr() + " is used by another program; stop that one, or set PORT"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return Finding{Verdict: Problem, What: what,
			Message: c.ListenAddr + " is no address of this machine; set LISTEN_ADDR"}
	}
	return Finding{Verdict: Problem, What: what, Message: err.Error()}
}

// checkClock looks whether the clock is kept right: WhatsApp refuses logins and pairing when it is minutes off.
func checkClock() Finding {
	const what = "clock"
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case time.Now().Year() < 2025:
		return Finding{Verdict: Problem, What: what,
			Message: "the clock says " + time.Now().UTC().Format(time.RFC1123) +
				"; set it, WhatsApp refuses the login otherwise"}
	case err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		return Finding{Verdict: Warning, What: what,
			Message: "nobody keeps the clock right as far as the kernel knows; install and enable " +
				"systemd-timesyncd or chrony"}
	}
	return Finding{Verdict: OK, What: what, Message: "synchronised"}
}

func checkFiles() Finding {
	const what = "open files"
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return Finding{Verdict: Warning, What: what, Message: err.Error()}
	}
	if limit.Max < filesWarning {
		return Finding{Verdict: Warning, What: what,
			Message: fmt.Sprintf("at most %d are allowed, enough for some %d workers; raise LimitNOFILE", limit.Max,
				limit.Max/8)}
	}
	return Finding{Verdict: OK, What: what, Message: fmt.Sprintf("up to %d", limit.Max)}
}

func checkGroups(c *config.Config, running *localapi.Status) Finding {
	const what = "memory limit"
	if c.WorkerMemoryMax == 0 {
		return Finding{Verdict: Warning, What: what,
			Message: "WORKER_MEMORY_MAX is 0: a worker that leaks can take the machine down"}
	}
	if groups := host.WorkerSlice(); groups != "" {
		return Finding{Verdict: OK, What: what, Message: "workers are held to it by the kernel in " + groups}
	}
	if running != nil && running.Memory == "cgroup" {
		return Finding{Verdict: OK, What: what, Message: "workers are held to it by the kernel"}
	}
	return Finding{Verdict: Warning, What: what, Message: "no control group is delegated here, so workers are " +
		"measured every second instead; the installed service has one"}
}

func checkWhatsApp(ctx context.Context, c *config.Config) Finding {
	what, addr, verdict := "WhatsApp", "web.whatsapp.com:443", Warning
	advice := "let this machine connect there; workers keep trying meanwhile"
	if c.Simulator != nil {
		what, addr, verdict, advice = "simulator", c.Simulator.Addr, Problem, "start it, or unset WHATSAPP_SIMULATOR"
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatient)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return Finding{Verdict: verdict, What: what, Message: fmt.Sprintf("%s cannot be reached; %s", addr, advice)}
	}
	_ = conn.Close()
	return Finding{Verdict: OK, What: what, Message: addr + " can be reached"}
}

// distinctDisks gives one folder for each file system that the folders are, or will be, on.
func distinctDisks(dirs ...string) []string {
	seen := make(map[uint64]bool)
	var out []string
	for _, dir := range dirs {
		for dir != filepath.Dir(dir) {
			var st unix.Stat_t
			if unix.Stat(dir, &st) == nil {
				if !seen[st.Dev] {
					seen[st.Dev] = true
					out = append(out, dir)
				}
				break
			}
			dir = filepath.Dir(dir)
		}
	}
	return out
}

func checkDisk(dir string) Finding {
	const what = "disk"
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return Finding{Verdict: Warning, What: what, Message: err.Error()}
	}
	free := int64(st.Bavail) * st.Bsize
	text := fmt.Sprintf("%d MiB free at %s", free>>20, dir)
	switch {
	case free < diskProblem:
		return Finding{Verdict: Problem, What: what,
			Message: text + "; make room, workers cannot take messages in without"}
	case st.Files > 0 && st.Ffree < 1000:
		return Finding{Verdict: Problem, What: what,
			Message: fmt.Sprintf("only %d files can be made at %s; remove some", st.Ffree, dir)}
	case free < diskWarning:
		return Finding{Verdict: Warning, What: what, Message: text + "; make room before it is less"}
	}
	return Finding{Verdict: OK, What: what, Message: text}
}

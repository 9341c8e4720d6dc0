package harness

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Secrets of every appliance that a harness starts; it listens only on loopback.
const (
	AdminPassword = "a long enough password"
	PortalKey     = "portal-key-of-the-harness"
)

// Options say how an appliance is started.
type Options struct {
	Bin         string
	Dir         string // everything of it is below
	DatabaseURL string // "": SQLite in Dir
	Simulator   *Simulator
	Port        int               // tried first; 0 or one in use: any free one
	Env         map[string]string // further settings, written to its environment file
}

// Appliance is a running `flowhq serve` with a client for its API.
type Appliance struct {
	*Process
	*API
	opts Options
	port int
}

// StartAppliance writes the environment file, starts the appliance and waits until it is ready.
func StartAppliance(ctx context.Context, o Options) (*Appliance, error) {
	a, err := NewAppliance(o)
	if err != nil {
		return nil, err
	}
	return a, a.Start(ctx)
}

// NewAppliance writes the environment file and starts nothing yet.
func NewAppliance(o Options) (*Appliance, error) {
	port, err := freePort(o.Port)
	if err != nil {
		return nil, err
	}
	a := &Appliance{opts: o, port: port}
	a.API = NewAPI(fmt.Sprintf("http://127.0.0.1:%d", port), AdminPassword, PortalKey)
	return a, os.WriteFile(a.EnvFile(), a.environment(), 0o600)
}

// Start starts it again, after Kill or Stop, with the same settings.
func (a *Appliance) Start(ctx context.Context) error {
	if err := os.WriteFile(a.EnvFile(), a.environment(), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(a.opts.Bin, "serve", "--env-file", a.EnvFile())
	cmd.Dir = a.opts.Dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + a.opts.Dir}
	for _, name := range []string{"GORACE", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	p, err := startProcess("flowhq serve", cmd, nil)
	if err != nil {
		return err
	}
	a.Process = p
	return a.WaitReady(ctx)
}

// UseDatabase makes the next Start use another database.
func (a *Appliance) UseDatabase(dsn string) { a.opts.DatabaseURL = dsn }

// EnvFile is the path of its environment file.
func (a *Appliance) EnvFile() string { return filepath.Join(a.opts.Dir, "flowhq.env") }

// SessionDir is the folder of a tenant's worker.
func (a *Appliance) SessionDir(tenant string) string {
	return filepath.Join(a.opts.Dir, "sessions", tenant)
}

// WaitReady waits until /readyz says so; an appliance that ends meanwhile is an error with its last words.
func (a *Appliance) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	return Until(ctx, 20*time.Millisecond, func() error {
		select {
		case <-a.Done():
			cancel()
			return fmt.Errorf("the appliance ended:\n%s", a.Output())
		default:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, a.Output())
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %d\n%s", res.StatusCode, a.Output())
		}
		return nil
	})
}

func (a *Appliance) environment() []byte {
	db := a.opts.DatabaseURL
	if db == "" {
		db = "sqlite://" + filepath.Join(a.opts.Dir, "flowhq.db")
	}
	env := map[string]string{
		"DATABASE_URL":        db,
		"ADMIN_PASSWORD":      AdminPassword,
		"PORTAL_INTERNAL_KEY": PortalKey,
		"PORT":                fmt.Sprint(a.port),
		"SESSIONS_PATH":       filepath.Join(a.opts.Dir, "sessions"),
		"LOGS_PATH":           filepath.Join(a.opts.Dir, "logs"),
		"RUNTIME_DIR":         filepath.Join(a.opts.Dir, "run"),
		"TYPING_DELAY":        "off",
	}
	if a.opts.Simulator != nil {
		env["WHATSAPP_SIMULATOR"] = a.opts.Simulator.Listen
		env["WHATSAPP_SIMULATOR_KEY"] = a.opts.Simulator.RootKey
	}
	for name, value := range a.opts.Env {
		env[name] = value
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(&b, "%s=%q\n", name, strings.ReplaceAll(env[name], "$", `\$`))
	}
	return b.Bytes()
}

// Ports below those that the kernel gives to outgoing connections: between the look and the appliance's own listening,
// nobody else gets one by chance.
const (
	lowestPort = 20000
	portRange  = 12000
	portTries  = 100
)

// freePort returns the preferred port when it is free, else another free one.
func freePort(preferred int) (int, error) {
	var errs error
	for range portTries {
		if preferred != 0 {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", preferred))
			if err == nil {
				return preferred, l.Close()
			}
			errs = err
		}
		preferred = lowestPort + rand.IntN(portRange)
	}
	return 0, fmt.Errorf("find a free port: %w", errs)
}

// OwnPrograms makes the appliance and its workers run copies of their programs from the appliance's folder, and gives
// the paths: they can be replaced there, as an upgrade does.
func (a *Appliance) OwnPrograms(b Binaries) (Binaries, error) {
	own := Binaries{Flowhq: filepath.Join(a.opts.Dir, "flowhq"), Worker: filepath.Join(a.opts.Dir, "flowhq-worker"),
		Wasim: b.Wasim}
	for from, to := range map[string]string{b.Flowhq: own.Flowhq, b.Worker: own.Worker} {
		if err := CopyProgram(from, to, ""); err != nil {
			return Binaries{}, err
		}
	}
	a.opts.Bin = own.Flowhq
	return own, nil
}

// CopyProgram puts a copy of a program in another place in one step; behind, which the program does not mind, makes it
// another file.
func CopyProgram(from, to, behind string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", append(text, behind...), 0o755); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}

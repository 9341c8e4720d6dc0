package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/config"
	"flowhq/appliance/localapi"
	"flowhq/internal/asworker"
	"flowhq/internal/wasim"
	"flowhq/wire"
	"flowhq/worker"
	"flowhq/worker/bot"
)

// TestMain lets the test program be the program of its workers: the real worker.
func TestMain(m *testing.M) {
	asworker.Main(realWorker)
	remove, err := asworker.Link()
	if err != nil {
		panic(err)
	}
	status := m.Run()
	remove()
	os.Exit(status)
}

func realWorker() int {
	c, err := worker.ConfigFromEnv(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return wire.ExitConfig
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := worker.Run(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailure
	}
	return 0
}

// flowhqCmd runs a command line and gives what it wrote and its exit status.
func flowhqCmd(ctx context.Context, args ...string) (stdout, stderr string, status int) {
	var out, bad bytes.Buffer
	root := newRoot()
	root.SetIn(strings.NewReader(""))
	root.SetOut(&out)
	root.SetErr(&bad)
	status = exitCode(&bad, execute(ctx, root, args))
	return out.String(), bad.String(), status
}

func TestEveryCommandExplainsItself(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" {
			t.Errorf("%s has no short help", c.CommandPath())
		}
		if !c.Hidden && c.Long == "" && c.Name() != "version" {
			t.Errorf("%s has no long help", c.CommandPath())
		}
		if c.RunE != nil && c.Args == nil {
			t.Errorf("%s takes any arguments", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}

func TestExitStatuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	bad, good := filepath.Join(dir, "bad.env"), filepath.Join(dir, "good.env")
	write(t, bad, "PORT=x\nLOG_LEVEL=loud\nADMIN_PASSWORD=short\nPORTAL_INTERNAL_KEY=0123456789abcdef\n")
	write(t, good, "ADMIN_PASSWORD='a long enough password'\nPORTAL_INTERNAL_KEY=0123456789abcdef\n"+
		"DATABASE_URL=sqlite:x.db\n")
	tests := []struct {
		args   []string
		status int
		holds  string // stdout and stderr together
	}{
		{[]string{"version"}, 0, "flowhq dev"},
		{[]string{"--version"}, 0, "flowhq dev"},
		{[]string{"--help"}, 0, "flowhq doctor"},
		{[]string{"dance"}, exitUsage, "unknown command"},
		{[]string{"ps", "--loud"}, exitUsage, "unknown flag"},
		{[]string{"stop"}, exitUsage, "usage: flowhq stop TENANT"},
		{[]string{"serve", "--env-file", bad}, config.ExitCode, "  PORT: \"x\" is no whole number\n  LOG_LEVEL"},
		{[]string{"migrate", "--env-file", bad}, config.ExitCode, "LOG_LEVEL"},
		{[]string{"doctor", "--env-file", bad}, config.ExitCode, "problem  setting PORT"},
		{[]string{"doctor", "--env-file", filepath.Join(dir, "none.env")}, config.ExitCode, "is not there"},
		{[]string{"ps", "--env-file", good}, exitFailure, "The appliance is not running"},
		{[]string{"ps", "--env-file", bad}, exitFailure, "The appliance is not running"}, // wants no other setting
		{[]string{"migrate", "--dry-run", "--env-file", good}, 0, "is not there yet and would be made"},
		{[]string{"migrate", "--env-file", good}, 0, "is up to date"},
		{[]string{"migrate", "--dry-run", "--env-file", good}, 0, "is up to date"},
		{[]string{"service", "dance"}, exitUsage, "usage: flowhq service"},
		{[]string{"completion", "bash"}, 0, "flowhq"},
		{[]string{"try"}, exitUsage, "either a --tenant or a --template"},
		{[]string{"try", "--template", "barber"}, exitUsage, "there are BOOKING"},
		{[]string{"try", "--template", "booking", "--language", "fr"}, exitUsage, "there are SW and EN"},
		{[]string{"try", "--template", "booking", "--log"}, exitUsage, "--log takes"},
		{[]string{"try", "--template", "booking", "--now", "noon"}, exitUsage, "2026-03-10T09:00"},
		{[]string{"try", "--template", "booking", "--flow", "none.yaml"}, exitFailure, "cannot be read"},
		{[]string{"try", "--template", "booking", "--flow", bad}, exitFailure, bad + ":1:"},
		{[]string{"try", "--tenant", "x", "--env-file", good}, exitFailure, "The appliance is not running"},
	}
	for _, tt := range tests {
		out, bad, status := flowhqCmd(t.Context(), tt.args...)
		if status != tt.status || !strings.Contains(out+bad, tt.holds) {
			t.Errorf("flowhq %s: status %d, want %d\n%s%s", strings.Join(tt.args, " "), status, tt.status, out, bad)
		}
	}
}

func TestTryTalksAndReplays(t *testing.T) {
	t.Chdir(t.TempDir())
	root := newRoot()
	var out bytes.Buffer
	root.SetArgs([]string{"try", "--template", "BOOKING", "--language", "SW", "--now", "2026-03-10T09:00"})
	root.SetIn(strings.NewReader("facial kesho saa nne asubuhi\nAsha\nndiyo\n"))
	root.SetOut(&out)
	want := `[recorded BOOKING {"service":"Facial","date":"2026-03-11","time":"10:00","name":"Asha"}]`
	if err := root.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), want) {
		t.Errorf("%v\n%s", err, &out)
	}

	flow := bot.DefaultYAML(flowhq.TemplateBooking, flowhq.Swahili)
	write(t, "draft.yaml", strings.Replace(flow, "Tuandike kwa jina gani?", "Jina lako tafadhali?", 1))
	write(t, "said.txt", "# one chat\n2026-03-10T09:00 customer: facial kesho saa nne asubuhi\nAsha\x1b[2J\n")
	shown, bad, status := flowhqCmd(t.Context(), "try", "--template", "BOOKING", "--flow", "draft.yaml", "--replay",
		"said.txt")
	if status != 0 || !strings.Contains(shown, "draft: Jina lako tafadhali?") ||
		!strings.Contains(shown, "2 messages, 1 answered otherwise") ||
		strings.Contains(shown, "\x1b") {
		t.Errorf("%d %s\n%q", status, bad, shown)
	}
}

func TestNamesCannotSteerTheTerminal(t *testing.T) {
	var b bytes.Buffer
	err := printWorkers(&b, []localapi.WorkerView{
		{TenantID: "0198c0de-0000-7000-8000-000000000000", Name: "A\x1b[2J\u009bB\nC"}})
	if err != nil || strings.ContainsAny(b.String(), "\x1b\u009b") || !strings.Contains(b.String(), "A[2JBC") {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestPlainErrors(t *testing.T) {
	inner := &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "The database is away.",
		Cause: fmt.Errorf("dial tcp: refused")}
	for err, want := range map[error]string{
		inner: "The database is away.",
		fmt.Errorf("the database cannot be used (DATABASE_URL): %w",
			inner): "the database cannot be used (DATABASE_URL): The database is away.",
		fmt.Errorf("something"): "something",
	} {
		if got := plain(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// box is a whole installation: simulator, appliance, environment file.
type box struct {
	env, url string
	sim      *wasim.Server
}

func newBox(t *testing.T) *box {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	sim, err := wasim.New(wasim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	closeSim := sync.OnceFunc(func() { _ = sim.Close() })
	t.Cleanup(closeSim)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	key := sim.RootKey()
	b := &box{env: filepath.Join(dir, "flowhq.env"), url: fmt.Sprintf("http://127.0.0.1:%d", port), sim: sim}
	write(t, b.env, fmt.Sprintf("ADMIN_PASSWORD='a long enough "+
		"password'\nPORTAL_INTERNAL_KEY=0123456789abcdef\nDATABASE_URL=sqlite:x.db\n"+
		"PORT=%d\nRUNTIME_DIR=run\nWHATSAPP_SIMULATOR=%s\nWHATSAPP_SIMULATOR_KEY=%s\n", port, sim.Addr(),
		hex.EncodeToString(key[:])))
	src, err := config.ThisProcess(b.env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- appliance.Run(ctx, src) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the appliance ended with %v", err)
		}
	})
	b.awaitReady(t, done)
	return b
}

func (b *box) awaitReady(t *testing.T, done <-chan error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case err := <-done:
			t.Fatalf("the appliance ended: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if res, err := http.Get(b.url + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatal("the appliance does not become ready")
}

func (b *box) tenants(t *testing.T) string {
	t.Helper()
	out, bad, status := flowhqCmd(t.Context(), "ps", "--env-file", b.env)
	if status != 0 {
		t.Fatalf("ps: %d %s", status, bad)
	}
	return out
}

// TestVerify checks a good installation, one that WhatsApp cannot be reached from, and one whose check is interrupted;
// nothing is left of any.
func TestVerify(t *testing.T) {
	b := newBox(t)
	web := newWebClient(b.url, "a long enough password", "0123456789abcdef")
	for _, name := range []string{"amina", "juma"} {
		a, err := web.do(t.Context(), http.MethodPost, "/portal/users",
			map[string]string{"email": name + "@example.com", "name": name},
			func(r *http.Request) { r.Header.Set("x-portal-key", web.portalKey) })
		if err := a.read(err, "making a user", http.StatusCreated, nil); err != nil {
			t.Fatal(err)
		}
	}
	out, bad, status := flowhqCmd(t.Context(), "verify", "--env-file", b.env)
	if status != 0 || bad != "" {
		t.Fatalf("verify: %d\n%s%s", status, out, bad)
	}
	for _, line := range []string{
		"ok       health:", "ok       sign-in:", "ok       store: 3 test",
		"ok       workers: 3 run, 3 of them show a QR code",
		"ok       isolation: 3 businesses", "ok       isolation in the portal: ", "ok       reply limit: 10 replies",
		"ok       tidy up: 3 test", "All 9 checks passed.",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is missing in\n%s", line, out)
		}
	}
	if strings.Contains(b.tenants(t), testName) {
		t.Error("test businesses are left")
	}

	ctx, cancel := context.WithCancel(t.Context())
	interrupted := &interrupter{at: "ok       store", do: cancel}
	root := newRoot()
	root.SetArgs([]string{"verify", "--env-file", b.env})
	root.SetOut(interrupted)
	if code := exitCode(interrupted, root.ExecuteContext(ctx)); code != exitFailure ||
		!strings.Contains(interrupted.String(), "ok       tidy up: 3 test") {
		t.Errorf("interrupted: %d\n%s", code, interrupted)
	}
	if strings.Contains(b.tenants(t), testName) {
		t.Error("test businesses are left after an interruption")
	}

	_ = b.sim.Close()
	out, bad, status = flowhqCmd(t.Context(), "verify", "--env-file", b.env, "--patience", "1s")
	if status != 0 || !strings.Contains(out, "WhatsApp cannot be reached from here") ||
		!strings.Contains(out, "3 run, 0 of them show") {
		t.Errorf("without WhatsApp: %d\n%s%s", status, out, bad)
	}

	wrong := b.env + ".wrong"
	text, err := os.ReadFile(b.env)
	if err != nil {
		t.Fatal(err)
	}
	write(t, wrong, strings.Replace(string(text), "a long enough password", "another long password", 1))
	if out, _, status = flowhqCmd(t.Context(), "verify", "--env-file", wrong); status != exitFailure ||
		!strings.Contains(out, "failed   sign-in: signing in: ") {
		t.Errorf("with a wrong password: %d\n%s", status, out)
	}
}

// interrupter is an output that calls do once a line begins with at.
type interrupter struct {
	bytes.Buffer
	at string
	do func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), i.at) {
		i.do()
	}
	return i.Buffer.Write(p)
}

// TestControlCommands works a worker from the command line.
func TestControlCommands(t *testing.T) {
	b := newBox(t)
	if out := b.tenants(t); !strings.HasPrefix(out, "There are no businesses yet.") {
		t.Errorf("ps: %s", out)
	}
	web := newWebClient(b.url, "a long enough password", "")
	err := web.admin(t.Context(), http.MethodPost, "/admin/tenants", map[string]string{
		"name": "Salon Amina", "business_name": "Salon Amina", "phone_number": "+255712345678",
		"template_type": "BOOKING", "language": "SW",
	}, nil, http.StatusCreated)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "said.txt", "customer: habari\ncustomer: bei\n")
	steps := []struct {
		args   []string
		status int
		holds  string
	}{
		{[]string{"try", "--tenant", "salon amina"}, 0, "Salon Amina · BOOKING SW"},
		{[]string{"try", "--tenant", "salon amina", "--replay", "said.txt"}, 0,
			"1 chats, 2 messages, 0 answered otherwise"},
		{[]string{"try", "--tenant", "salon amina", "--log"}, 0, "0 chats, 0 messages"},
		{[]string{"try", "--tenant", "nobody"}, exitFailure, "No tenant has the id"},
		{[]string{"start", "salon amina"}, 0, "The worker of Salon Amina is started."},
		{[]string{"start", "salon amina"}, exitFailure, "Worker already running"},
		{[]string{"restart", "+255712345678"}, 0, "is restarted"},
		{[]string{"restart", "--force", "255712345678"}, 0, "was killed"},
		{[]string{"describe", "Salon Amina"}, 0, "worker wished: running"},
		{[]string{"describe", "Salon Amina"}, 0, "memory held by sampling, asked to restart at 90%, 256 threads"},
		{[]string{"describe", "--json", "Salon Amina"}, 0, `"session_folder"`},
		{[]string{"ps", "--json"}, 0, `"phone_number": "+255712345678"`},
		{[]string{"events", "Salon Amina"}, 0, "Worker force-restarted by the command line"},
		{[]string{"events"}, 0, "Salon Amina           running → stopping, request, pid "},
		{[]string{"events", "--limit", "0"}, exitUsage, "--limit"},
		{[]string{"logs", "-n", "50", "Salon Amina"}, 0, ""},
		{[]string{"logs", "--grep", "no such line", "Salon Amina"}, exitFailure, ""},
		{[]string{"logs", "--grep", "(", "--regexp", "Salon Amina"}, exitFailure,
			"The expression cannot be read: missing closing"},
		{[]string{"logs", "--regexp", "Salon Amina"}, exitUsage, "--grep"},
		{[]string{"logs", "--grep", "x", "--follow", "Salon Amina"}, exitUsage, "--follow"},
		{[]string{"ps"}, 0, "Salon Amina  "},
		{[]string{"top"}, 0, "1 businesses, 1 workers running; together "},
		{[]string{"top", "--sort", "memory", "salon amina"}, 0, "whatsapp  business\n"},
		{[]string{"top", "--sort", "beauty"}, exitUsage, "\"beauty\" is none of cpu, memory"},
		{[]string{"top", "nobody"}, exitFailure, "No tenant has the id"},
		{[]string{"reload"}, 0, "The settings were read afresh."},
		{[]string{"stop", "Salon Amina"}, 0, "is stopped"},
		{[]string{"stop", "Salon Amina"}, 0, "is stopped"},
		{[]string{"stop", "nobody"}, exitFailure, "No tenant has the id"},
		{[]string{"release", "Salon Amina", "+255700000009"}, exitFailure, "worker"}, // it is stopped
		{[]string{"take-over", "nobody", "+255700000009"}, exitFailure, "No tenant has the id"},
		{[]string{"release", "Salon Amina"}, exitUsage, "usage: flowhq release TENANT CHAT"},
		{[]string{"doctor"}, 0, "Flow HQ dev is running at " + b.url},
	}
	for _, s := range steps {
		out, bad, status := flowhqCmd(t.Context(), slices.Concat(s.args, []string{"--env-file", b.env})...)
		if status != s.status || !strings.Contains(out+bad, s.holds) {
			t.Errorf("flowhq %s: status %d, want %d with %q\n%s%s", strings.Join(s.args, " "), status, s.status,
				s.holds, out, bad)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

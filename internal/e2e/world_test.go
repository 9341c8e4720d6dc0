package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/storage/pgtest"
)

// programs are built once for all tests of this package.
var programs = sync.OnceValues(func() (harness.Binaries, error) {
	dir, err := os.MkdirTemp("", "flowhq-e2e-")
	if err != nil {
		return harness.Binaries{}, err
	}
	built.dir = dir
	return harness.Build(context.Background(), dir, raceEnabled)
})

var built struct{ dir string }

// atOnce is how many tests run at the same time: most of their time they wait for what a clock or a retry brings.
const atOnce = "6"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// world is a simulator with an appliance on it.
type world struct {
	*harness.Appliance
	sim *harness.Simulator
	bin harness.Binaries
}

// stores runs a test on both engines, at the same time.
func stores(t *testing.T, test func(t *testing.T, database string)) {
	for engine, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return pgtest.DSN(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, dsn(t))
		})
	}
}

// newWorld starts simulator and appliance; both are gone when the test ends, and a worker that is left then fails the
// test.
func newWorld(t *testing.T, database string, env map[string]string) *world {
	t.Helper()
	return newWorldAfter(t, database, env, nil)
}

// newWorldAfter is newWorld that does something before the appliance starts, when its settings are written already.
func newWorldAfter(t *testing.T, database string, env map[string]string,
	before func(*harness.Appliance, harness.Binaries)) *world {
	t.Helper()
	ctx := limit(t, 3*time.Minute)
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sim, err := harness.StartSimulator(bin.Wasim, filepath.Join(dir, "simulator"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Kill)
	settings := map[string]string{"HEARTBEAT_INTERVAL_MS": "1000", "RATE_LIMIT_MAX_PER_MINUTE": "600",
		"CONTACT_REPLY_MAX": "0"}
	for name, value := range env {
		settings[name] = value
	}
	a, err := harness.NewAppliance(harness.Options{
		Bin: bin.Flowhq, Dir: dir, DatabaseURL: database, Simulator: sim, Env: settings,
	})
	if err != nil {
		t.Fatal(err)
	}
	if before != nil {
		before(a, bin)
	}
	if err := a.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	w := &world{Appliance: a, sim: sim, bin: bin}
	t.Cleanup(func() {
		if err := a.Stop(40 * time.Second); err != nil {
			t.Errorf("the appliance did not end well: %v", err)
		}
		for _, race := range raceReports(dir) {
			t.Error(race)
		}
		if t.Failed() {
			t.Logf("the appliance said:\n%s", a.Output())
			logWorkers(t, dir)
		}
	})
	_ = ctx
	return w
}

// raceReports finds what the race detector wrote into the workers' logs; the appliance's own goes to its exit status.
func raceReports(dir string) []string {
	var reports []string
	files, _ := filepath.Glob(filepath.Join(dir, "logs", "*.log"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err == nil && strings.Contains(string(data), "WARNING: DATA RACE") {
			reports = append(reports, fmt.Sprintf("%s:\n%s", filepath.Base(f), data))
		}
	}
	return reports
}

func logWorkers(t *testing.T, dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, "logs", "*.log"))
	for _, f := range files {
		data, _ := os.ReadFile(f)
		if len(data) > 8<<10 {
			data = data[len(data)-8<<10:]
		}
		t.Logf("%s:\n%s", filepath.Base(f), data)
	}
}

// limit gives a context that ends after d or with the test.
func limit(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// business makes a tenant, links its phone and waits until it answers.
func (w *world) business(t *testing.T, name, number string, tpl flowhq.TemplateType,
	lang flowhq.Language) harness.Tenant {
	t.Helper()
	ctx := limit(t, 90*time.Second)
	tenant, err := w.Create(ctx, harness.NewTenant{Name: name, PhoneNumber: number, TemplateType: tpl,
		BusinessName: name, Language: lang})
	if err != nil {
		t.Fatal(err)
	}
	if tenant.Status != flowhq.TenantNew {
		t.Fatalf("a new tenant is %s", tenant.Status)
	}
	if err := w.Worker(ctx, tenant.ID, "start"); err != nil {
		t.Fatal(err)
	}
	if err := w.Link(ctx, w.sim, tenant.ID, number, name); err != nil {
		t.Fatal(err)
	}
	return tenant
}

// customer makes a customer in one of the address forms.
func (w *world) customer(t *testing.T, number, name, address string) {
	t.Helper()
	if err := w.sim.AddCustomer(limit(t, 10*time.Second), number, name, address); err != nil {
		t.Fatal(err)
	}
}

// ask sends a text and gives the answer; it must contain each of the words.
func (w *world) ask(t *testing.T, customer, number, text string, words ...string) string {
	t.Helper()
	answer, err := w.sim.Ask(limit(t, 60*time.Second), customer, number, text, 45*time.Second)
	if err != nil {
		t.Fatalf("%s asks %q: %v", customer, text, err)
	}
	for _, word := range words {
		if !strings.Contains(strings.ToLower(answer), strings.ToLower(word)) {
			t.Fatalf("the answer to %q lacks %q: %q", text, word, answer)
		}
	}
	return answer
}

var errNoCode = errors.New("the portal shows no code yet")

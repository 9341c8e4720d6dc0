package workers

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/internal/asworker"
	"flowhq/procman"
)

// TestMain lets the test program be the program of its workers: they wait to be ended.
func TestMain(m *testing.M) {
	asworker.Main(func() int {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		<-ctx.Done()
		return 0
	})
	remove, err := asworker.Link()
	if err != nil {
		panic(err)
	}
	// lumberjack ends this one with the process only
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) { remove(); os.Exit(status) }),
		goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"))
}

func TestTokens_check(t *testing.T) {
	tokens, err := newTokens(filepath.Join(t.TempDir(), "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	first, err := tokens.issue("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.check("a", first); err != nil {
		t.Error(err)
	}
	second, err := tokens.issue("a")
	if err != nil || second == first {
		t.Fatalf("%v, the same token twice: %v", err, second == first)
	}
	again, err := newTokens(tokens.dir) // the next appliance
	if err != nil {
		t.Fatal(err)
	}
	if err := again.check("a", second); err != nil {
		t.Error(err)
	}
	for tenant, token := range map[string]string{"a": first, "b": second, "../tokens/a": second, "": second} {
		if again.check(tenant, token) == nil {
			t.Errorf("token accepted for %q", tenant)
		}
	}
	info, err := os.Stat(again.path("a"))
	text, readErr := os.ReadFile(again.path("a"))
	if err != nil || readErr != nil || info.Mode().Perm() != 0o600 || strings.Contains(string(text), second) {
		t.Errorf("the kept token: %v, %q, %v", info, text, err)
	}
	again.forget("a")
	if again.check("a", second) == nil {
		t.Error("a forgotten token is accepted")
	}
}

// TestWorkerEnvironment: its environment is an allow-list.
func TestWorkerEnvironment(t *testing.T) {
	for _, name := range []string{"DATABASE_URL", "ADMIN_PASSWORD", "PORTAL_INTERNAL_KEY", "PGPASSWORD",
		"NOTIFY_SOCKET", "SOMETHING"} {
		t.Setenv(name, "secret-"+name)
	}
	t.Setenv("TZ", "UTC")
	t.Setenv("GOGC", "70")
	t.Setenv("GOMAXPROCS", "8") // the appliance's own
	c := &config.Config{AdminPassword: "secret", DatabaseURL: "secret",
		Simulator: &config.Simulator{Addr: "127.0.0.1:1", Key: "k"}, WhatsAppVersion: "2.3.4"}
	env := workerEnvironment(c, workerStart{tenantID: "t", dir: "/d", socket: "/s", token: "tok", build: "1.0/x"})
	for _, e := range env {
		if strings.Contains(e, "secret") {
			t.Errorf("a worker is told %s", e)
		}
	}
	for _, want := range []string{"FLOWHQ_TENANT_ID=t", "TZ=UTC", "WHATSAPP_SIMULATOR=127.0.0.1:1",
		"WHATSAPP_VERSION=2.3.4", "LOG_LEVEL=info", "FLOWHQ_VERSION=1.0/x", "GOGC=70", "GOMAXPROCS=1"} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing in %q", want, env)
		}
	}
}

func TestChangeOf(t *testing.T) {
	killed := &procman.Exit{Kind: procman.ExitSignal, Signal: 9}
	tests := []struct {
		name  string
		event procman.Event
		want  flowhq.ProcessChange
		told  bool
	}{
		{"started", procman.Event{Type: procman.EventState, From: procman.StateStarting, To: procman.StateRunning,
			Cause: procman.CauseRequest, Pid: 7},
			flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 7, Wanted: true, Cause: "as asked"}, true},
		{"adopted", procman.Event{Type: procman.EventState, To: procman.StateRunning, Cause: procman.CauseAdopted,
			Pid: 7},
			flowhq.ProcessChange{Kind: flowhq.ProcessAdopted, PID: 7}, true},
		{"crashed", procman.Event{Type: procman.EventExit, Cause: procman.CauseCrash, Pid: 7, Exit: killed},
			flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 7, Cause: "by itself, signal 9 (killed)"}, true},
		{"stopped", procman.Event{Type: procman.EventExit, Cause: procman.CauseRequest, Pid: 7,
			Exit: &procman.Exit{Kind: procman.ExitCode}},
			flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 7, Wanted: true, Cause: "as asked, exit code 0"},
			true},
		{"out of memory", procman.Event{Type: procman.EventExit, Cause: procman.CauseOOM, Pid: 7,
			Exit: &procman.Exit{Kind: procman.ExitSignal, Signal: 9, OOM: true}},
			flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 7, OOM: true,
				Cause: "over its memory limit, out of memory"}, true},
		{"not started", procman.Event{Type: procman.EventExit, Cause: procman.CauseStart,
			Exit: &procman.Exit{Kind: procman.ExitFailed, Error: "no such file"}},
			flowhq.ProcessChange{Kind: flowhq.ProcessFailed, Cause: "no such file"}, true},
		{"crash loop", procman.Event{Type: procman.EventState, To: procman.StateCrashLoop, Cause: procman.CauseCrash,
			Pid: 7},
			flowhq.ProcessChange{Kind: flowhq.ProcessExited, Loop: true,
				Cause: "it ended too soon after its start too often"}, true},
		{"waiting", procman.Event{Type: procman.EventState, To: procman.StateBackoff}, flowhq.ProcessChange{}, false},
	}
	for _, tt := range tests {
		tt.event.Process = "worker-t"
		got, told := changeOf(tt.event)
		tt.want.Name = "worker-t"
		if told != tt.told || (told && got != tt.want) {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, told, tt.want)
		}
	}
}

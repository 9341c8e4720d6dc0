package appliance

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flowhq/appliance/config"
)

// TestEverySettingIsReloadedOrNamed: a setting that a reload neither applies nor names would be silently ignored.
func TestEverySettingIsReloadedOrNamed(t *testing.T) {
	old := &config.Config{}
	applied := []string{"LogLevel", "Limits", "WorkerMemoryMax", "WhatsAppVersion"}
	described := []string{"File", "Installed", "Warnings"}
	fields := reflect.TypeFor[config.Config]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if slices.Contains(applied, name) || slices.Contains(described, name) {
			continue
		}
		eachLeaf(reflect.ValueOf(&config.Config{}).Elem().Field(i), nil, func(path []int) {
			now := &config.Config{}
			v := reflect.ValueOf(now).Elem().Field(i)
			for _, at := range path {
				v = v.Field(at)
			}
			change(t, v)
			if got := needRestart(old, now); len(got) != 1 {
				t.Errorf("a changed %s%v is named as %q", name, path, got)
			}
		})
	}
	if got := needRestart(old, old); len(got) != 0 {
		t.Errorf("nothing changed, and %q are named", got)
	}
}

// eachLeaf calls do with the way to each field of a group of settings, or once with none for a single one.
func eachLeaf(v reflect.Value, path []int, do func(path []int)) {
	if v.Kind() != reflect.Struct {
		do(path)
		return
	}
	for i := range v.NumField() {
		eachLeaf(v.Field(i), append(slices.Clone(path), i), do)
	}
}

func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		change(t, v.Field(0))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("changed")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.ValueOf([]string{"changed"}))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if s, ok := v.Interface().(*config.Simulator); ok {
			s.Addr = "changed"
		}
	default:
		t.Fatalf("%s is of a kind that the test does not know", v.Type())
	}
}

func verdicts(findings []Finding) map[string]Verdict {
	worst := make(map[string]Verdict)
	rank := map[Verdict]int{"": 0, OK: 1, Warning: 2, Problem: 3}
	for _, f := range findings {
		if rank[f.Verdict] > rank[worst[f.What]] {
			worst[f.What] = f.Verdict
		}
	}
	return worst
}

func TestDoctor(t *testing.T) {
	h := newHouse(t)
	simulator, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = simulator.Close() }()
	set := map[string]string{"WHATSAPP_SIMULATOR": simulator.Addr().String(),
		"WHATSAPP_SIMULATOR_KEY": strings.Repeat("ab", 32)}
	h.write(set)
	for what, v := range verdicts(Doctor(t.Context(), h.src)) {
		if v == Problem {
			t.Errorf("%s is a problem on a fresh machine", what)
		}
	}
	entries, err := os.ReadDir(h.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the doctor made %v, %v", entries, err)
	}

	taken, err := net.Listen("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if err := os.WriteFile(filepath.Join(h.dir, "logs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	set["DATABASE_URL"], set["WORKER_MEMORY_MAX"] = "postgres://u:p@127.0.0.1:1/d", "0"
	set["WHATSAPP_SIMULATOR"] = "127.0.0.1:1"
	h.write(set)
	if err := os.Chmod(h.env, 0o644); err != nil {
		t.Fatal(err)
	}
	findings := Doctor(t.Context(), h.src)
	got := verdicts(findings)
	want := map[string]Verdict{
		"port": Problem, "LOGS_PATH": Problem, "database": Problem, "simulator": Problem, "memory limit": Warning,
		"settings": Warning, "SESSIONS_PATH": OK,
	}
	for what, v := range want {
		if got[what] != v {
			t.Errorf("%s: %s, want %s", what, got[what], v)
		}
	}
	for _, f := range findings {
		if f.Message == "" || strings.Contains(f.Message, "\n") {
			t.Errorf("%s: %q is no line", f.What, f.Message)
		}
	}
	h.write(map[string]string{"LOG_LEVEL": "loud", "NODE_ENV": "test"})
	findings = Doctor(t.Context(), h.src)
	if len(findings) != 2 || !findings[0].Setting || findings[0].What != "setting NODE_ENV" {
		t.Errorf("findings %+v", findings)
	}
}

func TestControlSocket(t *testing.T) {
	h := newHouse(t)
	h.start()
	id := h.tenant("+255700000001")
	socket := filepath.Join(h.dir, "run", config.ControlSocketName)
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("control socket: %v, %v", info, err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn,
		error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}}
	defer client.CloseIdleConnections()
	ask := func(method, path string) (int, string) {
		req, err := http.NewRequest(method, "http://appliance"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	admin, local := "/admin/tenants/"+id, "/local/tenants/"+id
	calls := []struct {
		method, path string
		status       int
		holds        string
	}{
		{http.MethodGet, "/v1/status", 200, `"version"`},
		{http.MethodPost, "/v1/reload", 200, `"need_restart":null`},
		{http.MethodGet, "/local/workers", 200, id},
		{http.MethodGet, "/local/names?called=salon%20amina", 200, id},
		{http.MethodGet, "/local/names?called=" + id[:8], 200, id},
		{http.MethodGet, "/local/names?called=%2B255700000001", 200, id},
		{http.MethodGet, "/local/names?called=nobody", 404, "No tenant has"},
		{http.MethodPost, admin + "/worker/start", 200, "Worker started"},
		{http.MethodPost, admin + "/worker/start", 400, "Worker already running"},
		{http.MethodGet, "/local/workers/" + id, 200, `"session_folder"`},
		{http.MethodGet, admin + "/events", 200, "the command line"},
		{http.MethodGet, admin + "/events?limit=x", 400, "limit"},
		{http.MethodGet, "/local/process-events?limit=x", 400, "whole number"},
		{http.MethodPost, admin + "/worker/dance", 404, "different versions"},
		// of a version before
		{http.MethodGet, "/v1/workers", 404, `"message":"This command and the running appliance`},
		{http.MethodGet, "/portal/me", 404, "different versions"},
		{http.MethodPost, admin + "/worker/restart", 200, "Worker restarted"},
		{http.MethodGet, local + "/conversation", 200, `"in_force"`},
		{http.MethodPost, admin + "/worker/stop", 200, "Worker stopped"},
		{http.MethodGet, local + "/log?lines=5", 200, "stand-in for"},
		{http.MethodGet, local + "/log/search?text=stand-in", 200, "stand-in for"},
	}
	for _, c := range calls {
		if c.path == admin+"/worker/stop" { // what it logs first is to be there
			h.until("the worker logs", func() error {
				if _, body := ask(http.MethodGet, local+"/log"); !strings.Contains(body, "stand-in for") {
					return errors.New(body)
				}
				return nil
			})
		}
		if status, body := ask(c.method, c.path); status != c.status || !strings.Contains(body, c.holds) {
			t.Errorf("%s %s: %d %.300s, want %d with %q", c.method, c.path, status, body, c.status, c.holds)
		}
	}
}

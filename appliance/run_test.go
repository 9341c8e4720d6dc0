package appliance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/appliance/host"
)

// house is a whole appliance in this process, with this test program as its workers.
type house struct {
	t    *testing.T
	dir  string
	env  string
	url  string
	src  config.Source
	stop context.CancelFunc
	done chan error
	http http.Client
}

const testPassword = "a long enough password"

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	h := &house{t: t, dir: dir, env: filepath.Join(dir, "flowhq.env"), url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	h.write(map[string]string{"PORT": fmt.Sprint(port)})
	h.src = config.Source{File: h.env, Dir: dir, Environ: []string{"PATH=" + os.Getenv("PATH")}}
	t.Cleanup(func() { h.http.CloseIdleConnections() })
	return h
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// write writes the environment file: what every house has, and what is set here.
func (h *house) write(set map[string]string) {
	h.t.Helper()
	port := set["PORT"]
	if port == "" {
		port = h.url[strings.LastIndex(h.url, ":")+1:]
	}
	text := "ADMIN_PASSWORD='" + testPassword + "'\nPORTAL_INTERNAL_KEY=0123456789abcdef\n" +
		"DATABASE_URL=sqlite:flowhq.db\nPORT=" + port +
		"\nRUNTIME_DIR=run\nLOGS_PATH=logs\nSESSIONS_PATH=sessions\nHEARTBEAT_INTERVAL_MS=200\n"
	for name, value := range set {
		if name != "PORT" {
			text += name + "=" + value + "\n"
		}
	}
	if err := os.WriteFile(h.env, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// start runs the appliance until close, or until the test ends.
func (h *house) start() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h.stop, h.done = cancel, make(chan error, 1)
	go func() { h.done <- Run(ctx, h.src) }()
	h.until("the appliance is ready", func() error {
		select {
		case err := <-h.done:
			h.t.Fatalf("the appliance ended: %v", err)
		default:
		}
		res, err := h.http.Get(h.url + "/readyz")
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", res.StatusCode)
		}
		return nil
	})
	h.t.Cleanup(h.close)
}

func (h *house) close() {
	if h.stop == nil {
		return
	}
	h.stop()
	h.stop = nil
	select {
	case err := <-h.done:
		if err != nil {
			h.t.Errorf("the appliance ended with %v", err)
		}
	case <-time.After(40 * time.Second):
		h.t.Error("the appliance does not end")
	}
}

func (h *house) until(what string, check func() error) {
	h.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// ask calls the admin API and gives status and body.
func (h *house) ask(method, path string, in any, accept string) (int, string) {
	h.t.Helper()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			h.t.Fatal(err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, h.url+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	req.SetBasicAuth("admin", testPassword)
	req.Header.Set("Accept", accept)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := h.http.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func (h *house) tenant(number string) string {
	h.t.Helper()
	status, body := h.ask(http.MethodPost, "/admin/tenants", map[string]string{
		"name": "Salon Amina", "phone_number": number, "template_type": "BOOKING", "business_name": "Salon Amina",
		"language": "SW",
	}, "application/json")
	var t struct{ ID string }
	if err := json.Unmarshal([]byte(body), &t); err != nil || status != http.StatusCreated {
		h.t.Fatalf("create: %d %s", status, body)
	}
	return t.ID
}

func (h *house) process(id string) (pid int, state string) {
	h.t.Helper()
	_, body := h.ask(http.MethodGet, "/admin/tenants/"+id+"/process", nil, "application/json")
	var p struct {
		PID   *int
		State string
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		h.t.Fatalf("process: %s", body)
	}
	if p.PID != nil {
		pid = *p.PID
	}
	return pid, p.State
}

func (h *house) awaitCode(id string) {
	h.t.Helper()
	h.until("the worker shows its code", func() error {
		if _, body := h.ask(http.MethodGet, "/admin/tenants/"+id+"/qr", nil,
			"application/json"); !strings.Contains(body, "2@"+id) {
			return errors.New(body)
		}
		return nil
	})
}

func (h *house) log() string {
	text, err := os.ReadFile(filepath.Join(h.dir, "logs", host.LogName))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// TestLifeOfAnAppliance: a worker starts, shows its code, survives a kill, and ends with the appliance; the next
// appliance brings it back.
func TestLifeOfAnAppliance(t *testing.T) {
	h := newHouse(t)
	h.start()
	id := h.tenant("+255700000001")
	if status, body := h.ask(http.MethodPost, "/admin/tenants/"+id+"/worker/start", nil,
		"application/json"); status != http.StatusOK {
		t.Fatalf("start: %d %s", status, body)
	}
	h.awaitCode(id)
	first, _ := h.process(id)
	if first == 0 || !alive(first) {
		t.Fatalf("process %d", first)
	}
	if info, err := os.Stat(filepath.Join(h.dir, "sessions", id)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("session folder: %v, %v", info, err)
	}

	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	h.until("a successor", func() error {
		if pid, state := h.process(id); pid == 0 || pid == first {
			return fmt.Errorf("process %d %s", pid, state)
		}
		return nil
	})
	h.awaitCode(id)
	second, _ := h.process(id)
	h.close()
	if alive(second) {
		t.Errorf("process %d is left", second)
	}

	h.start()
	h.awaitCode(id)
	text, err := os.ReadFile(filepath.Join(h.dir, "logs", id+".log"))
	if err != nil || !strings.Contains(string(text), "stand-in for "+id) {
		t.Errorf("the worker's log: %q, %v", text, err)
	}
	if status, body := h.ask(http.MethodDelete, "/admin/tenants/"+id, nil,
		"application/json"); status != http.StatusNoContent {
		t.Errorf("delete: %d %s", status, body)
	}
	for _, left := range []string{filepath.Join("sessions", id), filepath.Join("logs", id+".log"),
		filepath.Join("run", "tokens", id)} {
		if _, err := os.Stat(filepath.Join(h.dir, left)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left after the deletion: %v", left, err)
		}
	}
}

// TestAnApplianceThatFails leaves its workers running, and the next one finds them.
func TestAnApplianceThatFails(t *testing.T) {
	h := newHouse(t)
	c, err := Settings(h.src)
	if err != nil {
		t.Fatal(err)
	}
	a := newAppliance(h.src, c)
	if err := a.make(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.run(context.Background(), nil) }()
	h.until("ready", func() error {
		res, err := h.http.Get(h.url + "/healthz")
		if err == nil {
			res.Body.Close()
		}
		return err
	})
	id := h.tenant("+255700000001")
	h.ask(http.MethodPost, "/admin/tenants/"+id+"/worker/start", nil, "application/json")
	h.awaitCode(id)
	pid, _ := h.process(id)
	h.http.CloseIdleConnections()
	if err := a.listener.Close(); err != nil { // the web server falls over
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("an appliance that fell over ended without an error")
	}
	if !alive(pid) {
		t.Fatal("the worker died with the appliance")
	}
	h.start()
	h.awaitCode(id)
	if now, _ := h.process(id); now != pid {
		t.Errorf("process %d, want the adopted %d", now, pid)
	}
	h.close()
	if alive(pid) {
		t.Errorf("process %d is left", pid)
	}
}

func TestASecondApplianceIsRefused(t *testing.T) {
	h := newHouse(t)
	h.start()
	other := *h
	err := Run(t.Context(), other.src)
	if flowhq.CodeOf(err) != flowhq.CodeConflict || !strings.Contains(err.Error(), "Another appliance is running") {
		t.Errorf("the second appliance: %v", err)
	}
	if status, _ := h.ask(http.MethodGet, "/readyz", nil, "application/json"); status != http.StatusOK {
		t.Errorf("the first one is disturbed: %d", status)
	}
}

func TestWrongConfigurationTouchesNothing(t *testing.T) {
	h := newHouse(t)
	h.write(map[string]string{"LOG_LEVEL": "loud"})
	err := Run(t.Context(), h.src)
	if _, ok := errors.AsType[config.Faults](err); !ok {
		t.Errorf("%v is no config.Faults", err)
	}
	entries, err := os.ReadDir(h.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("it made %v, %v", entries, err)
	}
}

func TestPortInUse(t *testing.T) {
	h := newHouse(t)
	l, err := net.Listen("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := Run(t.Context(), h.src); err == nil || !strings.Contains(err.Error(), "PORT") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "flowhq.db")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the database was touched")
	}
}

func TestDatabaseThatCannotBeUsed(t *testing.T) {
	h := newHouse(t)
	h.write(map[string]string{"DATABASE_URL": "sqlite:///proc/nowhere/flowhq.db"})
	if err := Run(t.Context(), h.src); err == nil || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("%v", err)
	}
}

func TestReload(t *testing.T) {
	h := newHouse(t)
	h.start()
	id := h.tenant("+255700000001")
	h.ask(http.MethodPost, "/admin/tenants/"+id+"/worker/start", nil, "application/json")
	h.awaitCode(id)
	h.write(map[string]string{"RATE_LIMIT_MAX_PER_MINUTE": "77", "LOG_LEVEL": "debug",
		"PUBLIC_URL": "https://bots.example.com"})
	h.hangUp("settings reloaded")
	if !strings.Contains(h.log(), `"names":["PUBLIC_URL"]`) {
		t.Errorf("the log does not name what needs a restart:\n%s", h.log())
	}
	h.until("the worker was told", func() error {
		text, err := os.ReadFile(filepath.Join(h.dir, "logs", id+".log"))
		if err == nil && !strings.Contains(string(text), "replies a minute: 77") {
			err = fmt.Errorf("it logged %q", text)
		}
		return err
	})
	h.write(map[string]string{"LOG_LEVEL": "loud"})
	h.hangUp("wrong setting; the old ones stay")
}

// hangUp sends SIGHUP until the log says something new: the signal is lost when the handler is not there yet.
func (h *house) hangUp(says string) {
	h.t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		h.t.Fatal(err)
	}
	h.until("the log says "+says, func() error {
		if !strings.Contains(h.log(), says) {
			return errors.New(h.log())
		}
		return nil
	})
}

func TestPagesAndJSONAtTheSameAddress(t *testing.T) {
	h := newHouse(t)
	h.start()
	id := h.tenant("+255700000001")
	for _, path := range []string{"/admin/tenants", "/admin/tenants/" + id, "/admin/setup-requests"} {
		if status, body := h.ask(http.MethodGet, path, nil, "application/json"); status != http.StatusOK ||
			!json.Valid([]byte(body)) {
			t.Errorf("%s as JSON: %d %.80s", path, status, body)
		}
		if status, body := h.ask(http.MethodGet, path, nil,
			"text/html,application/xhtml+xml,*/*;q=0.8"); status != http.StatusOK || !strings.Contains(body, "<html") {
			t.Errorf("%s as a page: %d %.80s", path, status, body)
		}
	}
	if status, body := h.ask(http.MethodGet, "/nowhere", nil, "application/json"); status != http.StatusNotFound ||
		!json.Valid([]byte(body)) {
		t.Errorf("nowhere: %d %s", status, body)
	}
	big := map[string]string{"name": strings.Repeat("x", 2<<20)}
	if status, _ := h.ask(http.MethodPost, "/admin/tenants", big,
		"application/json"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 2 MiB: %d", status)
	}
}

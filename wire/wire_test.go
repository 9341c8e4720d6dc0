package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"flowhq"
	"flowhq/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// appliance is a Handler that keeps what it is told.
type appliance struct {
	mu         sync.Mutex
	hellos     []wire.Hello
	reports    []flowhq.SessionReport
	heartbeats []wire.Heartbeat
	events     []flowhq.WorkerEvent
	gone       []string
	helloErr   error
	block      chan struct{} // when set, Events waits for it or for its ctx
}

func (a *appliance) Hello(_ context.Context, h wire.Hello) (flowhq.WorkerConfig, int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hellos = append(a.hellos, h)
	return flowhq.WorkerConfig{Revision: 7, Business: flowhq.Business{Name: "Duka"}}, 41, a.helloErr
}

func (a *appliance) Report(_ context.Context, _ string, r flowhq.SessionReport) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reports = append(a.reports, r)
	return nil
}

func (a *appliance) Heartbeat(_ context.Context, _ string, h wire.Heartbeat) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heartbeats = append(a.heartbeats, h)
	return nil
}

func (a *appliance) Events(ctx context.Context, _, _ string, ev []flowhq.WorkerEvent) (int64, error) {
	a.mu.Lock()
	block := a.block
	a.events = append(a.events, ev...)
	a.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return ev[len(ev)-1].Seq, nil
}

func (a *appliance) Gone(t string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = append(a.gone, t)
}

func (a *appliance) get(f func(a *appliance) int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return f(a)
}

// commands is a Commands that keeps what it is told; err answers everything.
type commands struct {
	mu   sync.Mutex
	said []string
	err  error
	hang bool
}

func (c *commands) say(ctx context.Context, format string, args ...any) error {
	c.mu.Lock()
	c.said = append(c.said, fmt.Sprintf(format, args...))
	err, hang := c.err, c.hang
	c.mu.Unlock()
	if hang {
		<-ctx.Done()
	}
	return err
}

func (c *commands) Configure(ctx context.Context, w flowhq.WorkerConfig) error {
	return c.say(ctx, "configure %d", w.Revision)
}
func (c *commands) Ping(ctx context.Context) (flowhq.SessionReport, error) {
	return flowhq.SessionReport{Phase: flowhq.PhaseConnected}, c.say(ctx, "ping")
}
func (c *commands) Relink(ctx context.Context) error { return c.say(ctx, "relink") }
func (c *commands) LinkCode(ctx context.Context, phone string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{Code: "ABCD-EFGH", ExpiresAt: time.Unix(1000, 0).UTC()}, c.say(ctx, "link_code %s", phone)
}
func (c *commands) Logout(ctx context.Context) error { return c.say(ctx, "logout") }
func (c *commands) Send(ctx context.Context, id, chat, text string, allowFirst bool) error {
	return c.say(ctx, "send %s %s %s", id, chat, text)
}
func (c *commands) TakeOver(ctx context.Context, chat string) error {
	return c.say(ctx, "take_over %s", chat)
}
func (c *commands) Release(ctx context.Context, chat string) error {
	return c.say(ctx, "release %s", chat)
}
func (c *commands) OptIn(ctx context.Context, chat string) error {
	return c.say(ctx, "opt_in %s", chat)
}
func (c *commands) Drain(ctx context.Context) error { return c.say(ctx, "drain") }
func (c *commands) Snapshot(ctx context.Context, path string) error {
	return c.say(ctx, "snapshot %s", path)
}

type rig struct {
	t      *testing.T
	socket string
	app    *appliance
	server *wire.Server
	stop   func()
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, socket: filepath.Join(t.TempDir(), "workers.sock"), app: &appliance{}}
	r.serve()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) serve() {
	r.t.Helper()
	r.server = wire.NewServer(wire.Config{
		Socket: r.socket, Handler: r.app, Logger: quiet(),
		Authenticate: func(tenantID, token string, pid int) error {
			if token != "token-"+tenantID || pid != os.Getpid() {
				return flowhq.Errorf(flowhq.CodeUnauthorized, "Wrong token")
			}
			return nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.server.Serve(ctx) }()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				r.t.Errorf("Serve: %v", err)
			}
		})
	}
	eventually(r.t, func() bool { _, err := os.Stat(r.socket); return err == nil })
}

// worker dials as a tenant until the test ends or stop is called.
func (r *rig) worker(tenant string, c wire.Commands, change func(*wire.ClientConfig)) (conn *wire.Conn, stop func()) {
	r.t.Helper()
	config := wire.ClientConfig{
		Socket: r.socket, Commands: c, Logger: quiet(),
		Hello: func() wire.Hello {
			return wire.Hello{TenantID: tenant, Token: "token-" + tenant, PID: os.Getpid(), Journal: "j"}
		},
	}
	if change != nil {
		change(&config)
	}
	conn = wire.Dial(config)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { conn.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	r.t.Cleanup(stop)
	return conn, stop
}

// patience is how long a test waits for what must come; only a test that fails waits so long.
const patience = 2 * time.Minute

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("did not happen within %s", patience)
		}
	}
}

func TestBothWays(t *testing.T) {
	r := newRig(t)
	c := &commands{}
	welcome := make(chan wire.Welcome, 1)
	conn, _ := r.worker("t1", c, func(cc *wire.ClientConfig) { cc.Greeted = func(w wire.Welcome) { welcome <- w } })
	w := <-welcome
	if w.Acked != 41 || w.Config.Revision != 7 || w.Config.Business.Name != "Duka" || w.Protocol != wire.Protocol {
		t.Errorf("welcome %+v", w)
	}
	eventually(t, conn.Connected)
	ctx := t.Context()
	if err := conn.Report(ctx, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"}); err != nil {
		t.Error(err)
	}
	if err := conn.Heartbeat(ctx, wire.Heartbeat{Unacked: 3, DroppedLogs: 2}); err != nil {
		t.Error(err)
	}
	acked, err := conn.Events(
		ctx, "j",
		[]flowhq.WorkerEvent{{Seq: 8, Kind: flowhq.EventNote, Note: &flowhq.TenantEventNote{Detail: "line\nbreak"}}},
	)
	if err != nil || acked != 8 {
		t.Errorf("Events: %d, %v", acked, err)
	}
	if got := r.app.events[0].Note.Detail; got != "line\nbreak" {
		t.Errorf("event came as %q", got)
	}
	if len(r.app.reports) != 1 || r.app.reports[0].QRCode != "2@x" || r.app.heartbeats[0].Unacked != 3 {
		t.Errorf("reports %+v heartbeats %+v", r.app.reports, r.app.heartbeats)
	}
	downward(t, r.server, c)
}

func downward(t *testing.T, s *wire.Server, c *commands) {
	t.Helper()
	ctx := t.Context()
	if !s.Connected("t1") || s.Connected("t2") {
		t.Error("Connected is wrong")
	}
	if report, err := s.Ping(ctx, "t1"); err != nil || report.Phase != flowhq.PhaseConnected {
		t.Errorf("Ping: %+v, %v", report, err)
	}
	code, err := s.LinkCode(ctx, "t1", "+255700000001")
	if err != nil || code.Code != "ABCD-EFGH" || !code.ExpiresAt.Equal(time.Unix(1000, 0)) {
		t.Errorf("LinkCode: %+v, %v", code, err)
	}
	calls := []error{
		s.Configure(ctx, "t1", flowhq.WorkerConfig{Revision: 9}),
		s.Relink(ctx, "t1"),
		s.Logout(ctx, "t1"),
		s.Send(
			ctx, "t1", "ID1", "+2557", "hello\nworld",
		),
		s.TakeOver(ctx, "t1", "+2557"),
		s.Release(ctx, "t1", "+2557"),
		s.OptIn(ctx, "t1", "+2557"),
		s.Drain(ctx, "t1"),
		s.Snapshot(ctx, "t1", "/x"),
	}
	if err := errors.Join(calls...); err != nil {
		t.Error(err)
	}
	want := "ping|link_code +255700000001|configure 9|relink|logout|" +
		"send ID1 +2557 hello\nworld|take_over +2557|release +2557|opt_in +2557|drain|snapshot /x"
	if got := strings.Join(c.said, "|"); got != want {
		t.Errorf("commands\n got %q\nwant %q", got, want)
	}
}

func TestErrorsKeepTheirCode(t *testing.T) {
	r := newRig(t)
	c := &commands{err: &flowhq.Error{Code: flowhq.CodeInvalid, Message: "phone: is no number",
		Fields: []flowhq.FieldError{{Field: "phone", Message: "is no number"}}, Cause: errors.New("secret inside")}}
	conn, _ := r.worker("t1", c, nil)
	eventually(t, conn.Connected)
	_, err := r.server.LinkCode(t.Context(), "t1", "x")
	var e *flowhq.Error
	if !errors.As(err, &e) || e.Code != flowhq.CodeInvalid || len(e.Fields) != 1 ||
		strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	c.mu.Lock()
	c.err = errors.New("disk on fire at /secret/path")
	c.mu.Unlock()
	if err = r.server.Logout(
		t.Context(), "t1",
	); flowhq.CodeOf(err) != flowhq.CodeInternal ||
		strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if err = r.server.Logout(t.Context(), "nobody"); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestRefused(t *testing.T) {
	r := newRig(t)
	greeted := make(chan wire.Welcome, 10)
	conn, _ := r.worker("t1", &commands{}, func(cc *wire.ClientConfig) {
		cc.Greeted = func(w wire.Welcome) { greeted <- w }
		cc.Hello = func() wire.Hello { return wire.Hello{TenantID: "t1", Token: "stolen", PID: os.Getpid()} }
	})
	raw := r.raw()
	answer := raw.ask(
		t, `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"tenant_id":"t1","token":"no"}}`,
	)
	if !strings.Contains(answer, "unauthorized") {
		t.Errorf("answer %s", answer)
	}
	raw = r.raw()
	answer = raw.ask(
		t, `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":0,"tenant_id":"t1","token":"token-t1"}}`,
	)
	if !strings.Contains(answer, "too old") {
		t.Errorf("answer %s", answer)
	}
	raw = r.raw()
	answer = raw.ask(t, `{"jsonrpc":"2.0","id":1,"method":"events","params":{"journal":"j","events":[{"seq":1}]}}`)
	if !strings.Contains(answer, "hello first") {
		t.Errorf("answer %s", answer)
	}
	if conn.Connected() || r.server.Connected("t1") || len(greeted) > 0 ||
		r.app.get(func(a *appliance) int { return len(a.hellos) + len(a.events) }) > 0 {
		t.Error("a stranger was let in")
	}
}

// raw is a connection without the client's manners.
type raw struct{ net.Conn }

func (r *rig) raw() raw {
	r.t.Helper()
	var conn net.Conn
	eventually(r.t, func() (ok bool) { // the file is there a moment before anybody listens
		var err error
		conn, err = net.Dial("unix", r.socket)
		return err == nil
	})
	r.t.Cleanup(func() { _ = conn.Close() })
	return raw{conn}
}

func (c raw) ask(t *testing.T, line string) string {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte(line + "\n")); err != nil {
		t.Fatal(err)
	}
	var answer json.RawMessage
	if err := json.NewDecoder(c).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func TestNewerConnectionReplaces(t *testing.T) {
	r := newRig(t)
	first := r.raw()
	hello := `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"tenant_id":"t1","token":"token-t1"}}`
	first.ask(t, hello)
	c := &commands{}
	conn, stop := r.worker("t1", c, nil)
	eventually(t, conn.Connected)
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the older connection was not closed")
	}
	if err := r.server.Relink(t.Context(), "t1"); err != nil || len(c.said) != 1 {
		t.Errorf("the newer connection does not answer: %v", err)
	}
	if n := r.app.get(func(a *appliance) int { return len(a.gone) }); n != 0 {
		t.Errorf("Gone was told %d times although the worker is there", n)
	}
	stop()
	eventually(t, func() bool { return r.app.get(func(a *appliance) int { return len(a.gone) }) == 1 })
	if r.server.Connected("t1") {
		t.Error("still connected")
	}
}

func TestServerComesAndGoes(t *testing.T) {
	r := newRig(t)
	var mu sync.Mutex
	greeted, lost := 0, 0
	conn, _ := r.worker("t1", &commands{}, func(cc *wire.ClientConfig) {
		cc.Greeted = func(wire.Welcome) { mu.Lock(); greeted++; mu.Unlock() }
		cc.Lost = func() { mu.Lock(); lost++; mu.Unlock() }
	})
	eventually(t, conn.Connected)
	r.stop()
	eventually(t, func() bool { return !conn.Connected() })
	if err := conn.Report(t.Context(), flowhq.SessionReport{}); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		t.Errorf("Report without an appliance: %v", err)
	}
	if _, err := os.Stat(r.socket); !errors.Is(err, os.ErrNotExist) {
		t.Error("the socket's file was left")
	}
	r.serve()
	eventually(t, conn.Connected)
	mu.Lock()
	defer mu.Unlock()
	if greeted != 2 || lost != 1 {
		t.Errorf("greeted %d times, lost %d times", greeted, lost)
	}
}

package wire_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/wire"
)

// What a worker of protocol 1 sends.
const (
	helloV1 = `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"tenant_id":"t1",` +
		`"token":"token-t1","pid":7,"version":"1.0.0","journal":"j","last_seq":41}}`
	heartbeatV1 = `{"jsonrpc":"2.0","id":2,"method":"heartbeat","params":{"report":` +
		`{"phase":"CONNECTED","since":"2026-01-05T10:00:00Z"},"unacked":3,"dropped_logs":2}}`
	eventsV1 = `{"jsonrpc":"2.0","id":3,"method":"events","params":{"journal":"j","events":[` +
		`{"seq":42,"at":"2026-01-05T10:00:00Z","kind":"note","note":{"type":"worker","detail":"hello"}}]}}`
)

// TestServer_OlderWorker: an appliance goes on with a worker of the version before.
func TestServer_OlderWorker(t *testing.T) {
	r := newRig(t)
	old := r.raw()
	var welcome struct {
		Result struct {
			Protocol int
			Acked    int64
			Config   flowhq.WorkerConfig
		}
	}
	if err := json.Unmarshal([]byte(old.ask(t, helloV1)), &welcome); err != nil {
		t.Fatal(err)
	}
	if w := welcome.Result; w.Protocol != 1 || w.Acked != 41 || w.Config.Revision != 7 {
		t.Errorf("welcome %+v", w)
	}
	if answer := old.ask(t, heartbeatV1); strings.Contains(answer, "error") {
		t.Errorf("heartbeat: %s", answer)
	}
	if answer := old.ask(t, eventsV1); !strings.Contains(answer, `"acked":42`) {
		t.Errorf("events: %s", answer)
	}
	if r.app.heartbeats[0].Unacked != 3 || r.app.events[0].Note.Detail != "hello" {
		t.Errorf("came as %+v, %+v", r.app.heartbeats, r.app.events)
	}
	answersOldWorker(t, r, old)
}

// answersOldWorker calls a worker of the version before and has it refuse.
func answersOldWorker(t *testing.T, r *rig, old raw) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- r.server.TakeOver(t.Context(), "t1", "+2557") }()
	var call struct {
		ID     json.RawMessage
		Method string
		Params struct{ Chat string }
	}
	frames := bufio.NewReader(old)
	line, err := frames.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &call)
	}
	if err != nil || call.Method != "take_over" || call.Params.Chat != "+2557" {
		t.Fatalf("the worker got %s, %v", line, err)
	}
	refusal := `{"jsonrpc":"2.0","id":` + string(
		call.ID,
	) + `,"error":` +
		`{"code":-32010,"message":"Chat not found","data":{"code":"not_found","message":"Chat not found"}}}`
	if _, err := old.Write([]byte(refusal + "\n")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; flowhq.CodeOf(err) != flowhq.CodeNotFound || !strings.Contains(err.Error(), "Chat not found") {
		t.Errorf("the refusal came as %v", err)
	}
}

// oldAppliance speaks protocol 1 to one worker after the other, line by line.
type oldAppliance struct {
	t        *testing.T
	protocol string
	methods  chan string
	answers  chan string // of the worker to a call of ours
}

func (a *oldAppliance) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	frames := bufio.NewScanner(conn)
	for frames.Scan() {
		var call struct {
			ID     json.RawMessage
			Method string
			Params struct{ Protocol int }
		}
		if err := json.Unmarshal(frames.Bytes(), &call); err != nil {
			a.t.Error(err)
			return
		}
		if call.Method == "" {
			a.answers <- frames.Text()
			continue
		}
		result := `{}`
		if call.Method == "hello" {
			result = `{"protocol":` + a.protocol + `,"acked":0,"config":{"revision":5}}`
		}
		answer := `{"jsonrpc":"2.0","id":` + string(call.ID) + `,"result":` + result + "}\n"
		if call.Method == "heartbeat" {
			answer += `{"jsonrpc":"2.0","id":"77","method":"release","params":{"chat":"+2557"}}` + "\n"
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
		a.methods <- call.Method
	}
}

func startOldAppliance(t *testing.T, protocol string) (*oldAppliance, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "workers.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	a := &oldAppliance{t: t, protocol: protocol, methods: make(chan string, 100), answers: make(chan string, 100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			a.serve(conn)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return a, socket
}

// TestConn_OlderAppliance: a worker goes on with an appliance of the version before.
func TestConn_OlderAppliance(t *testing.T) {
	a, socket := startOldAppliance(t, "1")
	c := &commands{err: flowhq.Fail(flowhq.CodeNotFound, key.PageChatTakeOver)}
	welcome := make(chan wire.Welcome, 1)
	conn := runConn(t, wire.ClientConfig{
		Socket: socket, Commands: c, Logger: quiet(), Hello: func() wire.Hello { return wire.Hello{TenantID: "t1"} },
		Greeted: func(w wire.Welcome) { welcome <- w },
	})
	if w := <-welcome; w.Protocol != 1 || w.Config.Revision != 5 {
		t.Errorf("welcome %+v", w)
	}
	eventually(t, conn.Connected)
	if err := conn.Heartbeat(t.Context(), wire.Heartbeat{}); err != nil {
		t.Error(err)
	}
	answer := <-a.answers
	if !strings.Contains(answer, `"code":"not_found"`) ||
		!strings.Contains(answer, `"message":"`+key.PageChatTakeOver+`"`) {
		t.Errorf("an appliance that knows no keys got %s", answer)
	}
}

// TestConn_UnknownAppliance: a worker does not work by what it may misunderstand.
func TestConn_UnknownAppliance(t *testing.T) {
	for _, protocol := range []string{"0", "3"} {
		a, socket := startOldAppliance(t, protocol)
		conn := runConn(t, wire.ClientConfig{
			Socket: socket, Commands: &commands{}, Logger: quiet(),
			Hello:   func() wire.Hello { return wire.Hello{TenantID: "t1"} },
			Greeted: func(w wire.Welcome) { t.Errorf("greeted by %+v", w) },
		})
		for range 2 { // it tries again: the appliance may be upgraded
			if m := <-a.methods; m != "hello" {
				t.Errorf("it said %s", m)
			}
		}
		if conn.Connected() {
			t.Errorf("connected over protocol %s", protocol)
		}
	}
}

func runConn(t *testing.T, config wire.ClientConfig) *wire.Conn {
	t.Helper()
	conn := wire.Dial(config)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { conn.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return conn
}

// TestErrorsKeepTheirText: the key and the arguments of an error cross the wire.
func TestErrorsKeepTheirText(t *testing.T) {
	r := newRig(t)
	c := &commands{err: flowhq.Fail(flowhq.CodeConflict, "worker.some.key", "count", 3)}
	conn, _ := r.worker("t1", c, nil)
	eventually(t, conn.Connected)
	err := r.server.Logout(t.Context(), "t1")
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok || e.Code != flowhq.CodeConflict || e.Text.Key != "worker.some.key" || e.Text.Args["count"] != 3.0 ||
		e.Message != "" {
		t.Errorf("got %+v", err)
	}
}

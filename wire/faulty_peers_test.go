package wire_test

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/wire"
)

func TestStaleSocketAndSecondServer(t *testing.T) {
	r := newRig(t)
	second := wire.NewServer(wire.Config{Socket: r.socket, Handler: &appliance{}, Logger: quiet()})
	if err := second.Serve(t.Context()); flowhq.CodeOf(err) != flowhq.CodeConflict {
		t.Errorf("a second server: %v", err)
	}
	info, err := os.Stat(r.socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v", info, err)
	}
	r.stop()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: r.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close() // leaves a dead socket, as kill -9 does
	r.serve()
	conn, _ := r.worker("t1", &commands{}, nil)
	eventually(t, conn.Connected)
}

func TestOneStuckWorkerHarmsNobody(t *testing.T) {
	r := newRig(t)
	stuck := r.raw() // says hello and reads nothing more
	stuck.ask(
		t,
		`{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"tenant_id":"stuck","token":"token-stuck"}}`,
	)
	hanging, _ := r.worker("hanging", &commands{hang: true}, nil)
	well, _ := r.worker("well", &commands{}, nil)
	eventually(t, func() bool { return hanging.Connected() && well.Connected() })
	ctx, cancel := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	big := flowhq.WorkerConfig{FlowYAML: strings.Repeat("x", 4<<20)} // more than a socket's buffer
	calls.Go(func() { _ = r.server.Configure(ctx, "stuck", big) })
	calls.Go(func() { _, _ = r.server.Ping(ctx, "hanging") })
	for range 50 {
		if _, err := r.server.Ping(t.Context(), "well"); err != nil {
			t.Fatal(err)
		}
		if err := well.Heartbeat(t.Context(), wire.Heartbeat{}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	_ = stuck.Close()
	calls.Wait()
}

func TestHeartbeatPassesSlowEvents(t *testing.T) {
	r := newRig(t)
	block := make(chan struct{})
	r.app.block = block
	conn, _ := r.worker("t1", &commands{}, nil)
	eventually(t, conn.Connected)
	done := make(chan error, 1)
	go func() {
		_, err := conn.Events(t.Context(), "j", []flowhq.WorkerEvent{{Seq: 1}})
		done <- err
	}()
	eventually(t, func() bool { return r.app.get(func(a *appliance) int { return len(a.events) }) == 1 })
	if err := conn.Heartbeat(t.Context(), wire.Heartbeat{}); err != nil {
		t.Errorf("heartbeat behind slow events: %v", err)
	}
	close(block)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestFloodEndsItsOwnConnection(t *testing.T) {
	r := newRig(t)
	flood := r.raw()
	_ = flood.SetDeadline(time.Now().Add(patience))
	junk := []byte(strings.Repeat("x", 1<<20))
	var err error
	for range 64 {
		if _, err = flood.Write(junk); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("64 MiB without a line's end were taken")
	}
	conn, _ := r.worker("t1", &commands{}, nil)
	eventually(t, conn.Connected)
}

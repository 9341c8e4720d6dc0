package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// serviceManager is the end of systemd that a service talks to.
func serviceManager(t *testing.T, watchdog time.Duration) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", fmt.Sprint(watchdog.Microseconds()))
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	return conn
}

// TestTheWatchdogIsFedByHealthAlone: a part that hangs, or says that it is sick, starves it.
func TestTheWatchdogIsFedByHealthAlone(t *testing.T) {
	conn := serviceManager(t, 60*time.Millisecond)
	var sick, hung atomic.Bool
	release := make(chan struct{})
	vitals := []Vital{
		{"well", func(context.Context) error { return nil }},
		{"sick", func(context.Context) error {
			if sick.Load() {
				return errors.New("it is sick")
			}
			return nil
		}},
		{"hung", func(context.Context) error {
			if hung.Load() {
				<-release
			}
			return nil
		}},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); FeedWatchdog(ctx, slog.New(slog.DiscardHandler), vitals) }()
	fed := func() bool {
		t.Helper()
		buf := make([]byte, 100)
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := conn.Read(buf)
		return err == nil && string(buf[:n]) == "WATCHDOG=1"
	}
	drain := func() {
		for range 3 { // what was sent before
			fed()
		}
	}
	if !fed() {
		t.Fatal("a healthy appliance does not feed the watchdog")
	}
	for name, fault := range map[string]*atomic.Bool{"sick": &sick, "hung": &hung} {
		fault.Store(true)
		drain()
		if fed() {
			t.Errorf("the watchdog is fed while a part is %s", name)
		}
		if name == "hung" {
			close(release)
		}
		fault.Store(false)
		if !fed() {
			t.Errorf("the watchdog is not fed again after a part was %s", name)
		}
	}
	cancel()
	<-done
}

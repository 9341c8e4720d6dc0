package appliance

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"flowhq"
	"flowhq/internal/asworker"
	"flowhq/wire"
	"flowhq/worker"
)

// TestMain lets the test program be the program of its workers.
func TestMain(m *testing.M) {
	asworker.Main(standIn)
	remove, err := asworker.Link()
	if err != nil {
		panic(err)
	}
	// lumberjack ends this one with the process only
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		remove()
		os.Exit(status)
	}), goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"))
}

// standIn is a worker that says hello, shows a code, and does what it is told by the file names in its folder.
func standIn() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c, err := worker.ConfigFromEnv(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if orders, err := os.ReadFile(filepath.Join(c.Dir, "prisoner.json")); err == nil {
		return playPrisoner(c, orders)
	}
	fmt.Println("stand-in for", c.TenantID)
	w := &standInWorker{tenant: c.TenantID}
	journal := uuid.NewString()
	conn := wire.Dial(wire.ClientConfig{
		Socket: c.Socket, Commands: w, Logger: slog.New(slog.DiscardHandler),
		Hello: func() wire.Hello {
			return wire.Hello{TenantID: c.TenantID, Token: c.Token, PID: os.Getpid(), Version: c.Version,
				Journal: journal}
		},
	})
	go func() {
		for ctx.Err() == nil {
			_ = conn.Heartbeat(ctx, wire.Heartbeat{Report: w.report()})
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	conn.Run(ctx)
	return 0
}

type standInWorker struct {
	tenant string
	wire.Commands
}

func (w *standInWorker) report() flowhq.SessionReport {
	return flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@" + w.tenant, Since: time.Now()}
}

func (w *standInWorker) Ping(context.Context) (flowhq.SessionReport, error) { return w.report(), nil }

func (w *standInWorker) Configure(_ context.Context, c flowhq.WorkerConfig) error {
	fmt.Println("replies a minute:", c.Limits.RepliesPerMinute)
	return nil
}

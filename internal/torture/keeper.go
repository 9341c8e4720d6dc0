package main

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"flowhq/internal/harness"
)

// keeper keeps the appliance running, as systemd would: one that ended is started again.
type keeper struct {
	api        *harness.API
	sessionDir func(tenant string) string

	app    *harness.Appliance // only the goroutine uses it
	pid    atomic.Int64
	up     atomic.Bool
	away   atomic.Int64 // how long the next one that ended stays away, in nanoseconds
	starts atomic.Int64
	end    context.CancelFunc
	ended  chan struct{}
	once   sync.Once
	err    error
}

func keep(app *harness.Appliance) *keeper {
	ctx, end := context.WithCancel(context.Background())
	k := &keeper{api: app.API, sessionDir: app.SessionDir, app: app, end: end, ended: make(chan struct{})}
	k.pid.Store(int64(app.PID()))
	k.up.Store(true)
	go k.run(ctx)
	return k
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.ended)
	for {
		select {
		case <-ctx.Done():
			k.err = k.app.Stop(60 * time.Second)
			return
		case <-k.app.Done():
		}
		k.up.Store(false)
		pause(ctx, time.Duration(k.away.Swap(0)))
		for ctx.Err() == nil {
			if err := k.app.Start(ctx); err == nil {
				break
			}
			k.app.Kill() // it may be there and not be ready: its database is away
			pause(ctx, 300*time.Millisecond)
		}
		k.starts.Add(1)
		k.pid.Store(int64(k.app.PID()))
		k.up.Store(ctx.Err() == nil)
	}
}

// kill ends the appliance with SIGKILL; it stays away for a while.
func (k *keeper) kill(away time.Duration) bool {
	if !k.up.Swap(false) {
		return false
	}
	k.away.Store(int64(away))
	return syscall.Kill(int(k.pid.Load()), syscall.SIGKILL) == nil
}

// stop ends the appliance in order.
func (k *keeper) stop() error {
	k.once.Do(k.end)
	<-k.ended
	return k.err
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

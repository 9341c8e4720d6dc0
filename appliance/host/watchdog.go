package host

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// TellSystemd says something to the service manager; without one it does nothing.
func TellSystemd(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("the service manager could not be told", "state", state, "error", err)
	}
}

// Vital is a part without which the appliance is of no use, and a look at it that comes back when it is well.
type Vital struct {
	Name string
	Look func(ctx context.Context) error
}

// FeedWatchdog tells the service manager that the appliance is well, as long as every vital part answers in time: one
// that hangs is started anew then, and its workers are adopted. Without a watchdog it does nothing. The database is no
// vital part: a new start brings none back, and workers go on without it.
func FeedWatchdog(ctx context.Context, log *slog.Logger, vitals []Vital) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval <= 0 {
		return
	}
	ticker := time.NewTicker(interval / 3)
	defer ticker.Stop()
	for {
		if name, err := firstSick(ctx, vitals, interval/4); err == nil {
			TellSystemd(log, daemon.SdNotifyWatchdog)
		} else if ctx.Err() == nil {
			log.Error("a vital part of the appliance does not answer", "part", name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// firstSick looks at all parts at once and gives the first that is not well, or not in time. A look that never comes
// back is left behind; the watchdog ends the process that holds it.
func firstSick(ctx context.Context, vitals []Vital, patience time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	looks := make([]chan error, len(vitals))
	for i, v := range vitals {
		looks[i] = make(chan error, 1)
		go func() { looks[i] <- v.Look(ctx) }()
	}
	for i, v := range vitals {
		select {
		case err := <-looks[i]:
			if err != nil {
				return v.Name, err
			}
		case <-ctx.Done():
			return v.Name, ctx.Err()
		}
	}
	return "", nil
}

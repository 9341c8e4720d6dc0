package appliance

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// tellSystemd says something to the service manager; without one it does nothing.
func tellSystemd(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("the service manager could not be told", "state", state, "error", err)
	}
}

// vital is a part without which the appliance is of no use, and a look at it that comes back when it is well.
type vital struct {
	name string
	look func(ctx context.Context) error
}

// feedWatchdog tells the service manager that the appliance is well, as long as every vital part answers in time: one
// that hangs is started anew then, and its workers are adopted. Without a watchdog it does nothing. The database is no
// vital part: a new start brings none back, and workers go on without it.
func feedWatchdog(ctx context.Context, log *slog.Logger, vitals []vital) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval <= 0 {
		return
	}
	ticker := time.NewTicker(interval / 3)
	defer ticker.Stop()
	for {
		if name, err := firstSick(ctx, vitals, interval/4); err == nil {
			tellSystemd(log, daemon.SdNotifyWatchdog)
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
func firstSick(ctx context.Context, vitals []vital, patience time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	looks := make([]chan error, len(vitals))
	for i, v := range vitals {
		looks[i] = make(chan error, 1)
		go func() { looks[i] <- v.look(ctx) }()
	}
	for i, v := range vitals {
		select {
		case err := <-looks[i]:
			if err != nil {
				return v.name, err
			}
		case <-ctx.Done():
			return v.name, ctx.Err()
		}
	}
	return "", nil
}

// vitals are the parts that the watchdog looks at: what people and workers talk to, and the two loops that everything
// waits for.
func (a *appliance) vitals() []vital {
	return []vital{
		{"web address", func(ctx context.Context) error { return answers(ctx, a.config.LocalURL()+"/healthz") }},
		{"main loop", a.beats},
		{"process manager", func(context.Context) error { a.manager.List(); return nil }},
		{"services", func(context.Context) error { a.services.Responds(); return nil }},
	}
}

// beats wants the main loop to take something from its queue; a reload, which is bounded, may keep it waiting.
func (a *appliance) beats(ctx context.Context) error {
	if a.reloading.Load() {
		return nil
	}
	select {
	case a.pulse <- struct{}{}:
		return nil
	case <-ctx.Done():
		if a.reloading.Load() {
			return nil
		}
		return ctx.Err()
	}
}

func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers with status %d", res.StatusCode)
	}
	return nil
}

package appliance

import (
	"context"
	"fmt"
	"net/http"

	"flowhq/appliance/host"
)

// vitals are the parts that the watchdog looks at: what people and workers talk to, and the two loops that everything
// waits for.
func (a *appliance) vitals() []host.Vital {
	return []host.Vital{
		{Name: "web address", Look: func(ctx context.Context) error {
			return answers(ctx, a.config.LocalURL()+"/healthz")
		}},
		{Name: "main loop", Look: a.beats},
		{Name: "process manager", Look: func(context.Context) error { a.manager.List(); return nil }},
		{Name: "services", Look: func(context.Context) error { a.services.Responds(); return nil }},
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

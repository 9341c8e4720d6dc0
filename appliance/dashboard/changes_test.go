package dashboard_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/appliance/dashboard"
)

func TestChanges_Subscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := dashboard.NewChanges(time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		slow := s.Subscribe(ctx)
		synctest.Wait()
		s.Announce(flowhq.ChangeTenant, "first", "")
		synctest.Wait() // the watcher holds this one and does not take it
		for i := range 1000 {
			s.Announce(flowhq.ChangeMessage, "a", fmt.Sprint(i))
			s.Announce(flowhq.ChangeSession, "b", "")
		}
		var got []flowhq.Change
		for range 3 {
			got = append(got, <-slow)
		}
		if got[0].TenantID != "first" || got[1].TenantID != "a" || got[1].ID != "999" || got[2].TenantID != "b" {
			t.Errorf("changes %+v", got)
		}
		s.Announce(flowhq.ChangeTenant, "held", "")
		synctest.Wait()
		for i := range dashboard.MaxPending + 5 {
			s.Announce(flowhq.ChangeTenant, fmt.Sprint(i), "")
		}
		<-slow
		if c := <-slow; c.Kind != flowhq.ChangeTenant || c.TenantID != "" {
			t.Errorf("a very slow watcher got %+v, want a change that names no tenant", c)
		}
		cancel()
		for range slow {
		}
		if s.Watchers() != 0 {
			t.Error("the watcher is still known")
		}
	})
}

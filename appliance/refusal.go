package appliance

import (
	"context"
	"time"

	"flowhq"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/release"
)

// refusalCheck is how often the appliance looks whether an upgrade was refused.
const refusalCheck = 15 * time.Second

// watchRefusals says on the pages when a newer version was brought and not put in force, until that is mended.
func watchRefusals(ctx context.Context, l release.Layout, alarms *dashboard.Alarms) {
	ticker := time.NewTicker(refusalCheck)
	defer ticker.Stop()
	for {
		tellRefusal(l, alarms)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func tellRefusal(l release.Layout, alarms *dashboard.Alarms) {
	r, err := l.Refused()
	if err != nil || r == nil { // an unreadable note is no reason to alarm anybody
		alarms.Clear(flowhq.AlarmUpgradeRefused, "")
		return
	}
	alarms.Raise(flowhq.AlarmUpgradeRefused, "", map[string]string{"version": r.Version})
}

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

// watchRefusals says on the pages when a newer appliance or engine was installed and refused, until that is mended.
func watchRefusals(ctx context.Context, alarms *dashboard.Alarms, layouts ...release.Layout) {
	ticker := time.NewTicker(refusalCheck)
	defer ticker.Stop()
	for {
		tellRefusal(alarms, layouts...)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func tellRefusal(alarms *dashboard.Alarms, layouts ...release.Layout) {
	for _, l := range layouts {
		if r, err := l.Refused(); err == nil && r != nil { // an unreadable note is no reason to alarm anybody
			alarms.Raise(flowhq.AlarmUpgradeRefused, "", map[string]string{"version": r.Version})
			return
		}
	}
	alarms.Clear(flowhq.AlarmUpgradeRefused, "")
}

package appliance

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/release"
)

func TestARefusedUpgradeIsAnAlarmUntilItIsMended(t *testing.T) {
	l := release.Layout{Dir: t.TempDir(), Name: "flowhq"}
	alarms := dashboard.NewAlarms(time.Now, nil)
	put := func(version string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(l.Dir, version), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(l.Dir, version, "flowhq"), []byte(version), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := l.Keep(version); err != nil {
			t.Fatal(err)
		}
	}
	put("1.0.0")
	if err := l.Switch("1.0.0"); err != nil {
		t.Fatal(err)
	}
	tellRefusal(alarms, l)
	if got := alarms.List(); len(got) != 0 {
		t.Errorf("alarms without a refusal: %+v", got)
	}
	if err := l.Refuse(release.Refusal{Version: "1.1.0", Reason: "The database is away.", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	tellRefusal(alarms, l)
	if got := alarms.List(); len(got) != 1 || got[0].Kind != flowhq.AlarmUpgradeRefused ||
		got[0].Facts["version"] != "1.1.0" {
		t.Errorf("alarms of a refusal: %+v", got)
	}
	put("1.1.0")
	if err := l.Switch("1.1.0"); err != nil {
		t.Fatal(err)
	}
	tellRefusal(alarms, l)
	if got := alarms.List(); len(got) != 0 {
		t.Errorf("alarms after it was mended: %+v", got)
	}
}

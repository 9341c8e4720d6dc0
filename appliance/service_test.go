package appliance

import (
	"strings"
	"testing"

	"flowhq/packaging"
)

func TestUnitsForAProgramThatStandsElsewhere(t *testing.T) {
	unit := unitFor(packaging.Unit, "/opt/flow hq/flowhq", "/etc/100%.env")
	for _, want := range []string{
		"\nExecStart=\"/opt/flow hq/flowhq\" serve --env-file /etc/100%%.env\n",
		"\nExecReload=\"/opt/flow hq/flowhq\" reload --env-file /etc/100%%.env\n",
		"\nUser=flowhq\n", "\nRequires=flowhq-workers.service\n", "\nWatchdogSec=60s\n",
	} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit lacks %q:\n%s", want, unit)
		}
	}
	if holder := unitFor(packaging.WorkersUnit, "/usr/local/bin/flowhq", ""); !strings.Contains(holder,
		"\nExecStart=/usr/local/bin/flowhq hold\n") {
		t.Errorf("the holder's unit:\n%s", holder)
	}
	for _, u := range []string{packaging.Unit, packaging.WorkersUnit} {
		if strings.Contains(u, "{{") {
			t.Error("a unit holds what the service library takes for a template")
		}
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"flowhq/wire"
)

func TestRun(t *testing.T) {
	for _, tc := range []struct {
		name           string
		args           []string
		status         int
		says, mentions string // on stdout, on stderr
	}{
		{"version", []string{"--version"}, 0, "flowhq-worker dev", ""},
		{"protocol", []string{"--protocol"}, 0, "1 2", ""},
		{"licence", []string{"--licence"}, 0, "GNU General Public License, version 3", ""},
		{"help", []string{"--help"}, 0, "The appliance (flowhq serve) starts it", ""},
		{"unknown", []string{"serve"}, exitUsage, "", `does not know "serve"`},
		{"too many", []string{"--help", "me"}, exitUsage, "", "--protocol"},
		{"without orders", nil, wire.ExitConfig, "", wire.EnvTenant + " is missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv(wire.EnvTenant, "")
			var out, problems bytes.Buffer
			if status := run(tc.args, &out, &problems); status != tc.status {
				t.Errorf("ends with %d, want %d", status, tc.status)
			}
			if !strings.Contains(out.String(), tc.says) || !strings.Contains(problems.String(), tc.mentions) {
				t.Errorf("says %q and complains %q", out.String(), problems.String())
			}
		})
	}
}

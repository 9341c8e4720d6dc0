// Package packaging holds the systemd units, so that the program can install the same ones where there is no package.
// The rest of this folder is what packages are made of.
//
// It may import the standard library alone.
package packaging

import _ "embed"

// Unit is flowhq.service, the appliance; WorkersUnit is flowhq-workers.service, the holder of its workers' control
// groups.
var (
	//go:embed systemd/flowhq.service
	Unit string
	//go:embed systemd/flowhq-workers.service
	WorkersUnit string
)

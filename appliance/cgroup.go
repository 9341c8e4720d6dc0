package appliance

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

const holderUnit = "flowhq-workers.service"

// workerGroups gives the delegated control group that workers are put into, "" where there is none: that of the unit
// flowhq-workers.service, which stands beside the appliance's own in their common slice.
func workerGroups() string {
	own, err := ownGroup()
	if err != nil {
		return ""
	}
	group := filepath.Join(filepath.Dir(own), holderUnit)
	if unix.Access(filepath.Join(group, "cgroup.procs"), unix.W_OK) != nil {
		return ""
	}
	return group
}

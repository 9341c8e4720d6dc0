package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// HoldWorkerSlice is the body of flowhq-workers.service: it makes the unit's control group fit to hold workers' groups,
// says that it is ready, and does nothing until it is told to end. The groups stand in a unit of their own because
// systemd could not start the appliance again otherwise, while its workers live on in its group.
func HoldWorkerSlice() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	// workers then go without, which is worse than with and better than not at all
	if err := prepareGroups(); err != nil {
		fmt.Fprintln(os.Stderr, "workers get no control groups of their own:", err)
	}
	if _, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// prepareGroups moves this process into a group below its unit's, so that the unit's may hand controllers on.
func prepareGroups() error {
	group, err := ownGroup()
	if err != nil {
		return err
	}
	leaf := filepath.Join(group, "hold")
	if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the unit's control group is not delegated: %w", err)
	}
	if err := writeGroup(leaf, "cgroup.procs", strconv.Itoa(os.Getpid())); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
	if err != nil {
		return err
	}
	offered := strings.Fields(string(text))
	for _, controller := range []string{"memory", "pids", "cpu"} {
		if !slices.Contains(offered, controller) {
			fmt.Fprintf(os.Stderr, "controller %s is not delegated; workers go without it\n", controller)
			continue
		}
		if err := writeGroup(group, "cgroup.subtree_control", "+"+controller); err != nil {
			return err
		}
	}
	return nil
}

// ownGroup gives the folder of this process's control group of version 2.
func ownGroup() (string, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	mount, err := groupMount()
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return filepath.Join(mount, path), nil
		}
	}
	return "", errNoGroups
}

var errNoGroups = errors.New("this machine has no control groups of version 2")

// groupMount is where control groups of version 2 stand: alone, or beside those of version 1.
func groupMount() (string, error) {
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var st unix.Statfs_t
		if unix.Statfs(dir, &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
			return dir, nil
		}
	}
	return "", errNoGroups
}

func writeGroup(group, file, text string) error {
	if err := os.WriteFile(filepath.Join(group, file), []byte(text), 0); err != nil {
		return fmt.Errorf("the unit's control group is not delegated: %w", err)
	}
	return nil
}

// WorkersUnit is the unit whose control group holds the workers' groups.
const WorkersUnit = "flowhq-workers.service"

// WorkerSlice gives the delegated control group that workers are put into, "" where there is none: that of the unit
// flowhq-workers.service, which stands beside the appliance's own in their common slice.
func WorkerSlice() string {
	own, err := ownGroup()
	if err != nil {
		return ""
	}
	group := filepath.Join(filepath.Dir(own), WorkersUnit)
	if unix.Access(filepath.Join(group, "cgroup.procs"), unix.W_OK) != nil {
		return ""
	}
	return group
}

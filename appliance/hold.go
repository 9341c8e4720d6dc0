package appliance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
)

// HoldGroups is the body of flowhq-workers.service: it makes the unit's control group fit to hold workers' groups, says that
// it is ready, and does nothing until it is told to end. The groups stand in a unit of their own because systemd could not
// start the appliance again otherwise, while its workers live on in its group.
func HoldGroups() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
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
	offered, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, controller := range []string{"memory", "pids", "cpu"} {
		if !strings.Contains(" "+strings.TrimSpace(string(offered))+" ", " "+controller+" ") {
			fmt.Fprintf(os.Stderr, "controller %s is not delegated; workers go without it\n", controller)
			continue
		}
		if err := writeGroup(group, "cgroup.subtree_control", "+"+controller); err != nil {
			return err
		}
	}
	if _, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func ownGroup() (string, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return filepath.Join(cgroupMount, path), nil
		}
	}
	return "", errors.New("this machine has no control groups of version 2")
}

func writeGroup(group, file, text string) error {
	if err := os.WriteFile(filepath.Join(group, file), []byte(text), 0); err != nil {
		return fmt.Errorf("the unit's control group is not delegated: %w", err)
	}
	return nil
}

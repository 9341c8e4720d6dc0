package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// machine is a Debian in user-mode Linux: a kernel of its own with control groups of version 2. Unlike a guest it runs
// one script each time it is booted, as a unit, and powers itself off.
type machine struct {
	image, share string
	work         string
}

const probeUnit = `[Unit]
After=multi-user.target dbus.service
[Service]
Type=oneshot
ExecStartPre=/bin/mount -t hostfs -o %s none /share
ExecStart=/bin/sh -c 'cd /share; bash -eu ./run.sh > /share/out.txt 2>&1; echo $? > /share/rc; sync'
ExecStopPost=/bin/systemctl poweroff --force --force
TimeoutStartSec=600
[Install]
WantedBy=graphical.target
`

// build makes a machine's disk of a suite's root file system.
func (l *lab) build(ctx context.Context, suite, share string) (*machine, error) {
	root, remove, err := l.overlay(ctx, suite, "disk-"+suite)
	if err != nil {
		return nil, err
	}
	defer remove()
	m := &machine{share: share, work: l.path("uml-" + suite)}
	m.image = filepath.Join(m.work, "disk")
	wants := filepath.Join(root, "etc/systemd/system/graphical.target.wants")
	for _, dir := range []string{m.work, wants, filepath.Join(root, "share")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(root, "etc/systemd/system/probe.service"), fmt.Appendf(nil, probeUnit, share),
		0o644); err != nil {
		return nil, err
	}
	if err := os.Symlink("../probe.service", filepath.Join(wants, "probe.service")); err != nil {
		return nil, err
	}
	getty, err := filepath.Glob(filepath.Join(root, "etc/systemd/system/getty.target.wants/*"))
	if err != nil {
		return nil, err
	}
	for _, f := range getty {
		if err := os.Remove(f); err != nil {
			return nil, err
		}
	}
	return m, command(ctx, "sh", "-c", fmt.Sprintf(
		"rm -f %[1]s && truncate -s 2G %[1]s && mkfs.ext4 -q -F -O ^has_journal -d %[2]s %[1]s", m.image, root))
}

// boot boots the machine, lets it run a script and gives what that printed.
func (m *machine) boot(ctx context.Context, script string, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, f := range []string{"out.txt", "rc"} {
		_ = os.Remove(filepath.Join(m.share, f))
	}
	if err := os.WriteFile(filepath.Join(m.share, "run.sh"), []byte(script), 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "linux.uml", "mem=1200M", "ubd0="+m.image, "root=/dev/ubda", "rw", "con=null",
		"con0=null,fd:1", "selinux=0", "quiet",
		fmt.Sprintf("umid=flowhq%d", os.Getpid()), "uml_dir="+m.work)
	// the machine's memory is a file there
	cmd.Env = append(os.Environ(), "TMPDIR=/dev/shm")
	console, bootErr := cmd.CombinedOutput()
	out, err := os.ReadFile(filepath.Join(m.share, "out.txt"))
	if err != nil {
		return "", fmt.Errorf("the machine ran nothing: %w, %w\n%s", bootErr, err, tail(string(console), 40))
	}
	rc, err := os.ReadFile(filepath.Join(m.share, "rc"))
	if err != nil || strings.TrimSpace(string(rc)) != "0" {
		return string(out), fmt.Errorf("the script ended with %q (%w)\n%s", strings.TrimSpace(string(rc)), bootErr, out)
	}
	return string(out), nil
}

func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

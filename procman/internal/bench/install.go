package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const pm2Version = "7.0.4"

// installPeers brings the peers into dir: PM2 by npm, the others as Debian
// packages that are unpacked there, so that nothing of them is started or
// configured on the machine.
func installPeers(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if _, err := exec.LookPath("npm"); err == nil {
		if err := in(ctx, dir, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir,
			"pm2@"+pm2Version); err != nil {
			return err
		}
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil
	}
	packages := []string{"supervisor", "python3-pkg-resources", "runit", "s6", "execline"}
	for _, p := range []string{"s6", "execline"} {
		libs, err := libraries(ctx, p)
		if err != nil {
			return err
		}
		packages = append(packages, libs...)
	}
	if err := in(ctx, dir, append([]string{"apt-get", "download"}, packages...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := in(ctx, dir, "dpkg", "-x", f, dir); err != nil {
			return err
		}
	}
	return nil
}

// libraries names the libraries that a package needs besides libc.
func libraries(ctx context.Context, pkg string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "apt-cache", "depends", pkg).Output()
	if err != nil {
		return nil, fmt.Errorf("dependencies of %s: %w", pkg, err)
	}
	var libs []string
	for line := range strings.Lines(string(out)) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: lib")
		if ok && name != "c6" {
			libs = append(libs, "lib"+name)
		}
	}
	return libs, nil
}

func in(ctx context.Context, dir string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, tailOf(out))
	}
	return nil
}

// found lists the managers that can be measured: procman both ways, then the peers.
func found(dir, cgroup, manager string) []peer {
	list := []peer{}
	if cgroup != "" {
		list = append(list, &ours{label: labelGroups, cgroup: cgroup, exe: manager})
	}
	list = append(list, &ours{label: labelPlain, exe: manager})
	has := func(path string) bool { _, err := os.Stat(path); return err == nil }
	if script := filepath.Join(dir, "node_modules/pm2/bin/pm2"); has(script) {
		list = append(list, &pm2{script: script})
	}
	if has(filepath.Join(dir, "usr/bin/supervisord")) {
		list = append(list, &supervisord{root: dir})
	}
	if has(filepath.Join(dir, "usr/bin/s6-svscan")) {
		list = append(list, &s6{root: dir})
	}
	if has(filepath.Join(dir, "usr/bin/runsvdir")) {
		list = append(list, &runit{root: dir})
	}
	return list
}

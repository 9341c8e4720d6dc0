package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// packages are what every guest has beyond a minimal Debian: an init system, what the proofs look with, and a database
// and a proxy that sleep until a proof wants them. psmisc and man-db serve the guides' commands.
const packages = "systemd,systemd-sysv,dbus,apt,adduser,init-system-helpers,libpam-systemd,procps,iproute2,curl," +
	"ca-certificates,kmod,xz-utils,sudo,openssl,nginx-light,postgresql"

// makeRootfs says how a root file system is made; what is kept between runs depends on it.
const makeRootfs = `set -eu
sed "s/bookworm-security/$SUITE-security/; s/^Suites: bookworm bookworm-updates/Suites: $SUITE $SUITE-updates/" \
	/etc/apt/sources.list.d/debian.sources |
mmdebstrap --quiet --variant=minbase --include="$PACKAGES" \
  --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
  --customize-hook='chroot "$1" systemctl mask nginx.service postgresql.service' \
  --customize-hook='rm -rf "$1"/usr/share/doc/*/* "$1"/usr/share/locale/* "$1"/var/lib/apt/lists/*_*' \
  --customize-hook='rm -f "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/sources.list' \
  --customize-hook='for u in systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    e2scrub_reap.service; do ln -sf /dev/null "$1/etc/systemd/system/$u"; done' \
  "$SUITE" "$OUT"`

// rootfs gives the unpacked root file system of a suite, made at the first time (about a minute) and kept by what it
// was made of.
func (l *lab) rootfs(ctx context.Context, suite string) (string, error) {
	list := packages
	sum := sha256.Sum256([]byte(list + makeRootfs))
	dir := filepath.Join(l.cache, fmt.Sprintf("%s-%s", suite, hex.EncodeToString(sum[:6])))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	old, err := filepath.Glob(filepath.Join(l.cache, suite+"-*"))
	if err != nil {
		return "", err
	}
	for _, o := range old {
		if err := os.RemoveAll(o); err != nil {
			return "", err
		}
	}
	fmt.Printf("   making a root file system of Debian %s\n", suite)
	cmd := exec.CommandContext(ctx, "sh", "-c", makeRootfs)
	cmd.Env = append(os.Environ(), "SUITE="+suite, "PACKAGES="+list, "OUT="+dir+".new")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("root file system of %s: %w\n%s", suite, err, out)
	}
	return dir, os.Rename(dir+".new", dir)
}

// overlay gives a throw-away root on top of a kept one.
func (l *lab) overlay(ctx context.Context, suite, name string) (root string, remove func(), err error) {
	lower, err := l.rootfs(ctx, suite)
	if err != nil {
		return "", nil, err
	}
	base := l.path(name)
	root = filepath.Join(base, "root")
	for _, dir := range []string{"upper", "work", "root"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o755); err != nil {
			return "", nil, err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", lower, filepath.Join(base, "upper"),
		filepath.Join(base, "work"))
	if err := command(ctx, "mount", "-t", "overlay", "overlay", "-o", options, root); err != nil {
		return "", nil, err
	}
	return root, func() { _ = exec.Command("umount", "-l", root).Run(); _ = os.RemoveAll(base) }, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Versions that are built for the proofs. All but the first are the present source under another number.
const (
	onePackage  = "0.9.0" // the last version of which appliance and workers were one program
	oldVersion  = "0.9.1"
	newVersion  = "0.9.2"
	badVersion  = "0.9.3" // cannot be run on any machine
	liarVersion = "0.9.4" // says that it is fit and changes the database, and then does not serve
	nextEngine  = "0.9.5" // of flowhq-engine alone
)

// onePackageCommit is the source of onePackage.
const onePackageCommit = "a61a67c"

// lab is where guests are made: programs and packages built once, root file systems kept between runs.
type lab struct {
	dir   string // everything of this run
	keep  bool   // leave it
	cache string
	out   string // page for the upgrade's numbers, "" for none
	self  string // this program, for what runs in guests
}

func newLab(out, dir string) (*lab, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("it makes and boots guests, which needs root")
	}
	if err := need("mmdebstrap", "systemd-nspawn", "linux.uml", "mkfs.ext4", "apt-ftparchive", "gpg", "xz",
		"nsenter"); err != nil {
		return nil, err
	}
	cache := os.Getenv("SYSTEMTEST_CACHE")
	if cache == "" {
		cache = "/var/cache/flowhq-systemtest"
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	keep := dir != ""
	if err := os.MkdirAll(dir, 0o755); keep && err != nil {
		return nil, err
	}
	if !keep {
		var err error
		if dir, err = os.MkdirTemp("", "flowhq-systemtest-"); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, keep: keep, cache: cache, out: out, self: self}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *lab) close() {
	if !l.keep {
		_ = os.RemoveAll(l.dir)
	}
}

func need(tools ...string) error {
	var missing []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing: %s. `tools/test-needs.sh system` installs them on Debian and Ubuntu",
			strings.Join(missing, ", "))
	}
	return nil
}

func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// repository gives the folder of a signed apt repository that holds these versions.
func (l *lab) repository(ctx context.Context, versions ...string) (string, error) {
	out := l.path("apt-" + strings.Join(versions, "-"))
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	debs := out + ".debs"
	if err := os.MkdirAll(debs, 0o755); err != nil {
		return "", err
	}
	for _, v := range versions {
		files, err := l.debs(ctx, v)
		if err != nil {
			return "", err
		}
		for _, deb := range files {
			if err := os.Link(deb, filepath.Join(debs, filepath.Base(deb))); err != nil {
				return "", err
			}
		}
	}
	return out, command(ctx, "packaging/apt-repo.sh", debs, out)
}

// debs builds the packages of a version, and gives their paths: two, but for versions that have one alone.
func (l *lab) debs(ctx context.Context, version string) ([]string, error) {
	switch version {
	case onePackage:
		deb, err := l.onePackage(ctx)
		return []string{deb}, err
	case nextEngine:
		deb, err := l.engine(ctx, version)
		return []string{deb}, err
	}
	deb, err := l.deb(ctx, version)
	if err != nil || version == badVersion || version == liarVersion {
		return []string{deb}, err
	}
	return []string{deb, l.path("debs", fmt.Sprintf("flowhq-engine_%s_amd64.deb", version))}, nil
}

// onePackage builds the package of the last version of which appliance and workers were one program, from its commit.
func (l *lab) onePackage(ctx context.Context) (string, error) {
	path := l.path("debs", fmt.Sprintf("flowhq_%s_amd64.deb", onePackage))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	tree := l.path("one-package")
	script := fmt.Sprintf(`set -eu
git cat-file -e %[1]s^{commit} 2>/dev/null || git fetch --quiet --unshallow || {
	echo 'the commit %[1]s is missing: this clone is shallow, and nothing could be fetched'; exit 1; }
mkdir -p %[2]s && git archive %[1]s | tar -x -C %[2]s
cd %[2]s && make --no-print-directory deb ARCHES=amd64 XZ=-0 PACKAGE_VERSION=%[3]s SOURCE_DATE_EPOCH=1770000000 \
	DIST=%[4]s`,
		onePackageCommit, tree, onePackage, filepath.Dir(path))
	return path, command(ctx, "sh", "-c", script)
}

// engine builds package flowhq-engine with a version of its own.
func (l *lab) engine(ctx context.Context, version string) (string, error) {
	dir := l.path("engine-" + version)
	path := filepath.Join(dir, fmt.Sprintf("flowhq-engine_%s_amd64.deb", version))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, command(ctx, "make", "--no-print-directory", "deb", "ARCHES=amd64", "XZ=-0",
		"PACKAGE_VERSION="+newVersion, "ENGINE_VERSION="+version, "DIST="+dir)
}

// deb builds a version's package flowhq, quickly and large, and flowhq-engine beside it.
func (l *lab) deb(ctx context.Context, version string) (string, error) {
	path := l.path("debs", fmt.Sprintf("flowhq_%s_amd64.deb", version))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if version == badVersion || version == liarVersion {
		return path, l.forge(ctx, path, version)
	}
	return path, command(ctx, "make", "--no-print-directory", "deb", "ARCHES=amd64", "XZ=-0",
		"PACKAGE_VERSION="+version, "DIST="+filepath.Dir(path))
}

// forge makes a package whose program is none that can take over: of the old version's package, with another program in
// it.
func (l *lab) forge(ctx context.Context, path, version string) error {
	from, err := l.deb(ctx, oldVersion)
	if err != nil {
		return err
	}
	program := "#!/nowhere/sh\n"
	if version == liarVersion {
		program = "#!/bin/sh\ncase \"$1\" in\nupgrade | reload | version) exec /usr/lib/flowhq/kept/" + newVersion +
			"/flowhq \"$@\" ;;\n" +
			"upgrade-check) [ \"$2\" != --outlook ] || echo '{\"schema\":1,\"wanted\":2,\"backups\":true}' " +
			";;\nserve) echo 'it does not serve' >&2; exit 1 ;;\nesac\nexit 0\n"
	}
	dir := l.path("forge-" + version)
	script := fmt.Sprintf(`set -eu
rm -rf %[1]s && dpkg-deb -R %[2]s %[1]s
mv %[1]s/usr/lib/flowhq/%[3]s %[1]s/usr/lib/flowhq/%[4]s
cat >%[1]s/usr/lib/flowhq/%[4]s/flowhq
sed -i 's/%[3]s/%[4]s/g' %[1]s/DEBIAN/control %[1]s/DEBIAN/postinst
(cd %[1]s && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
dpkg-deb -Znone --root-owner-group -b %[1]s %[5]s >/dev/null`, dir, from, oldVersion, version, path)
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Stdin = strings.NewReader(program)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("forge %s: %w\n%s", version, err, out)
	}
	return nil
}

// simulator builds the WhatsApp simulator as a program.
func (l *lab) simulator(ctx context.Context) (string, error) {
	path := l.path("wasim")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, command(ctx, "go", "build", "-ldflags", "-s -w", "-o", path, "./cmd/wasim")
}

// command runs a program whose words matter only when it fails.
func command(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

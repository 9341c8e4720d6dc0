package worker

import (
	"flowhq/wire"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Isolate confines the process for the rest of its life: other processes of its user cannot look into it, it cannot
// gain rights, and it reaches only what confine allows. The tenant's folder must exist. The note says what the kernel
// could not forbid; "" when it could forbid everything.
func Isolate(c Config, log *slog.Logger) (note string, err error) {
	harden(log)
	return confine(c)
}

// confine lets the process reach its own folder, the worker socket's folder to dial in, and what resolving names and
// checking certificates needs to read; of the network, WhatsApp's port, name servers and the simulator's.
func confine(c Config) (note string, err error) {
	abi, err := llsys.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		return "This kernel has no Landlock: the worker is kept apart from other tenants' files " +
			"by nothing but its own good manners.", nil
	}
	rules := []landlock.Rule{
		landlock.RWDirs(c.Dir),
		landlock.PathAccess(llsys.AccessFSResolveUnix, filepath.Dir(c.Socket)).IgnoreIfMissing(),
		landlock.RODirs(
			"/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
			"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/run/systemd/resolve", "/run/resolvconf",
			"/run/NetworkManager", "/proc/self", "/sys/kernel/mm/transparent_hugepage",
		).IgnoreIfMissing(),
		landlock.ROFiles("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/localtime", "/etc/services",
			"/etc/mime.types", "/dev/urandom", "/proc/sys/net/core/somaxconn").IgnoreIfMissing(),
		landlock.RWFiles("/dev/null").IgnoreIfMissing(),
		landlock.ConnectTCP(443), landlock.ConnectTCP(53),
	}
	if c.Simulator != nil {
		port, err := simulatorPort(c.Simulator.Addr)
		if err != nil {
			return "", err
		}
		rules = append(rules, landlock.ConnectTCP(port))
	}
	if err := landlock.V9.BestEffort().Restrict(rules...); err != nil {
		return "", fmt.Errorf("landlock: %w", err)
	}
	return notForbidden(abi), nil
}

// notForbidden says what a version of Landlock cannot forbid; "" when it can forbid everything.
func notForbidden(abi int) string {
	var open []string
	for _, since := range []struct {
		abi  int
		what string
	}{{4, "network ports"}, {6, "signals"}, {9, "sockets of other programs"}} {
		if abi < since.abi {
			open = append(open, since.what)
		}
	}
	if len(open) == 0 {
		return ""
	}
	return fmt.Sprintf(
		"This kernel's Landlock (version %d) keeps files and processes apart, but not %s.", abi,
		strings.Join(open, ", "),
	)
}

func simulatorPort(addr string) (uint16, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return uint16(n), err
}

// ensureDir makes the tenant's folder, closed to others.
func ensureDir(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("%s: %q is not an absolute path", wire.EnvDir, dir)
	}
	return os.MkdirAll(dir, 0o700)
}

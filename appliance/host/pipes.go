package host

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

// firstPassed is the number of the first descriptor that systemd passes (sd_listen_fds(3)).
const firstPassed = 3

// PipeStore has systemd hold the workers' pipes while no appliance is alive, so that even the last words of a worker
// that ends just then reach its log. The unit allows it (FileDescriptorStoreMax=); elsewhere there is no store.
type PipeStore struct {
	*procman.SystemdStore
	passed map[string]int // what systemd gave back at this start, by the store's names
}

var _ procman.PipeStore = (*PipeStore)(nil)

// TakePipeStore picks up what systemd kept; nil without systemd. It forgets the variables about it: they would mislead
// the next program after a hand-over in place.
func TakePipeStore(getenv func(string) string, unset func(string) error) *PipeStore {
	socket := getenv("NOTIFY_SOCKET")
	count, err := strconv.Atoi(getenv("LISTEN_FDS"))
	ours := err == nil && getenv("LISTEN_PID") == strconv.Itoa(os.Getpid())
	names := strings.Split(getenv("LISTEN_FDNAMES"), ":")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		_ = unset(name)
	}
	if socket == "" {
		return nil
	}
	s := &PipeStore{SystemdStore: procman.NewSystemdStore(socket), passed: make(map[string]int)}
	if !ours {
		return s
	}
	for i, name := range names[:min(max(count, 0), len(names))] {
		fd := firstPassed + i
		unix.CloseOnExec(fd) // no worker may inherit it
		if _, twice := s.passed[name]; twice || !strings.HasPrefix(name, procman.StoreName("")) {
			_ = unix.Close(fd)
			continue
		}
		s.passed[name] = fd
	}
	return s
}

// Keep stores a pipe, unless systemd holds just this one already: after a crash with five hundred workers that is all
// of them.
func (s *PipeStore) Keep(name string, pipe *os.File) error {
	if fd, ok := s.passed[procman.StoreName(name)]; ok && sameFile(fd, int(pipe.Fd())) {
		return nil
	}
	return s.SystemdStore.Keep(name, pipe)
}

// Done closes what systemd passed: it keeps its own, and the process manager has opened each pipe by now.
func (s *PipeStore) Done() {
	for _, fd := range s.passed {
		_ = unix.Close(fd)
	}
	clear(s.passed)
}

func sameFile(a, b int) bool {
	var sa, sb unix.Stat_t
	return unix.Fstat(a, &sa) == nil && unix.Fstat(b, &sb) == nil && sa.Dev == sb.Dev && sa.Ino == sb.Ino
}

// ForgetUnknown has systemd let go of pipes of processes that nobody knows any more.
func (s *PipeStore) ForgetUnknown(known []procman.Status) {
	for name := range s.passed {
		process := strings.TrimPrefix(name, procman.StoreName(""))
		if !slices.ContainsFunc(known, func(k procman.Status) bool { return k.Name == process }) {
			_ = s.Forget(process) // at worst an open pipe stays until the unit is stopped
		}
	}
}

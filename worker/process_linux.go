package worker

import (
	"log/slog"
	"os"

	"golang.org/x/sys/unix"
)

// harden makes the process one that others of the same user cannot look into, and that can gain no rights.
func harden(log *slog.Logger) {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		log.Warn("the process stays dumpable", "error", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		log.Warn("the process may gain rights", "error", err)
	}
}

// forget takes secrets out of the environment, for children there must never be and for crash dumps.
func forget(names ...string) {
	for _, n := range names {
		_ = os.Unsetenv(n)
	}
}

// Thrift is what Go's runtime is told in a worker's environment, where it counts from before the first package sets itself
// up: a little speed for memory, since hundreds of workers share a machine, each of them mostly idle. One processor's caches
// instead of two, no heap profile, which nobody could read from outside, and a heap that grows by a quarter before it is
// collected are worth one MiB each worker.
func Thrift() []string { return []string{"GOMAXPROCS=1", "GOGC=25", "GODEBUG=memprofilerate=0"} }

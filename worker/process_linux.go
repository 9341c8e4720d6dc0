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

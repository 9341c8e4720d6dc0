package worker

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// envRole makes the test binary play a child process instead of running tests.
const envRole = "FLOWHQ_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(envRole); role {
	case "":
		goleak.VerifyTestMain(m)
	case "worker":
		os.Exit(playWorker(true))
	case "linked":
		os.Exit(playWorker(false))
	case "prisoner":
		os.Exit(playPrisoner())
	default:
		fmt.Fprintln(os.Stderr, "no such role:", role)
		os.Exit(2)
	}
}

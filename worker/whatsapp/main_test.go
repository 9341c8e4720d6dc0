package whatsapp

import (
	"flag"
	"log/slog"
	"os"
	"testing"

	signallog "go.mau.fi/libsignal/logger"
	"go.uber.org/goleak"
)

// TestMain lets more tests run at once than there are processors, since most of them wait, and fails the run when a
// goroutine is left behind.
func TestMain(m *testing.M) {
	flag.Parse()
	// before the first simulator uses it
	var quiet signallog.Loggable = signalLogger{log: slog.New(slog.DiscardHandler)}
	signallog.Setup(&quiet)
	if err := flag.Set("test.parallel", "6"); err != nil {
		os.Exit(2)
	}
	goleak.VerifyTestMain(m)
}

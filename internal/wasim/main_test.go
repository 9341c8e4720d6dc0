package wasim_test

import (
	"os"
	"testing"

	signalLog "go.mau.fi/libsignal/logger"
	"go.uber.org/goleak"
)

// TestMain silences libsignal, which prints to stdout by itself, and fails the run when a goroutine is left behind.
func TestMain(m *testing.M) {
	var quiet signalLog.Loggable = noLog{}
	signalLog.Setup(&quiet)
	if dir := os.Getenv(benchServer); dir != "" {
		serveBench(dir)
		return
	}
	goleak.VerifyTestMain(m,
		// A whatsmeow client that disconnects while a frame comes in leaves its read loop behind, blocked on a channel.
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow/socket.(*FrameSocket).frameComplete"),
		// Its history loop ends a minute after the last history.
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow.(*Client).handleHistorySyncNotificationLoop"),
	)
}

type noLog struct{}

func (noLog) Debug(_, _ string)   {}
func (noLog) Info(_, _ string)    {}
func (noLog) Warning(_, _ string) {}
func (noLog) Error(_, _ string)   {}
func (noLog) Configure(string)    {}

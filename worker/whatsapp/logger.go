package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// levelTrace is below debug: the product's LOG_LEVEL=trace.
const levelTrace = slog.LevelDebug - 4

// logger passes what whatsmeow logs to slog, one level lower: most of its warnings are normal on WhatsApp, and this
// package logs what matters itself. Stanzas are never written out: they may hold texts and keys.
//
// It is also a hook. whatsmeow logs every stanza that comes and goes, and has no other hook for that: received and sent
// are called with each of them, in order.
type logger struct {
	log      *slog.Logger
	quiet    *atomic.Bool // set: whatsmeow's last goroutines only tell of an end that is known; nil: never
	received func(*waBinary.Node)
	sent     func(*waBinary.Node)
	onStanza func(*waBinary.Node) // the one that is for this part of whatsmeow
}

var _ waLog.Logger = (*logger)(nil)

func newLogger(log *slog.Logger, quiet *atomic.Bool, received, sent func(*waBinary.Node)) *logger {
	return &logger{log: log, quiet: quiet, received: received, sent: sent}
}

// Sub gives the logger of a part of whatsmeow. The parts Recv and Send log the stanzas.
func (l *logger) Sub(module string) waLog.Logger {
	sub := *l
	switch module {
	case "Recv":
		sub.onStanza = l.received
	case "Send":
		sub.onStanza = l.sent
	}
	sub.log = l.log.With("part", strings.ToLower(module))
	return &sub
}

func (l *logger) Errorf(format string, args ...any) { l.write(slog.LevelWarn, format, args) }
func (l *logger) Warnf(format string, args ...any)  { l.write(slog.LevelInfo, format, args) }
func (l *logger) Infof(format string, args ...any)  { l.write(slog.LevelDebug, format, args) }

func (l *logger) Debugf(format string, args ...any) {
	if l.onStanza != nil && len(args) == 1 {
		if node, ok := args[0].(*waBinary.Node); ok {
			l.onStanza(node)
		}
	}
	if strings.Contains(format, "frame hex") {
		return // a whole stanza in clear
	}
	l.write(levelTrace, format, args)
}

func (l *logger) write(level slog.Level, format string, args []any) {
	if l.quiet != nil && l.quiet.Load() || !l.log.Enabled(context.Background(), level) {
		return
	}
	safe := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case *waBinary.Node:
			safe[i] = outline(v)
		case waBinary.Node:
			safe[i] = outline(&v)
		case error:
			if errors.Is(v, errNotKept) {
				return
			}
			safe[i] = a
		default:
			safe[i] = a
		}
	}
	l.log.Log(context.Background(), level, fmt.Sprintf(format, safe...))
}

// outline gives a stanza's name and attributes without its content.
func outline(n *waBinary.Node) string {
	if n == nil {
		return "<>"
	}
	var b strings.Builder
	b.WriteString("<" + n.Tag)
	for _, name := range []string{"id", "type", "class", "code", "reason", "error", "from", "to"} {
		switch v := n.Attrs[name].(type) {
		case nil:
		case types.JID, string, int, int64:
			fmt.Fprintf(&b, " %s=%v", name, v)
		}
	}
	b.WriteString(">")
	return b.String()
}

// signalLogger takes what libsignal would print to stdout. Its debug messages hold sessions and keys: they are dropped.
type signalLogger struct{ log *slog.Logger }

func (s signalLogger) Debug(string, string)       {}
func (s signalLogger) Info(caller, msg string)    { s.log.Debug(msg, "at", caller) }
func (s signalLogger) Warning(caller, msg string) { s.log.Debug(msg, "at", caller) }
func (s signalLogger) Error(caller, msg string)   { s.log.Debug(msg, "at", caller) }
func (s signalLogger) Configure(string)           {}

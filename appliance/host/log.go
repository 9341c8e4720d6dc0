package host

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/mattn/go-isatty"
	"gopkg.in/natefinch/lumberjack.v2"

	"flowhq/appliance/config"
)

// The appliance's own log: rotated at 10 MiB, five old ones kept, compressed.
const (
	LogName       = "control-plane.log"
	logMegabytes  = 10
	logBackups    = 5
	logFolderMode = 0o750
)

// Log is the appliance's log: JSON in a rotated file and, for whoever started the program, on stderr.
type Log struct {
	*slog.Logger
	Level *slog.LevelVar
	file  io.Closer
}

// OpenLog opens the log in c's folder of logs, and on stderr.
func OpenLog(c *config.Config, stderr *os.File) (*Log, error) {
	if err := os.MkdirAll(c.LogsPath, logFolderMode); err != nil {
		return nil, err
	}
	file := &lumberjack.Logger{
		Filename: filepath.Join(c.LogsPath, LogName), MaxSize: logMegabytes, MaxBackups: logBackups, Compress: true,
	}
	l := &Log{Level: new(slog.LevelVar), file: file}
	l.Level.Set(c.LogLevel)
	options := &slog.HandlerOptions{Level: l.Level, ReplaceAttr: nameLevel}
	var screen slog.Handler = slog.NewJSONHandler(stderr, options)
	if isatty.IsTerminal(stderr.Fd()) {
		screen = slog.NewTextHandler(stderr, options)
	}
	l.Logger = slog.New(both{slog.NewJSONHandler(file, options), screen})
	return l, nil
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }

// nameLevel writes levels under the names that LOG_LEVEL has for them.
func nameLevel(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.LevelKey {
		if l, ok := a.Value.Any().(slog.Level); ok {
			return slog.String(slog.LevelKey, config.LevelName(l))
		}
	}
	return a
}

// both writes each record to two handlers; one that fails does not keep it from the other.
type both [2]slog.Handler

func (b both) Enabled(ctx context.Context, l slog.Level) bool {
	return b[0].Enabled(ctx, l) || b[1].Enabled(ctx, l)
}

func (b both) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(b[0].Handle(ctx, r.Clone()), b[1].Handle(ctx, r.Clone()))
}

func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(attrs), b[1].WithAttrs(attrs)}
}

func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}

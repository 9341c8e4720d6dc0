package worker

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Bounds of what waits to be written to the log.
const (
	logLines = 2000
	logBytes = 512 << 10
)

// logBuffer stands between the worker and its output, so that a reader that stalls costs log lines and never an answer.
// Dropped lines are counted, and the log says how many there were as soon as it moves again.
type logBuffer struct {
	out io.Writer

	mu      sync.Mutex
	lines   [][]byte
	size    int
	lost    int64 // since the last line that was written
	closed  bool
	more    sync.Cond
	dropped atomic.Int64
	ended   chan struct{}
}

func newLogBuffer(out io.Writer) *logBuffer {
	b := &logBuffer{out: out, ended: make(chan struct{})}
	b.more.L = &b.mu
	go b.run()
	return b
}

// logger writes JSON lines through the buffer.
func (b *logBuffer) logger(level slog.Leveler, tenant string) *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: level})).With("tenant", tenant)
}

// Write takes one line; it never blocks and never fails.
func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.lines) >= logLines || b.size+len(line) > logBytes {
		b.lost++
		b.dropped.Add(1)
		return len(line), nil
	}
	b.lines = append(b.lines, append([]byte(nil), line...))
	b.size += len(line)
	b.more.Signal()
	return len(line), nil
}

func (b *logBuffer) run() {
	defer close(b.ended)
	for {
		b.mu.Lock()
		for len(b.lines) == 0 && !b.closed {
			b.more.Wait()
		}
		lines, lost := b.lines, b.lost
		b.lines, b.size, b.lost = nil, 0, 0
		b.mu.Unlock()
		if len(lines) == 0 && lost == 0 {
			return
		}
		for _, l := range lines {
			_, _ = b.out.Write(l)
		}
		if lost > 0 {
			_, _ = fmt.Fprintf(
				b.out, `{"level":"WARN","msg":"log lines were dropped because nobody read them","lines":%d}`+"\n", lost,
			)
		}
	}
}

// close writes what waits and ends; it does not wait for a reader that stalls.
func (b *logBuffer) close(wait <-chan struct{}) {
	b.mu.Lock()
	b.closed = true
	b.more.Signal()
	b.mu.Unlock()
	select {
	case <-b.ended:
	case <-wait:
	}
}

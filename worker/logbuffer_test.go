package worker

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// gate is a reader of the log that stalls until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Buffer.Write(p)
}

func TestStalledLogCostsLinesNotTime(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	b := newLogBuffer(g)
	log := b.logger(slog.LevelInfo, "t1")
	const lines = 3 * logLines
	for i := range lines {
		log.Info("line", "n", i)
	}
	dropped := b.dropped.Load()
	if dropped == 0 {
		t.Error("nothing was dropped, so the buffer has no bound")
	}
	close(g.open)
	b.close(make(chan struct{}))
	all := strings.Split(strings.TrimSpace(g.String()), "\n")
	written := 0
	said := int64(0)
	for _, l := range all {
		var line struct {
			Msg    string
			Tenant string
			Lines  int64
		}
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		if line.Msg == "line" && line.Tenant == "t1" {
			written++
		}
		said += line.Lines
	}
	if int64(written)+dropped != lines || said != dropped {
		t.Errorf("%d written, %d dropped, %d said to be dropped, of %d", written, dropped, said, lines)
	}
}

func TestClosingDoesNotWaitForAStalledReader(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	b := newLogBuffer(g)
	b.logger(slog.LevelInfo, "t1").Info("x")
	patience := make(chan struct{})
	close(patience)
	b.close(patience)
	close(g.open)
	<-b.ended
}

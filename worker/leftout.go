package worker

import (
	"maps"
	"sync"

	"flowhq"
)

// leftOut counts messages that are no business of a bot, by where they were written. Nothing of them is kept, so that the
// counts are all that tells of them; they begin anew with the process.
type leftOut struct {
	mu    sync.Mutex
	count map[flowhq.IgnoredSource]int64
}

func (l *leftOut) add(where flowhq.IgnoredSource) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == nil {
		l.count = make(map[flowhq.IgnoredSource]int64)
	}
	l.count[where]++
}

func (l *leftOut) counts() map[flowhq.IgnoredSource]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.count)
}

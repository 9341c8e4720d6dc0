package worker

import (
	"maps"
	"sync"

	"flowhq"
)

// ignoredCounts counts messages that are not meant for a bot, by where they were written. Nothing else of them is kept;
// the counts begin anew with the process.
type ignoredCounts struct {
	mu    sync.Mutex
	count map[flowhq.IgnoredSource]int64
}

func (l *ignoredCounts) add(where flowhq.IgnoredSource) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == nil {
		l.count = make(map[flowhq.IgnoredSource]int64)
	}
	l.count[where]++
}

func (l *ignoredCounts) counts() map[flowhq.IgnoredSource]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.count)
}

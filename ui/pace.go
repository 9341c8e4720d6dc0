package ui

import (
	"sync"
	"time"
)

// pace counts how often something was asked for by whom, in windows of time. It is for pages that are open to
// everybody. What it remembers is bounded: when it is full, it forgets those whose window is over, and then everybody.
type pace struct {
	mu   sync.Mutex
	seen map[string]window
}

type window struct {
	ends  time.Time
	count int
}

// maxPaced is how many keys are remembered.
const maxPaced = 10_000

// allow counts one more and tells whether it is within the limit.
func (p *pace) allow(key string, limit int, span time.Duration, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.seen[key]
	if !now.Before(w.ends) {
		w = window{ends: now.Add(span)}
	}
	w.count++
	p.put(key, w, now)
	return w.count <= limit
}

// full tells whether a key has reached its limit, without counting.
func (p *pace) full(key string, limit int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.seen[key]
	return now.Before(w.ends) && w.count >= limit
}

func (p *pace) put(key string, w window, now time.Time) {
	if _, known := p.seen[key]; !known && len(p.seen) >= maxPaced {
		for k, old := range p.seen {
			if !now.Before(old.ends) {
				delete(p.seen, k)
			}
		}
		if len(p.seen) >= maxPaced {
			clear(p.seen)
		}
	}
	if p.seen == nil {
		p.seen = make(map[string]window)
	}
	p.seen[key] = w
}

package whatsapp

import (
	"sync"
	"time"
)

// acks remembers sends whose acknowledgement did not come in time, and the acknowledgement when it does come: repeating
// such a send is then not needed.
type acks struct {
	mu     sync.Mutex
	missed map[string]time.Time // the zero time until it comes
	order  []string
}

// maxMissed bounds what is remembered; older ones are simply sent again.
const maxMissed = 256

func (a *acks) miss(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.missed == nil {
		a.missed = map[string]time.Time{}
	}
	if _, ok := a.missed[id]; ok {
		return
	}
	if len(a.order) >= maxMissed {
		delete(a.missed, a.order[0])
		a.order = a.order[1:]
	}
	a.missed[id] = time.Time{}
	a.order = append(a.order, id)
}

func (a *acks) came(id string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.missed[id]; ok {
		a.missed[id] = at
	}
}

func (a *acks) known(id string) (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.missed[id]
	return at, !at.IsZero()
}

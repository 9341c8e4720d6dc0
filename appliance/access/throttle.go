package access

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How guessing is slowed down: an address has a few free failures; after them each further attempt must wait for its
// turn, and the turns come the more slowly the longer it goes on. An attempt whose turn is further away than maxWait is
// refused unheard.
const (
	freeFailures = 5
	forgiveAfter = time.Hour
	maxWait      = 3 * time.Second
	maxWaiting   = 4    // attempts of one address that wait at once
	maxAddresses = 4096 // remembered; the one unheard of for longest is forgotten first
)

// turnEvery is the pace at which an address that failed so often may try again.
func turnEvery(failures int) time.Duration {
	switch {
	case failures < 20:
		return time.Second
	case failures < 50:
		return 10 * time.Second
	default:
		return time.Minute
	}
}

// throttle remembers the addresses that tried.
type throttle struct {
	mu     sync.Mutex
	recent *list.List // of *guesser, latest in front
	byAddr map[netip.Prefix]*list.Element
}

// guesser is one address and what it has tried.
type guesser struct {
	addr netip.Prefix

	mu       sync.Mutex
	turns    *rate.Limiter
	failures int
	last     time.Time
	waiting  int
}

func newThrottle() *throttle {
	return &throttle{recent: list.New(), byAddr: map[netip.Prefix]*list.Element{}}
}

// block is what counts as one address: an IPv4 address, an IPv6 network of 64 bits (which one customer of a provider
// has).
func block(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// of gives the guesser of an address, made when there is none.
func (t *throttle) of(a netip.Addr) *guesser {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := block(a)
	if e, ok := t.byAddr[key]; ok {
		t.recent.MoveToFront(e)
		return e.Value.(*guesser)
	}
	g := &guesser{addr: key, turns: rate.NewLimiter(rate.Every(turnEvery(0)), freeFailures)}
	t.byAddr[key] = t.recent.PushFront(g)
	if t.recent.Len() > maxAddresses {
		oldest := t.recent.Back()
		t.recent.Remove(oldest)
		delete(t.byAddr, oldest.Value.(*guesser).addr)
	}
	return g
}

// attempt judges one attempt at now. check is called only when it is this address's turn, and under its lock: however
// many attempts come at once, none is heard beyond the turns there are. wait is positive when it was not heard.
func (g *guesser) attempt(now time.Time, check func() bool) (ok bool, failures int, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.last) > forgiveAfter {
		g.failures = 0
		g.turns.SetLimitAt(now, rate.Every(turnEvery(0)))
	}
	if tokens := g.turns.TokensAt(now); tokens < 1 {
		missing := (1 - tokens) / float64(g.turns.Limit())
		return false, g.failures, time.Duration(missing*float64(time.Second)) + time.Millisecond
	}
	if check() {
		g.failures = 0
		g.turns = rate.NewLimiter(rate.Every(turnEvery(0)), freeFailures)
		return true, 0, 0
	}
	g.turns.AllowN(now, 1)
	g.failures++
	g.last = now
	g.turns.SetLimitAt(now, rate.Every(turnEvery(g.failures)))
	return false, g.failures, 0
}

// queue takes a place among the waiting attempts; false when there is none left.
func (g *guesser) queue() (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting >= maxWaiting {
		return nil, false
	}
	g.waiting++
	return func() { g.mu.Lock(); g.waiting--; g.mu.Unlock() }, true
}

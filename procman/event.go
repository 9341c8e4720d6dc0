package procman

import (
	"sync"
	"time"
)

// EventType says what happened.
type EventType string

// The types of event.
const (
	EventState   EventType = "state"   // the state changed from From to To
	EventExit    EventType = "exit"    // its main process ended; Exit says how
	EventAdded   EventType = "added"   // a spec was added
	EventChanged EventType = "changed" // a spec was changed; Detail names the fields
	EventRemoved EventType = "removed"
	EventSignal  EventType = "signal" // a signal was sent on request
	EventMemory  EventType = "memory" // the limit was touched or passed; Detail says how it was seen
	EventStray   EventType = "stray"  // processes of an earlier run were found and killed
	EventOutput  EventType = "output" // output is discarded, or written again
	EventWarning EventType = "warning"
)

// Event is one change of one process.
type Event struct {
	// Seq numbers the manager's events from 1 without gaps; a subscriber that sees
	// a gap missed events.
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	Type    EventType `json:"type"`
	From    State     `json:"from,omitempty"`
	To      State     `json:"to,omitempty"`
	Cause   Cause     `json:"cause,omitempty"`
	Pid     int       `json:"pid,omitempty"`
	Exit    *Exit     `json:"exit,omitempty"`
	Detail  string    `json:"detail,omitempty"`
}

// Subscription receives events on C until it is closed. The manager never waits
// for a subscriber: one that is too slow misses events, and a gap in Event.Seq
// shows it.
type Subscription struct {
	// C is closed by Close and when the manager ends.
	C <-chan Event

	c      chan Event
	bus    *bus
	mu     sync.Mutex
	closed bool
}

// Close ends the subscription; it may be called more than once.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	delete(s.bus.subs, s)
	s.bus.mu.Unlock()
	s.end()
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.c)
	}
}

func (s *Subscription) offer(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	select {
	case s.c <- e:
	default: // missed
	}
}

// bus numbers events, keeps the latest and delivers them to the subscribers.
type bus struct {
	mu   sync.Mutex
	seq  uint64
	kept []Event
	keep int
	subs map[*Subscription]struct{}
}

func newBus(keep int) *bus {
	return &bus{keep: keep, subs: make(map[*Subscription]struct{})}
}

func (b *bus) publish(e Event) Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	e.Seq = b.seq
	b.kept = appendBounded(b.kept, e, b.keep)
	for s := range b.subs {
		s.offer(e)
	}
	return e
}

func (b *bus) subscribe(buffer int) *Subscription {
	c := make(chan Event, max(buffer, 1))
	s := &Subscription{C: c, c: c, bus: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		s.end()
		return s
	}
	b.subs[s] = struct{}{}
	return s
}

// since returns the kept events with a number above seq, oldest first.
func (b *bus) since(seq uint64) []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, e := range b.kept {
		if e.Seq > seq {
			return append([]Event(nil), b.kept[i:]...)
		}
	}
	return nil
}

func (b *bus) close() {
	b.mu.Lock()
	subs := b.subs
	b.subs = nil
	b.mu.Unlock()
	for s := range subs {
		s.end()
	}
}

// appendBounded keeps at least the newest keep events. It moves them to the front
// only when twice as many are there, once in keep calls.
func appendBounded(list []Event, e Event, keep int) []Event {
	if len(list) >= 2*keep {
		n := copy(list, list[len(list)-keep+1:])
		clear(list[n:])
		list = list[:n]
	}
	return append(list, e)
}

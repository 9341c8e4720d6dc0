package wasim

import (
	"net"
	"strconv"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// faults are the disturbances that last. Their keys are numbers (digits); the empty one means all accounts.
type faults struct {
	srv *Server

	mu       sync.Mutex
	frozen   map[string]time.Time // until when nothing is answered
	held     map[string]time.Time // until when message acknowledgements are kept back
	slow     map[string]time.Duration
	slowSet  int // counts the changes of slow
	refuse   map[string]*refusal
	ackFails map[string]*ackFailure
	bans     map[string]ban
	outage   time.Time
	changed  chan struct{} // closed and replaced at each change
}

// refusal is what the next logins get. The key of refuse for connections that want to pair is pairingKey.
type refusal struct {
	node waBinary.Node
	left int
}

// ackFailure is the code that messages are refused with: so many of them, or all until a time.
type ackFailure struct {
	code, left int
	until      time.Time
}

const pairingKey = "pairing"

func newFaults(s *Server) *faults {
	f := &faults{srv: s, changed: make(chan struct{})}
	f.reset()
	return f
}

// reset ends everything that is going on.
func (f *faults) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frozen, f.held, f.slow = map[string]time.Time{}, map[string]time.Time{}, map[string]time.Duration{}
	f.refuse, f.ackFails, f.outage = map[string]*refusal{}, map[string]*ackFailure{}, time.Time{}
	f.bans = map[string]ban{}
	f.slowSet++
	f.notify()
}

func (f *faults) notify() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.notify()
}

// waitUntil blocks until the time that until gives has come, or stop is closed.
func (f *faults) waitUntil(until func() time.Time, stop <-chan struct{}) {
	for {
		f.mu.Lock()
		left, changed := time.Until(until()), f.changed
		f.mu.Unlock()
		if left <= 0 {
			return
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-stop:
		case <-f.srv.done:
		}
		timer.Stop()
		select {
		case <-stop:
			return
		case <-f.srv.done:
			return
		default:
		}
	}
}

func later(m map[string]time.Time, number string) time.Time {
	if own, all := m[number], m[""]; own.After(all) {
		return own
	}
	return m[""]
}

// waitThaw blocks while the number's connections are frozen.
func (f *faults) waitThaw(number string, stop <-chan struct{}) {
	f.waitUntil(func() time.Time { return later(f.frozen, number) }, stop)
}

// waitHeld blocks while the number's acknowledgements are kept back.
func (f *faults) waitHeld(number string, stop <-chan struct{}) {
	f.waitUntil(func() time.Time { return later(f.held, number) }, stop)
}

func (f *faults) holding(number string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Before(later(f.held, number))
}

// slowness is how late stanzas to the number are; set is for waitSlow.
func (f *faults) slowness(number string) (late time.Duration, set int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.slow[number], f.slow[""]), f.slowSet
}

// waitSlow blocks until due, or until slow is changed: what waits then goes out at once.
func (f *faults) waitSlow(due time.Time, set int, stop <-chan struct{}) {
	f.waitUntil(func() time.Time {
		if f.slowSet != set {
			return time.Time{}
		}
		return due
	}, stop)
}

// refusal returns what a login of the number gets instead of success; nil lets it in.
func (f *faults) refusal(number string) *waBinary.Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, left := f.bans[number], f.bans[number].until.Sub(f.srv.cfg.Now()); left > 0 {
		f.srv.stats.banned.Add(1)
		node := refusalNode(Fault{Code: 402, BanCode: b.code, Expire: int((left + time.Second - 1) / time.Second)})
		return &node
	}
	r := f.refuse[number]
	if r == nil {
		return nil
	}
	if r.left--; r.left <= 0 {
		delete(f.refuse, number)
	}
	return &r.node
}

func (f *faults) pairingRefusal() *waBinary.Node { return f.refusal(pairingKey) }

// ackError returns the error code that a message of the number is acknowledged with; 0 is none. answer tells that the
// message would pass a restriction.
func (f *faults) ackError(number string, answer bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range []string{number, ""} {
		a := f.ackFails[key]
		if a == nil {
			continue
		}
		if !a.until.IsZero() {
			if !f.srv.cfg.Now().Before(a.until) {
				delete(f.ackFails, key)
			} else if !answer {
				return a.code
			}
			continue
		}
		if a.left--; a.left <= 0 {
			delete(f.ackFails, key)
		}
		return a.code
	}
	return 0
}

func (f *faults) away() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Before(f.outage)
}

// outageListener resets connections that come in during an outage. The port stays taken meanwhile, so that
// nothing else on the machine can get it.
type outageListener struct {
	net.Listener
	faults *faults
}

func (l *outageListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || !l.faults.away() {
			return c, err
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

// Outage makes the whole server unreachable for a while: connections end and new ones are reset. What customers send
// meanwhile is delivered afterwards, as offline messages.
func (s *Server) Outage(d time.Duration) {
	s.faults.set(func() { s.faults.outage = time.Now().Add(d) })
	for _, x := range s.allSessions() {
		x.conn.reset()
	}
}

// refusalNode is the <failure> of a login.
func refusalNode(f Fault) waBinary.Node {
	more := waBinary.Attrs{}
	if f.Code == 402 {
		more["code"], more["expire"] = strconv.Itoa(f.BanCode), strconv.Itoa(f.Expire)
	}
	return failureNode(f.Code, more)
}

package whatsapp

import (
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// restriction is the restriction of sending: by a timelock that WhatsApp announced, or a pause after it refused a
// message.
type restriction struct {
	mu     sync.Mutex
	until  time.Time
	detail string
	pause  backoff.ExponentialBackOff
}

// now gives the end of the restriction and its cause; the zero time when there is none.
func (l *restriction) now(at time.Time) (time.Time, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.until.After(at) {
		l.until, l.detail = time.Time{}, ""
	}
	return l.until, l.detail
}

// lift notes that a message went through.
func (l *restriction) lift() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.Reset()
}

// restrict begins a pause of sending, after WhatsApp refused a message with a code. When WhatsApp refuses again right
// after a pause, the next one is longer.
func (c *Client) restrict(code int) {
	c.restriction.mu.Lock()
	defer c.restriction.mu.Unlock()
	until := c.cfg.Now().Add(c.restriction.pause.NextBackOff())
	if until.After(c.restriction.until) {
		c.restriction.until = until
		c.restriction.detail = fmt.Sprintf("WhatsApp refused a message with code %d.", code)
	}
}

// timelock sets what WhatsApp announced about a timelock of the account.
func (c *Client) timelock(active bool, ends time.Time) {
	c.restriction.mu.Lock()
	defer c.restriction.mu.Unlock()
	if !active {
		c.restriction.until = time.Time{}
		return
	}
	if now := c.cfg.Now(); !ends.After(now) {
		ends = now.Add(c.restriction.pause.NextBackOff())
	}
	c.restriction.until, c.restriction.detail = ends, "WhatsApp keeps this number from starting chats for a time."
}

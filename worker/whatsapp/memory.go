package whatsapp

import (
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow/types"

	"flowhq/worker/message"
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

// chats remembers in which form the sender of a message was addressed: a read receipt must use the same.
type chats struct {
	mu    sync.Mutex
	of    map[string]types.JID
	order []string
}

const maxChats = 512

func (c *chats) note(id string, chat types.JID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]types.JID{}
	}
	if _, ok := c.of[id]; ok {
		return
	}
	if len(c.order) >= maxChats {
		delete(c.of, c.order[0])
		c.order = c.order[1:]
	}
	c.of[id] = chat
	c.order = append(c.order, id)
}

// split sorts ids by chat; those that are not remembered go to the sender's LID, else to the number.
func (c *chats) split(ids []string, from message.Person) map[types.JID][]types.MessageID {
	fallback := lidJID(from)
	if fallback.IsEmpty() {
		fallback = pnJID(from)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	parts := map[types.JID][]types.MessageID{}
	for _, id := range ids {
		chat, ok := c.of[id]
		if !ok {
			chat = fallback
		}
		parts[chat] = append(parts[chat], id)
	}
	return parts
}

// limit is the restriction of sending: by a timelock that WhatsApp announced, or a pause after it refused a message.
type limit struct {
	mu     sync.Mutex
	until  time.Time
	detail string
	pause  backoff.ExponentialBackOff
}

// now gives the end of the restriction and its cause; the zero time when there is none.
func (l *limit) now(at time.Time) (time.Time, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.until.After(at) {
		l.until, l.detail = time.Time{}, ""
	}
	return l.until, l.detail
}

// lift notes that a message went through.
func (l *limit) lift() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.Reset()
}

// restrict begins a pause of sending after WhatsApp refused a message with a code. Refused again right after a pause, the
// next one is longer.
func (c *Client) restrict(code int) {
	c.limit.mu.Lock()
	defer c.limit.mu.Unlock()
	until := c.cfg.Now().Add(c.limit.pause.NextBackOff())
	if until.After(c.limit.until) {
		c.limit.until = until
		c.limit.detail = fmt.Sprintf("WhatsApp refused a message with code %d.", code)
	}
}

// timelock takes over what WhatsApp announces about a timelock of the account.
func (c *Client) timelock(active bool, ends time.Time) {
	c.limit.mu.Lock()
	defer c.limit.mu.Unlock()
	if !active {
		c.limit.until = time.Time{}
		return
	}
	if now := c.cfg.Now(); !ends.After(now) {
		ends = now.Add(c.limit.pause.NextBackOff())
	}
	c.limit.until, c.limit.detail = ends, "WhatsApp keeps this number from starting chats for a time."
}

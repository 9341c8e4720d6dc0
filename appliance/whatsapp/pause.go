package whatsapp

import (
	"time"

	"flowhq"
)

// Pause is a ban (PhaseBanned: WhatsApp refuses the login) or a restriction (PhaseRestricted: it refuses messages). The zero
// Pause is none.
type Pause struct {
	Phase  flowhq.Phase `json:"phase"`
	Until  time.Time    `json:"until"`
	Detail string       `json:"detail"`
}

// resume takes over a restriction that a process before this one met.
func (c *Client) resume(p Pause) {
	if p.Phase != flowhq.PhaseRestricted || !p.Until.After(c.cfg.Now()) {
		return
	}
	c.limit.mu.Lock()
	defer c.limit.mu.Unlock()
	c.limit.until, c.limit.detail = p.Until, p.Detail
}

// stillBanned gives the ending of a process before this one, when that was a ban which lasts. A device that is linked anew
// may be another account's.
func (c *Client) stillBanned() (end ending, yes bool) {
	p := c.cfg.Pause
	if p.Phase != flowhq.PhaseBanned || !p.Until.After(c.cfg.Now()) || c.Self().IsZero() {
		return end, false
	}
	return ending{how: banned, detail: p.Detail, until: p.Until}, true
}

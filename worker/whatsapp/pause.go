package whatsapp

import (
	"context"
	"time"

	"flowhq"
)

// Pause is a ban (PhaseBanned: WhatsApp refuses the login), a restriction (PhaseRestricted: it refuses messages), or
// the state of having been replaced (PhaseReplaced; it has no end).
type Pause struct {
	Phase  flowhq.Phase `json:"phase"`
	Until  time.Time    `json:"until"`
	Detail string       `json:"detail"`
}

// resume takes over restrictions that a process before this one met.
func (c *Client) restoreRestriction() {
	for _, p := range c.cfg.Pauses {
		if p.Phase == flowhq.PhaseRestricted && p.Until.After(c.cfg.Now()) {
			c.restriction.mu.Lock()
			c.restriction.until, c.restriction.detail = p.Until, p.Detail
			c.restriction.mu.Unlock()
		}
	}
}

// waitOut waits for what keeps the device from a login, as a process before this one knew it. A device that is linked
// anew may be another account's.
func (c *Client) awaitPauses(ctx context.Context) {
	for _, p := range c.cfg.Pauses {
		switch {
		case c.Self().IsZero() || ctx.Err() != nil:
		case p.Phase == flowhq.PhaseReplaced:
			c.afterEnding(ctx, ending{how: replaced, detail: p.Detail}, 0)
		case p.Phase == flowhq.PhaseBanned && p.Until.After(c.cfg.Now()):
			c.afterEnding(ctx, ending{how: banned, detail: p.Detail, until: p.Until}, 0)
		}
	}
}

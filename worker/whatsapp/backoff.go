package whatsapp

import "time"

// backoff counts the pauses between tries: the first, then twice as long each time up to max, each one moved by chance to
// anywhere between half and one and a half of it, so that many workers that lost WhatsApp together do not come back
// together. It is a value of numbers only: chance comes in from outside.
type backoff struct {
	first, max time.Duration
	tries      int
}

// next gives the pause before the coming try; chance is in [0,1).
func (b *backoff) next(chance float64) time.Duration {
	base := b.first
	for range b.tries {
		if base >= b.max {
			break
		}
		base *= 2
	}
	b.tries++
	base = min(base, b.max)
	low := base / 2
	high := min(base+base/2, b.max)
	return low + time.Duration(chance*float64(high-low))
}

// reset starts the pauses over.
func (b *backoff) reset() { b.tries = 0 }

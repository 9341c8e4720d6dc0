package whatsapp

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// reconnectBackOff gives the pauses between tries: the first, then twice as long each time, each one moved by chance by
// up to half of it, so that many workers that lost WhatsApp together do not come back together. None is longer than
// most.
func reconnectBackOff(first, most time.Duration) backoff.ExponentialBackOff {
	return backoff.ExponentialBackOff{
		InitialInterval: first, MaxInterval: most * 2 / 3, Multiplier: 2, RandomizationFactor: 0.5,
	}
}

// restrictionBackOff gives the pauses of sending after refusals: first, then twice as long each time, up to most.
func restrictionBackOff(first, most time.Duration) backoff.ExponentialBackOff {
	return backoff.ExponentialBackOff{InitialInterval: first, MaxInterval: most, Multiplier: 2}
}

package flowhq

import "time"

// Heartbeat is one worker's sign of life as the store takes it.
type Heartbeat struct {
	TenantID string
	SeenAt   time.Time
	HeardAt  *time.Time // WhatsApp last heard from; nil: nothing new is known
}

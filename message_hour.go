package flowhq

import "time"

// MessageHour counts a tenant's messages in one hour.
type MessageHour struct {
	TenantID string
	Hour     time.Time // its beginning
	Received int       // from customers
	Sent     int       // to customers, by bot, owner or admin
	Answered int       // messages whose answer's time was measured
	Wait     time.Duration
}

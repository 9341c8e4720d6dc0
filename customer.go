package flowhq

import "time"

// Customer is a person who wrote to a tenant.
type Customer struct {
	ID          string
	TenantID    string
	Chat        string // key within the tenant: "+2557…" or "lid:…"
	Number      string // E.164, "" when hidden
	Name        string
	Language    Language // "" until known
	Labels      []string
	OptedOutAt  *time.Time
	HandedOver  *time.Time // since when a human has the chat; nil: the bot has it
	HandoffEnds *time.Time
	FirstSeenAt time.Time
	LastSeenAt  time.Time
}

// CustomerQuery asks for a tenant's customers, last seen first.
type CustomerQuery struct {
	Query      string // part of name or number
	Label      string // "": any
	OptedOut   bool   // only those who want no messages
	HandedOver bool   // only those whose chat a human has now
	Before     Cursor // by LastSeenAt
	Limit      int
}

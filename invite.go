package flowhq

import "time"

// LinkInvite is a link that lets a tenant's owner link the phone without signing in. Only a hash of its token is kept.
type LinkInvite struct {
	ID        string
	TenantID  string
	Author    string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt *time.Time
	OpenedAt  *time.Time // when somebody first opened it
}

// Open tells whether the link still leads somewhere.
func (i LinkInvite) Open(now time.Time) bool { return i.RevokedAt == nil && now.Before(i.ExpiresAt) }

// Pause says why a tenant is paused, and until when.
type Pause struct {
	TenantID  string
	Reason    string // for admins; the owner does not see it
	Author    string
	CreatedAt time.Time
	Until     *time.Time // resumed by itself then; nil: when somebody resumes it
}

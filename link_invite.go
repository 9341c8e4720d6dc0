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

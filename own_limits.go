package flowhq

import (
	"time"
)

// OwnLimits are what one tenant keeps to instead of the server's limits; nil fields are the server's.
type OwnLimits struct {
	RepliesPerMinute *int `json:"replies_per_minute,omitempty"` // 1 to MaxReplies
	ContactReplies   *int `json:"contact_replies,omitempty"`    // in the server's window; 0: no cap
	HandoffHours     *int `json:"handoff_hours,omitempty"`      // 1 to MaxHandoffHours
}

// Bounds of a tenant's own limits.
const (
	MaxReplies      = 600
	MaxContact      = 1000
	MaxHandoffHours = 24 * 14
)

// Over gives the limits with the tenant's own in place of the server's.
func (o *OwnLimits) Over(l Limits) Limits {
	if o == nil {
		return l
	}
	if o.RepliesPerMinute != nil {
		l.RepliesPerMinute = *o.RepliesPerMinute
	}
	if o.ContactReplies != nil {
		l.ContactReplies = *o.ContactReplies
	}
	if o.HandoffHours != nil {
		l.Handoff = time.Duration(*o.HandoffHours) * time.Hour
	}
	return l
}

func (o *OwnLimits) check() []FieldError {
	if o == nil {
		return nil
	}
	var wrong []FieldError
	for _, f := range []struct {
		name     string
		value    *int
		from, to int
	}{
		{"limits.replies_per_minute", o.RepliesPerMinute, 1, MaxReplies},
		{"limits.contact_replies", o.ContactReplies, 0, MaxContact},
		{"limits.handoff_hours", o.HandoffHours, 1, MaxHandoffHours},
	} {
		if f.value != nil && (*f.value < f.from || *f.value > f.to) {
			wrong = append(wrong, Wrong(f.name, "field.between", "from", f.from, "to", f.to))
		}
	}
	return wrong
}

package flowhq

import "time"

// Pause says why a tenant is paused, and until when.
type Pause struct {
	TenantID  string
	Reason    string // for admins; the owner does not see it
	Author    string
	CreatedAt time.Time
	Until     *time.Time // resumed by itself then; nil: when somebody resumes it
}

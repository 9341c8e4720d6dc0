package flowhq

import "time"

// UserRole is what a portal user may do.
type UserRole string

// The roles.
const (
	RoleOwner UserRole = "OWNER"
	RoleStaff UserRole = "STAFF"
	RoleAdmin UserRole = "ADMIN"
)

// User is somebody who signs in to the portal; at most one per tenant.
type User struct {
	ID        string
	TenantID  string // "" when none
	Name      string
	Email     string // unique whatever its case
	Phone     string
	Role      UserRole
	CreatedAt time.Time
	UpdatedAt time.Time
}

package flowhq

import (
	"encoding/json"
	"time"
)

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

// SetupRequestStatus is where a setup request stands.
type SetupRequestStatus string

// The states of a setup request.
const (
	SetupSubmitted SetupRequestStatus = "SUBMITTED"
	SetupReviewing SetupRequestStatus = "REVIEWING"
	SetupApproved  SetupRequestStatus = "APPROVED"
	SetupActive    SetupRequestStatus = "ACTIVE" // the device connected
	SetupRejected  SetupRequestStatus = "REJECTED"
)

// Open tells whether a request still waits for a decision.
func (s SetupRequestStatus) Open() bool { return s == SetupSubmitted || s == SetupReviewing }

// SetupRequest is an owner's wish to have a bot.
type SetupRequest struct {
	ID             string
	TenantID       string
	UserID         string
	TemplateType   TemplateType
	WhatsAppNumber string
	Status         SetupRequestStatus
	Notes          string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// SetupRequestDetail is a request with whom it concerns.
type SetupRequestDetail struct {
	SetupRequest
	Tenant  *TenantDetail
	User    *User
	Remarks []SetupRemark // while it is open: what is missing or odd about it, the gravest first
}

// SetupRemark is something to look at before a setup request is decided.
type SetupRemark string

// The remarks.
const (
	RemarkNoNumber       SetupRemark = "no_number"
	RemarkNumberTaken    SetupRemark = "number_taken"   // another business has it
	RemarkNumberTwice    SetupRemark = "number_twice"   // another open request names it
	RemarkNumberForeign  SetupRemark = "number_foreign" // from outside East Africa and its neighbours
	RemarkNoUser         SetupRemark = "no_user"        // the row of who asks is missing
	RemarkNoTenant       SetupRemark = "no_tenant"
	RemarkOddName        SetupRemark = "odd_name"   // too short, or an e-mail address
	RemarkNameTwice      SetupRemark = "name_twice" // another business is called so
	RemarkPaused         SetupRemark = "paused"
	RemarkRejectedBefore SetupRemark = "rejected_before"
	RemarkWaitsLong      SetupRemark = "waits_long" // for more than a day
)

// SetupRemarks lists all remarks.
func SetupRemarks() []SetupRemark {
	return []SetupRemark{
		RemarkNoNumber, RemarkNumberTaken, RemarkNumberTwice, RemarkNumberForeign, RemarkNoUser, RemarkNoTenant, RemarkOddName, RemarkNameTwice,
		RemarkPaused, RemarkRejectedBefore, RemarkWaitsLong,
	}
}

// NewSetupRequest is the input of a portal's setup request.
type NewSetupRequest struct {
	BusinessName   string
	TemplateType   TemplateType
	WhatsAppNumber string
	Language       Language
}

// PortalEvent is an entry of the portal's own event log.
type PortalEvent struct {
	ID        string
	TenantID  string
	UserID    string
	Type      string
	Payload   json.RawMessage
	CreatedAt time.Time
}

// Types of portal events; the portal's web app reads them.
const (
	PortalSetupSubmitted = "SETUP_REQUEST_SUBMITTED"
	PortalSetupApproved  = "SETUP_REQUEST_APPROVED"
	PortalSetupRejected  = "SETUP_REQUEST_REJECTED"
)

// AdminSession is one signed-in browser of an admin. Only a hash of its cookie is kept.
type AdminSession struct {
	ID         string
	TokenHash  []byte // SHA-256 of the cookie's value
	Address    string
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
}

package flowhq

import "time"

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

// NewSetupRequest is the input of a portal's setup request.
type NewSetupRequest struct {
	BusinessName   string
	TemplateType   TemplateType
	WhatsAppNumber string
	Language       Language
}

// SetupQuery asks for a part of the setup requests, newest first.
type SetupQuery struct {
	PageQuery
	Decided bool // without those that wait
}

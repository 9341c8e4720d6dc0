package flowhq

import "time"

// Tenant is one business.
type Tenant struct {
	ID          string
	Name        string
	PhoneNumber string // E.164 with "+", or "" while none is known
	Status      TenantStatus
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// TenantStatus is where a business stands as a whole; see NextStatus for the rules.
type TenantStatus string

// The states of a tenant.
const (
	TenantNew       TenantStatus = "NEW"        // created, never linked
	TenantQRPending TenantStatus = "QR_PENDING" // its worker waits for the owner to link a device
	TenantActive    TenantStatus = "ACTIVE"     // linked; customers are answered
	TenantPaused    TenantStatus = "PAUSED"     // switched off by an admin
	TenantError     TenantStatus = "ERROR"      // somebody must look; the worker's last error says why and what to do
)

// TenantConfig is what a tenant chose at its set-up.
type TenantConfig struct {
	ID           string
	TenantID     string
	TemplateType TemplateType
	BusinessName string
	Language     Language
	HoursJSON    []byte // JSON, nil when never said; the published settings are the truth for conversations
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// TenantDetail is a tenant with what belongs to it one to one. Config, Session and Worker are nil when the row is
// missing, which happens in databases that another program wrote.
type TenantDetail struct {
	Tenant
	Config  *TenantConfig
	Session *Session
	Worker  *Worker
}

// ShouldRun tells whether the tenant's worker should run: its desired state is running and the tenant is not paused.
func (t TenantDetail) ShouldRun() bool {
	return t.Worker != nil && t.Worker.DesiredState == DesiredRunning && t.Status != TenantPaused
}

// NewTenant is the input of a tenant's creation.
type NewTenant struct {
	Name         string
	PhoneNumber  string
	TemplateType TemplateType
	BusinessName string
	Language     Language
}

// TenantPatch changes a tenant; a nil field stays as it is.
type TenantPatch struct {
	Name         *string
	PhoneNumber  *string
	TemplateType *TemplateType
	BusinessName *string
	Language     *Language
	HoursJSON    []byte
}

// TenantFilter narrows the list of tenants. The zero value lists all, newest first.
type TenantFilter struct {
	Query  string       // part of name, business name or number, case folded
	Status TenantStatus // "": any
	Before Cursor       // for paging
	Limit  int          // 0: all
}

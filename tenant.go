package flowhq

import "time"

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

// TemplateType chooses the conversation that a tenant starts with.
type TemplateType string

// The templates.
const (
	TemplateBooking   TemplateType = "BOOKING"
	TemplateEcommerce TemplateType = "ECOMMERCE"
	TemplateSupport   TemplateType = "SUPPORT"
)

// TemplateTypes lists the templates in the order of forms.
func TemplateTypes() []TemplateType {
	return []TemplateType{TemplateBooking, TemplateEcommerce, TemplateSupport}
}

// Language is a language that the product answers customers in.
type Language string

// The languages: Swahili first.
const (
	Swahili Language = "SW"
	English Language = "EN"
)

// Languages lists the languages in the order of forms.
func Languages() []Language { return []Language{Swahili, English} }

// Tenant is one business.
type Tenant struct {
	ID          string
	Name        string
	PhoneNumber string // E.164 with "+", or "" while none is known
	Status      TenantStatus
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

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

// TenantDetail is a tenant with what belongs to it one to one. Config, Session and Worker are nil when the row is missing,
// which happens in databases that another program wrote.
type TenantDetail struct {
	Tenant
	Config  *TenantConfig
	Session *Session
	Worker  *Worker
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

package flowhq

// Business is all that a conversation knows of a tenant.
type Business struct {
	TenantID string       `json:"tenant_id"`
	Name     string       `json:"name"`
	Template TemplateType `json:"template"`
	Language Language     `json:"language"`
	Settings Settings     `json:"settings"`
}

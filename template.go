package flowhq

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

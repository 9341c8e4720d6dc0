package flowhq

// Language is a language that the product answers customers in.
type Language string

// The languages: Swahili first.
const (
	Swahili Language = "SW"
	English Language = "EN"
)

// Languages lists the languages in the order of forms.
func Languages() []Language { return []Language{Swahili, English} }

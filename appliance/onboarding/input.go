package onboarding

import (
	"flowhq"
	"flowhq/appliance/form"
)

func checkSetupRequest(in flowhq.NewSetupRequest) (flowhq.NewSetupRequest, error) {
	var f form.Form
	in.BusinessName = f.Name("businessName", in.BusinessName)
	in.TemplateType = f.Template("templateType", in.TemplateType)
	in.WhatsAppNumber = f.Phone("whatsappNumber", in.WhatsAppNumber)
	if in.Language == "" {
		in.Language = flowhq.Swahili
	}
	in.Language = f.Language("language", in.Language)
	return in, f.Err()
}

package tenants

import (
	"flowhq"
	"flowhq/appliance/form"
)

func checkNewTenant(in flowhq.NewTenant) (flowhq.NewTenant, error) {
	var f form.Form
	in.Name = f.Name("name", in.Name)
	in.PhoneNumber = f.Phone("phone_number", in.PhoneNumber)
	in.TemplateType = f.Template("template_type", in.TemplateType)
	in.BusinessName = f.Name("business_name", in.BusinessName)
	in.Language = f.Language("language", in.Language)
	return in, f.Err()
}

func checkPatch(p flowhq.TenantPatch) (flowhq.TenantPatch, error) {
	var f form.Form
	form.Optional(&p.Name, func(v string) string { return f.Name("name", v) })
	form.Optional(&p.PhoneNumber, func(v string) string { return f.Phone("phone_number", v) })
	form.Optional(&p.TemplateType, func(v flowhq.TemplateType) flowhq.TemplateType {
		return f.Template("template_type",
			v)
	})
	form.Optional(&p.BusinessName, func(v string) string { return f.Name("business_name", v) })
	form.Optional(&p.Language, func(v flowhq.Language) flowhq.Language { return f.Language("language", v) })
	if p.HoursJSON != nil {
		p.HoursJSON = f.Hours("hours_json", p.HoursJSON)
	}
	return p, f.Err()
}

package ui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/locale/key"
)

type newTenantView struct {
	Page
	Name, BusinessName, Phone    field
	Templates, Languages         []choice
	TemplateWrong, LanguageWrong string
	Wrong                        string // what is wrong with no field in particular
}

// field is an input with what was typed and what is wrong with it.
type field struct{ Value, Wrong string }

type choice struct {
	Value, Word string
	Selected    bool
}

func (h *tenantListPages) form(c *gin.Context) {
	in := flowhq.NewTenant{TemplateType: flowhq.TemplateBooking, Language: flowhq.Swahili}
	h.render(c, http.StatusOK, pageTenantNew, "layout", h.formView(c, in, nil))
}

func (h *tenantListPages) create(c *gin.Context) {
	in := flowhq.NewTenant{
		Name:         strings.TrimSpace(c.PostForm("name")),
		PhoneNumber:  strings.TrimSpace(c.PostForm("phone_number")),
		TemplateType: flowhq.TemplateType(c.PostForm("template_type")),
		BusinessName: strings.TrimSpace(c.PostForm("business_name")),
		Language:     flowhq.Language(c.PostForm("language")),
	}
	t, err := h.tenants.CreateTenant(c.Request.Context(), access.By(c), in)
	if err != nil {
		h.render(c, statusOf(err), pageTenantNew, "layout", h.formView(c, in, err))
		return
	}
	c.Redirect(http.StatusSeeOther, "/admin/tenants/"+t.ID)
}

// newTenantView keeps what was typed and puts each complaint beside its field.
func (h *tenantListPages) formView(c *gin.Context, in flowhq.NewTenant, err error) newTenantView {
	l := h.translator(c)
	v := newTenantView{
		Page:         h.page(c, "tenants", l.text(key.PageActionNewTenant)),
		Name:         field{Value: in.Name},
		BusinessName: field{Value: in.BusinessName},
		Phone:        field{Value: in.PhoneNumber},
	}
	for _, t := range flowhq.TemplateTypes() {
		v.Templates = append(v.Templates, choice{string(t), l.word("template", string(t)), t == in.TemplateType})
	}
	for _, lang := range flowhq.Languages() {
		v.Languages = append(v.Languages, choice{string(lang), l.word("lang", string(lang)), lang == in.Language})
	}
	if err == nil {
		return v
	}
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok || len(e.Fields) == 0 {
		v.Wrong = h.sentence(c, err)
		return v
	}
	places := map[string]*string{
		"name": &v.Name.Wrong, "business_name": &v.BusinessName.Wrong, "phone_number": &v.Phone.Wrong,
		"template_type": &v.TemplateWrong, "language": &v.LanguageWrong,
	}
	for _, f := range e.Fields {
		if place := places[f.Field]; place != nil {
			*place = l.fault(f)
		} else {
			v.Wrong = l.faults([]flowhq.FieldError{f})
		}
	}
	return v
}

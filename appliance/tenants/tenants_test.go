package tenants_test

import (
	"slices"
	"strings"
	"testing"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

func TestService_CreateTenant(t *testing.T) {
	w := newWorld(t)
	all := []string{"name", "phone_number", "template_type", "business_name", "language"}
	tests := []struct {
		change func(*flowhq.NewTenant)
		want   []string
	}{
		{func(n *flowhq.NewTenant) { *n = flowhq.NewTenant{} }, all},
		{func(n *flowhq.NewTenant) { n.Name = " \t\u00a0" }, all[:1]},
		{func(n *flowhq.NewTenant) { n.Name = "\u200b" }, all[:1]}, // nothing to be seen
		{func(n *flowhq.NewTenant) { n.Name = "a\x00b" }, all[:1]},
		{func(n *flowhq.NewTenant) { n.Name = strings.Repeat("ä", 121) }, all[:1]},
		{func(n *flowhq.NewTenant) { n.PhoneNumber = "12345" }, all[1:2]},
		{func(n *flowhq.NewTenant) { n.TemplateType = "HOTEL" }, all[2:3]},
		{func(n *flowhq.NewTenant) { n.BusinessName = "\xff\xfe" }, all[3:4]},
		{func(n *flowhq.NewTenant) { n.Language = "FR" }, all[4:5]},
	}
	for _, tt := range tests {
		in := servicestest.NewTenant("+255712345678")
		tt.change(&in)
		_, err := w.CreateTenant(w.Ctx, "admin", in)
		w.WantCode(err, flowhq.CodeInvalid)
		if got := servicestest.FieldsOf(err); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: wrong fields %q, want %q", in, got, tt.want)
		}
	}
	tenants, err := w.Tenants(w.Ctx, flowhq.TenantFilter{})
	if err != nil || len(tenants) != 0 {
		t.Errorf("%d tenants were made, %v", len(tenants), err)
	}
}

func TestService_CreateTenant_NumberTaken(t *testing.T) {
	w := newWorld(t)
	a, err := w.CreateTenant(w.Ctx, "admin", servicestest.NewTenant("0712 345 678"))
	w.Must(err)
	if a.PhoneNumber != "+255712345678" {
		t.Errorf("number %q", a.PhoneNumber)
	}
	_, err = w.CreateTenant(w.Ctx, "admin", servicestest.NewTenant("+255 (712) 345-678"))
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"phone_number"}) {
		t.Errorf("a taken number: %v", err)
	}
	b := w.NewTenant()
	number := "255712345678"
	_, err = w.UpdateTenant(w.Ctx, "admin", b.ID, flowhq.TenantPatch{PhoneNumber: &number})
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"phone_number"}) {
		t.Errorf("a taken number in a change: %v", err)
	}
	_, err = w.UpdateTenant(w.Ctx, "admin", a.ID, flowhq.TenantPatch{PhoneNumber: &number}) // its own
	w.Must(err)
}

func TestService_UpdateTenant(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	name, language := "  Duka la Juma ", flowhq.English
	d, err := w.UpdateTenant(w.Ctx, "admin", id, flowhq.TenantPatch{
		BusinessName: &name, Language: &language, HoursJSON: []byte(`{"mon":{"open":"08:00","close":"17:00"}}`),
	})
	w.Must(err)
	if d.Config.BusinessName != "Duka la Juma" || d.Config.Language != flowhq.English || name != "  Duka la Juma " {
		t.Errorf("config %+v, the caller's %q", d.Config, name)
	}
	if got := string(d.Config.HoursJSON); !strings.HasPrefix(got, `{"mon":[{"open":"08:00","close":"17:00"}]`) {
		t.Errorf("hours %s", got)
	}
	if got := w.Links.Configs; len(got) != 1 || got[0].Business.Name != "Duka la Juma" ||
		got[0].Business.Language != flowhq.English {
		t.Errorf("the worker was told %+v", got)
	}
	empty := " "
	_, err = w.UpdateTenant(w.Ctx, "admin", id, flowhq.TenantPatch{Name: &empty, HoursJSON: []byte(`{"someday":[]}`)})
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"name", "hours_json"}) {
		t.Errorf("wrong fields %q of %v", got, err)
	}
	_, err = w.UpdateTenant(w.Ctx, "admin", id, flowhq.TenantPatch{HoursJSON: []byte(`{"mon":`)})
	if err == nil || strings.Contains(err.Error(), "unexpected end") {
		t.Errorf("broken hours: %v", err)
	}
}

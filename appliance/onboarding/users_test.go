package onboarding_test

import (
	"slices"
	"strings"
	"testing"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

func TestUsers_Me(t *testing.T) {
	w := newWorld(t)
	_, _, _, err := w.Me(w.Ctx, "amina@example.com")
	w.WantCode(err, flowhq.CodeNotFound)
	_, _, err = w.OwnTenant(w.Ctx, "amina@example.com")
	if err == nil || !strings.Contains(err.Error(), "missing.tenant") {
		t.Errorf("%v", err)
	}
	_, err = w.SubmitSetupRequest(w.Ctx, "amina@example.com", flowhq.NewSetupRequest{})
	if err == nil || !strings.Contains(err.Error(), "missing.user") {
		t.Errorf("%v", err)
	}
	_, _, _, err = w.CreateOwner(w.Ctx, "not an address", "")
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"email", "name"}) {
		t.Errorf("wrong fields %q", got)
	}
}

func TestUsers_CreateOwner(t *testing.T) {
	w := newWorld(t)
	_, made, created, err := w.CreateOwner(w.Ctx, "Amina@example.com", "Amina")
	if err != nil || !created || made.Status != flowhq.TenantNew || made.PhoneNumber != "" {
		t.Errorf("%+v, %v, %v", made, created, err)
	}
	_, again, created, err := w.CreateOwner(w.Ctx, "amina@EXAMPLE.com", "Somebody")
	if err != nil || created || again.ID != made.ID {
		t.Errorf("a known address: %v, %v, %v", again.ID, created, err)
	}
	_, err = w.SubmitSetupRequest(w.Ctx, "amina@example.com", flowhq.NewSetupRequest{})
	if got := servicestest.FieldsOf(err); !slices.Equal(got,
		[]string{"businessName", "templateType", "whatsappNumber"}) {
		t.Errorf("wrong fields %q", got)
	}
	r := w.submitted("0712000001")
	u, tenant, latest, err := w.Me(w.Ctx, "AMINA@example.com")
	if err != nil || u.TenantID != tenant.ID || latest == nil || latest.ID != r.ID ||
		tenant.PhoneNumber != "+255712000001" || tenant.Config.Language != flowhq.Swahili {
		t.Errorf("%+v, %+v, %+v, %v", u, tenant, latest, err)
	}
}

func TestUsers_CreateUser(t *testing.T) {
	w := newWorld(t)
	_, _, _, err := w.CreateOwner(w.Ctx, "amina@example.com", "Amina")
	w.Must(err)
	_, err = w.CreateUser(w.Ctx, flowhq.User{Email: "x", Role: "KING", Phone: "1"})
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"email", "name", "phone", "role"}) {
		t.Errorf("wrong fields %q", got)
	}
	_, err = w.CreateUser(w.Ctx, flowhq.User{Email: "AMINA@example.com", Name: "A"})
	w.WantCode(err, flowhq.CodeConflict)
}

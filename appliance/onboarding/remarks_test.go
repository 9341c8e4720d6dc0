package onboarding

import (
	"slices"
	"testing"
	"time"

	"flowhq"
)

func TestSetupRemarks(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	request := func(id, tenant, number string, s flowhq.SetupRequestStatus) flowhq.SetupRequestDetail {
		return flowhq.SetupRequestDetail{
			SetupRequest: flowhq.SetupRequest{ID: id, TenantID: tenant, WhatsAppNumber: number, Status: s,
				CreatedAt: now.Add(-time.Hour)},
			Tenant: &flowhq.TenantDetail{Tenant: flowhq.Tenant{ID: tenant, Name: "Juma Electronics"}},
			User:   &flowhq.User{Email: "juma@example.com"},
		}
	}
	fine := request("r1", "t1", "+255700000001", flowhq.SetupSubmitted)
	if got := setupRemarks(fine, []flowhq.SetupRequest{fine.SetupRequest}, nil, now); len(got) != 0 {
		t.Errorf("a good request has %v", got)
	}
	odd := request("r2", "t2", "+447911123456", flowhq.SetupReviewing)
	odd.User, odd.Tenant.Name, odd.CreatedAt = nil, "juma@example.com", now.Add(-25*time.Hour)
	before := request("r0", "t2", "", flowhq.SetupRejected)
	before.CreatedAt = now.Add(-48 * time.Hour)
	twin := request("r3", "t3", odd.WhatsAppNumber, flowhq.SetupSubmitted)
	summaries := []flowhq.TenantSummary{{ID: "t2", Name: "juma@example.com"},
		{ID: "t4", Name: "JUMA@example.com", PhoneNumber: odd.WhatsAppNumber}}
	want := []flowhq.SetupRemark{
		flowhq.RemarkNumberTaken, flowhq.RemarkNumberTwice, flowhq.RemarkNumberForeign, flowhq.RemarkNoUser,
		flowhq.RemarkOddName, flowhq.RemarkNameTwice,
		flowhq.RemarkRejectedBefore, flowhq.RemarkWaitsLong,
	}
	if got := setupRemarks(odd, []flowhq.SetupRequest{fine.SetupRequest, odd.SetupRequest, before.SetupRequest,
		twin.SetupRequest}, summaries, now); !slices.Equal(got, want) {
		t.Errorf("remarks %v, want %v", got, want)
	}
}

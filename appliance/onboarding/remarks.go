package onboarding

import (
	"context"
	"slices"
	"strings"
	"time"

	"flowhq"
)

// waitsLong is how long an owner may wait before it is spoken of.
const waitsLong = 24 * time.Hour

// remarked fills in what is missing or odd about the requests that wait for a decision.
func (s *SetupRequests) remarked(ctx context.Context, requests []flowhq.SetupRequestDetail) error {
	if !slices.ContainsFunc(requests, func(r flowhq.SetupRequestDetail) bool { return r.Status.Open() }) {
		return nil
	}
	summaries, err := s.summaries.All(ctx)
	if err != nil {
		return err
	}
	rivals, err := s.store.SetupRivals(ctx)
	if err != nil {
		return err
	}
	for i := range requests {
		if requests[i].Status.Open() {
			requests[i].Remarks = setupRemarks(requests[i], rivals, summaries, s.now())
		}
	}
	return nil
}

// setupRemarks says what a person should look at before deciding on a request.
func setupRemarks(r flowhq.SetupRequestDetail, rivals []flowhq.SetupRequest, summaries []flowhq.TenantSummary,
	now time.Time) []flowhq.SetupRemark {
	var out []flowhq.SetupRemark
	note := func(odd bool, what flowhq.SetupRemark) {
		if odd {
			out = append(out, what)
		}
	}
	number := r.WhatsAppNumber
	other := func(same func(flowhq.TenantSummary) bool) bool {
		return slices.ContainsFunc(summaries, func(t flowhq.TenantSummary) bool {
			return t.ID != r.TenantID &&
				same(t)
		})
	}
	before := func(same func(flowhq.SetupRequest) bool) bool {
		return slices.ContainsFunc(rivals, func(o flowhq.SetupRequest) bool { return o.ID != r.ID && same(o) })
	}
	note(number == "", flowhq.RemarkNoNumber)
	note(number != "" && other(func(t flowhq.TenantSummary) bool { return t.PhoneNumber == number }),
		flowhq.RemarkNumberTaken)
	note(number != "" && before(func(o flowhq.SetupRequest) bool {
		return o.Status.Open() &&
			o.WhatsAppNumber == number
	}), flowhq.RemarkNumberTwice)
	note(number != "" && !eastAfrican(number), flowhq.RemarkNumberForeign)
	note(r.User == nil, flowhq.RemarkNoUser)
	note(r.Tenant == nil, flowhq.RemarkNoTenant)
	if r.Tenant != nil {
		name := strings.TrimSpace(r.Tenant.Name)
		note(len([]rune(name)) < 3 || strings.Contains(name, "@"), flowhq.RemarkOddName)
		note(other(func(t flowhq.TenantSummary) bool { return strings.EqualFold(strings.TrimSpace(t.Name), name) }),
			flowhq.RemarkNameTwice)
		note(r.Tenant.Status == flowhq.TenantPaused, flowhq.RemarkPaused)
	}
	note(before(func(o flowhq.SetupRequest) bool {
		return o.TenantID == r.TenantID && o.Status == flowhq.SetupRejected && o.CreatedAt.Before(r.CreatedAt)
	}), flowhq.RemarkRejectedBefore)
	note(now.Sub(r.CreatedAt) > waitsLong, flowhq.RemarkWaitsLong)
	return out
}

// eastAfrican tells whether a number is from where the product's businesses are.
func eastAfrican(number string) bool {
	for _, code := range []string{"+255", "+254", "+256", "+250", "+257", "+243", "+211", "+251", "+252", "+253",
		"+258", "+260", "+265"} {
		if strings.HasPrefix(number, code) {
			return true
		}
	}
	return false
}

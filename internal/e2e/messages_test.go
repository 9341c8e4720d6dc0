package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
)

// Whoever writes to the business gets an answer, hidden number or not; what is not written to it alone does not.
func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	for number, address := range map[string]string{"+255710000011": "pn", "+255710000012": "lid",
		"+255710000013": "lid-only"} {
		w.customer(t, number, "Mteja "+address, address)
		w.ask(t, number, salonNumber, "Habari", "Neema Salon")
	}
	const silent = "+255710000014"
	w.customer(t, silent, "Kimya", "pn")
	for _, chat := range []string{"group", "status", "newsletter"} {
		if err := w.sim.SendIn(limit(t, 10*time.Second), silent, salonNumber, "Habari", chat); err != nil {
			t.Fatalf("%s: %v", chat, err)
		}
	}
	// The direct message comes last: when it is answered, the others have been handled before.
	w.ask(t, silent, salonNumber, "Habari", "Neema Salon")
	inbox, err := w.sim.InboxTexts(limit(t, 10*time.Second), silent)
	if err != nil {
		t.Fatal(err)
	}
	if len(inbox) != 1 {
		t.Errorf("the customer got %d messages: %q", len(inbox), inbox)
	}
	w.wantLeftOut(t, salon.ID, map[flowhq.IgnoredSource]int64{flowhq.IgnoredGroup: 1, flowhq.IgnoredStatus: 1,
		flowhq.IgnoredNewsletter: 1})
}

// wantLeftOut wants the counts of messages that are none of the bot's business in the API and on the tenant's page.
func (w *world) wantLeftOut(t *testing.T, id string, want map[flowhq.IgnoredSource]int64) {
	t.Helper()
	ctx := limit(t, 20*time.Second)
	err := harness.Until(ctx, 100*time.Millisecond, func() error {
		p, err := w.WorkerProcess(ctx, id)
		if err == nil && !maps.Equal(p.Ignored, want) {
			err = fmt.Errorf("left out: %v, not %v", p.Ignored, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string]string{"en": "in groups 1 · statuses 1 · in channels 1",
		"sw": "kwenye vikundi 1 · status 1 · kwenye chaneli 1"} {
		if page := w.page(t, "/admin/tenants/"+id, "Accept-Language", lang); !strings.Contains(page, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

// The predecessor's web app reaches the portal through a rewrite of its own, on another port: it hands on its own Host
// and Origin.
func TestPortalThroughTheWebAppsRewrite(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, database string) {
		w := newWorld(t, database, nil)
		ctx := limit(t, time.Minute)
		const email = "neema@example.com"
		headers := []string{"Host", "portal.example.com", "Origin", "https://portal.example.com", "Sec-Fetch-Site",
			"same-origin"}
		call := func(method, path string, in, out any) {
			t.Helper()
			if err := w.Portal(ctx, email, method, path, in, out, headers...); err != nil {
				t.Fatal(err)
			}
		}
		var me struct {
			Tenant       harness.Tenant `json:"tenant"`
			SetupRequest *struct {
				ID     string `json:"id"`
				Status string `json:"status"`
			} `json:"setupRequest"`
		}
		call(http.MethodPost, "/portal/users", map[string]string{"email": email, "name": "Neema"}, nil)
		call(http.MethodPost, "/portal/setup-request", map[string]string{
			"businessName": "Neema Salon", "templateType": "BOOKING", "whatsappNumber": "+255 700 000-101",
		}, nil)
		call(http.MethodGet, "/portal/me", nil, &me)
		if me.Tenant.PhoneNumber != salonNumber || me.SetupRequest == nil || me.SetupRequest.Status != "SUBMITTED" {
			t.Fatalf("me: %+v", me)
		}
		w.approveAndLink(ctx, t, email, me.Tenant.ID, me.SetupRequest.ID)
		call(http.MethodGet, "/portal/me", nil, &me)
		if me.SetupRequest.Status != "ACTIVE" || me.Tenant.Status != flowhq.TenantActive {
			t.Errorf("after linking: request %s, tenant %s", me.SetupRequest.Status, me.Tenant.Status)
		}
		w.customer(t, asha, "Asha", "pn")
		w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
		w.waitLogged(t, me.Tenant.ID, 2)
		var logs []harness.Message
		call(http.MethodGet, "/portal/tenant/current/logs?limit=50", nil, &logs)
		if len(logs) < 2 {
			t.Errorf("the portal sees %d messages", len(logs))
		}
		if err := harness.NewAPI(w.URL, "", "wrong").Portal(ctx, email, http.MethodGet, "/portal/me", nil,
			nil); harness.Status(err) != http.StatusUnauthorized {
			t.Errorf("a wrong portal key: %v", err)
		}
	})
}

// approveAndLink approves a request as an admin; the owner then scans what the portal shows.
func (w *world) approveAndLink(ctx context.Context, t *testing.T, email, tenant, request string) {
	t.Helper()
	if err := w.Admin(ctx, http.MethodPost, "/admin/setup-requests/"+request+"/approve",
		map[string]string{"notes": "karibu"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Admin(ctx, http.MethodPost, "/admin/setup-requests/"+request+"/approve", nil,
		nil); harness.Status(err) != http.StatusConflict {
		t.Errorf("approved twice: %v", err)
	}
	if err := w.sim.AddPhone(ctx, salonNumber, "Neema"); err != nil {
		t.Fatal(err)
	}
	err := harness.Until(ctx, 100*time.Millisecond, func() error {
		var qr struct {
			Code *string `json:"code"`
		}
		if err := w.Portal(ctx, email, http.MethodGet, "/portal/tenant/current/qr", nil, &qr); err != nil {
			return err
		}
		if qr.Code == nil {
			return errNoCode
		}
		return w.sim.ScanQR(ctx, salonNumber, *qr.Code)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WaitStatus(ctx, tenant, flowhq.TenantActive); err != nil {
		t.Fatal(err)
	}
}

package e2e_test

import (
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"flowhq"
	"flowhq/internal/harness"
)

// An admin signs in, makes a business, starts it, and watches the phone being linked and a customer being answered, in
// a real browser and without reloading: what a page was told when it was loaded is still there at the end.
func TestPagesKeepThemselvesCurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	page := browserPage(t, w.URL+"/")

	page.MustElement("#password").MustInput("not the password")
	page.MustElement("button.main").MustClick()
	page.MustElement(".wrong")
	page.MustElement("#password").MustInput(harness.AdminPassword)
	page.MustElement("button.main").MustClick()
	page.MustElement("#first-title")
	page.MustElement(`a[href="/admin/tenants/new"]`).MustClick()
	page.MustElement("#name").MustInput("Neema Salon")
	page.MustElement("#business_name").MustInput("Neema Salon")
	page.MustElement("#phone_number").MustInput("12")
	page.MustElement("form.form button.main").MustClick()
	page.MustElement("#phone_number[aria-invalid]").MustSelectAllText().MustInput("+255 700 000 101")
	page.MustElement("form.form button.main").MustClick()
	page.MustElementR("#tenant-head button", "Start").MustClick()
	page.MustElement("#qr")
	page.MustEval(`() => { window.notReloaded = true }`)

	ctx := limit(t, 90*time.Second)
	id := path.Base(page.MustInfo().URL)
	if err := w.Link(ctx, w.sim, id, salonNumber, "Neema"); err != nil {
		t.Fatal(err)
	}
	page.MustElementR("#tenant-head .status.good", "Answers")
	page.MustElementR("#linking", "Linked and connected")
	w.customer(t, asha, "Asha", "pn")
	w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
	page.MustElementR("#recent-chats .chat-list", "Asha")
	page.MustElementR("#recent-chats .chat-preview", "Neema Salon")
	if !page.MustEval(`() => window.notReloaded === true`).Bool() {
		t.Error("the page was loaded anew")
	}
	w.listFollows(ctx, t, page, id)
}

// listFollows pauses the business from outside and sees the list show it.
func (w *world) listFollows(ctx context.Context, t *testing.T, page *browserTab, id string) {
	t.Helper()
	page.open(w.URL+"/admin/tenants").MustElementR("#tenant-"+id+" .status.good", "Answers")
	page.MustEval(`() => { window.notReloaded = true }`)
	if err := w.Admin(ctx, "POST", "/admin/tenants/"+id+"/pause", nil, nil); err != nil {
		t.Fatal(err)
	}
	page.MustElementR("#tenant-"+id+" .status.calm", "Paused")
	if !page.MustEval(`() => window.notReloaded === true`).Bool() {
		t.Error("the list was loaded anew")
	}
	tenant, err := w.Tenant(ctx, id)
	if err != nil || tenant.Status != flowhq.TenantPaused {
		t.Errorf("%+v, %v", tenant, err)
	}
}

// browserPage opens an address in a Chromium of its own that reaches loopback alone. A script error or a refusal by the
// content security policy fails the test.
func browserPage(t *testing.T, url string) *browserTab {
	t.Helper()
	bin, ok := launcher.LookPath()
	if !ok {
		t.Fatal("Chromium is not installed: run `make test`, which installs it, or apt-get install chromium")
	}
	l := launcher.New().Bin(bin).Leakless(false).NoSandbox(true).Set("disable-background-networking").
		Set("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
	control, err := l.Launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Kill(); l.Cleanup() })
	browser := rod.New().ControlURL(control).MustConnect()
	page := browser.MustPage("").Timeout(10 * time.Minute)
	var complaints []string
	wait := page.EachEvent(func(e *proto.RuntimeExceptionThrown) {
		complaints = append(complaints, e.ExceptionDetails.Text)
	}, func(e *proto.LogEntryAdded) {
		if e.Entry.Level == proto.LogLogEntryLevelError && !strings.Contains(e.Entry.Text, "Failed to load resource") {
			complaints = append(complaints, fmt.Sprint(e.Entry.Text, " ", e.Entry.URL))
		}
	})
	_ = proto.LogEnable{}.Call(page)
	done := make(chan struct{})
	go func() { defer close(done); wait() }()
	t.Cleanup(func() {
		_ = browser.Close()
		<-done
		if len(complaints) > 0 {
			t.Errorf("the browser complained: %s", strings.Join(complaints, "; "))
		}
	})
	return (&browserTab{Page: page, t: t}).open(url)
}

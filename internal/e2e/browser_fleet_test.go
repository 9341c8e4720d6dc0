package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"flowhq"
	"flowhq/internal/harness"
)

// An admin looks after several businesses from overview, list and requests: what is chosen is paused with one question
// and one result, and taken back; an owner's request is decided; the list follows by itself, keeps ticks, and says when
// it is cut off.
func TestAdminLooksAfterManyBusinesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	ctx := limit(t, 4*time.Minute)
	page := browserPage(t, w.URL+"/sign-in")
	signIn(page)
	page.MustElementR("h1", "Businesses")
	page.MustNavigate(w.URL + "/admin/overview").MustWaitLoad()
	page.MustElementR("h1", "Overview")
	page.MustElementR(".first-steps .now h3", "Enter the business")

	var ids []string
	for i, name := range []string{"Neema Salon", "Duka la Asha", "FastNet"} {
		made, err := w.Create(ctx, harness.NewTenant{
			Name: name, PhoneNumber: "+25570000090" + string(rune('1'+i)), TemplateType: flowhq.TemplateSupport,
			BusinessName: name, Language: flowhq.English,
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.ID)
	}
	page.MustElementR(".statuses a", "New\\s*3")
	t.Run("several at once", func(t *testing.T) { w.pausesSeveral(ctx, t, page, ids) })
	t.Run("every press", func(t *testing.T) { w.answersPresses(t, page, ids[0]) })
	t.Run("search and order", func(t *testing.T) { w.searches(t, page, ids) })
	t.Run("a request", func(t *testing.T) { w.decidesARequest(ctx, t, page) })
	t.Run("cut off", func(t *testing.T) { w.isCutOff(t, page) })
	t.Run("signed-in browsers", func(t *testing.T) { w.signsOutAnother(ctx, t, page) })
}

func (w *world) pausesSeveral(ctx context.Context, t *testing.T, page *browserTab, ids []string) {
	page.open(w.URL + "/admin/tenants")
	page.MustElement("#tenant-" + ids[0] + " .tick").MustClick()
	page.MustElement("#tenant-" + ids[1] + " .tick").MustClick()
	page.MustEval(`() => { window.notReloaded = true }`)
	if err := w.Admin(ctx, http.MethodPatch, "/admin/tenants/"+ids[2], map[string]string{"name": "FastNet Mbeya"},
		nil); err != nil {
		t.Fatal(err)
	}
	page.MustElementR("#tenant-"+ids[2], "FastNet Mbeya")
	kept := page.MustEval(`() => window.notReloaded &&
		[...document.querySelectorAll("input[name=ids]:checked")].map((t) => t.value).join()`).Str()
	if !strings.Contains(kept, ids[0]) || !strings.Contains(kept, ids[1]) || strings.Contains(kept, ids[2]) {
		t.Errorf("after the list changed, %q are ticked", kept)
	}
	page.MustElementR(".bulk button", "Pause").MustClick()
	page.MustElementR("h1", "Pause: 2 businesses")
	page.MustElement("form.form button.main").MustClick()
	page.MustElementR("#bulk-job", "2 of 2 done, 0 failed")
	page.MustElementR("#bulk-job button", "Undo: Resume").MustClick()
	page.MustElementR("#bulk-job h1", "Resume: 2 businesses")
	page.MustElementR("#bulk-job", "2 of 2 done, 0 failed")
	for _, id := range ids[:2] {
		if tenant, err := w.Tenant(ctx, id); err != nil || tenant.Status != flowhq.TenantNew {
			t.Errorf("%v, %v after it was paused and resumed", tenant.Status, err)
		}
	}
}

// answersPresses looks at the page right after a press, before any answer can be there: it says that it was heard.
func (w *world) answersPresses(t *testing.T, page *browserTab, id string) {
	page.open(w.URL + "/admin/tenants")
	press := `(selector) => {
		const pressed = document.querySelector(selector), root = document.documentElement;
		const before = root.classList.contains("busy");
		pressed.click();
		return [before, root.classList.contains("busy"), pressed.matches("button, [aria-busy=true]")].join();
	}`
	for _, selector := range []string{"#tenant-" + id + " .who a", "form.language button"} {
		if got := page.MustEval(press, selector).Str(); got != "false,true,true" {
			t.Errorf("pressing %s: busy before, busy after, marked: %s", selector, got)
		}
		page.MustElement("html:not(.busy) #tenant-head")
	}
	page.MustElement("html[lang=sw]:not(.busy) form.language button").MustClick()
	page.MustElement("html[lang=en]:not(.busy) #tenant-head")
}

func (w *world) searches(t *testing.T, page *browserTab, ids []string) {
	page.open(w.URL + "/admin/tenants")
	page.MustEval(`() => { window.notReloaded = true }`)
	page.MustElement("#q").MustInput("mbeya")
	page.MustWait(`(id) => document.querySelectorAll("tr[id^=tenant-]").length === 1 &&
		document.getElementById("tenant-" + id) !== null`, ids[2])
	if !page.MustEval(`() => window.notReloaded && document.activeElement.id === "q"`).Bool() {
		t.Error("searching took the word or the place away")
	}
	page.MustElementR("thead a", "Business").MustClick()
	page.MustElement(`th[aria-sort="ascending"].col-name`)
}

func (w *world) decidesARequest(ctx context.Context, t *testing.T, page *browserTab) {
	const owner = "juma@example.com"
	if err := w.Portal(ctx, owner, http.MethodPost, "/portal/users", map[string]string{"email": owner, "name": "Juma"},
		nil); err != nil {
		t.Fatal(err)
	}
	page.open(w.URL + "/admin/setup-requests")
	page.MustElementR(".empty", "No requests yet")
	wish := map[string]string{"businessName": "Juma Electronics", "templateType": "ECOMMERCE",
		"whatsappNumber": "+44 7911 123456"}
	if err := w.Portal(ctx, owner, http.MethodPost, "/portal/setup-request", wish, nil); err != nil {
		t.Fatal(err)
	}
	page.MustElementR(".card .remarks", "not from East Africa") // it came by itself
	page.MustElementR(".tabs .badge", "1")
	page.MustElement(".card input[name=notes]").MustInput("Karibu")
	page.MustElementR(".card button", "Approve").MustClick()
	page.MustElementR(".status.good", "Approved")
	page.MustElementR("main", "Karibu")
}

// isCutOff ends the appliance under an open page, which says so, and starts it again, which the page notices.
func (w *world) isCutOff(t *testing.T, page *browserTab) {
	page.open(w.URL + "/admin/tenants")
	page.MustEval(`() => { window.notReloaded = true }`)
	if err := w.Stop(40 * time.Second); err != nil {
		t.Fatal(err)
	}
	page.MustWait(`() => !document.getElementById("stream-cut").hidden`)
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	page.MustWait(`() => document.getElementById("stream-cut").hidden && window.notReloaded === true`)
}

func (w *world) signsOutAnother(ctx context.Context, t *testing.T, page *browserTab) {
	other, err := signInByForm(ctx, w.URL)
	if err != nil {
		t.Fatal(err)
	}
	page.open(w.URL + "/admin/sessions")
	page.MustElementR(".card .status", "This browser")
	page.MustElementR("button.danger", "Sign out all others").MustClick()
	page.MustWait(`() => document.querySelectorAll(".card").length === 1`)
	if to, err := landsOn(ctx, w.URL+"/admin/tenants", other); err != nil || !strings.HasPrefix(to, "/sign-in") {
		t.Errorf("the other browser lands on %q, %v", to, err)
	}
}

// The essentials need no JavaScript: signing in, the list, doing something with several, deciding a request.
func TestPagesWorkWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	page := browserPage(t, w.URL+"/sign-in")
	// The pages' one script does not come; the browser itself must go on running scripts, since the test's own hands
	// are some.
	router := page.HijackRequests()
	router.MustAdd("*/assets/*.js", func(h *rod.Hijack) { h.Response.Fail(proto.NetworkErrorReasonBlockedByClient) })
	go router.Run()
	defer router.MustStop()
	page.MustReload().MustWaitLoad()
	signIn(page)
	page.MustElementR("h1", "Businesses")
	if page.MustEval(`() => typeof window.htmx !== "undefined"`).Bool() {
		t.Fatal("the script came all the same")
	}
	page.open(w.URL + "/admin/tenants/new")
	id := makeBusiness(page, "Neema Salon", "+255 700 000 911")
	page.open(w.URL + "/admin/tenants?q=neema")
	page.MustElement("#tenant-" + id + " .tick").MustClick()
	page.MustElementR(".bulk button", "Start").MustClick()
	page.MustElementR("h1", "Start: 1 business")
	page.MustElement("form.form button.main").MustClick()
	page.MustElement("#bulk-job")
	if !strings.Contains(page.MustHTML(), `<noscript><meta http-equiv="refresh"`) &&
		!strings.Contains(page.MustElement("#bulk-job").MustText(), "1 of 1") {
		t.Error("the result would never be seen without a script")
	}
	err := harness.Until(limit(t, time.Minute), 500*time.Millisecond, func() error {
		page.MustReload().MustWaitLoad() // what the page asks for itself where the browser has no scripts at all
		if text := page.MustElement("#bulk-job").MustText(); !strings.Contains(text, "1 of 1") {
			return errors.New(text)
		}
		return nil
	})
	if err != nil {
		t.Errorf("the action did not end: %v", err)
	}
	err = harness.Until(limit(t, time.Minute), 200*time.Millisecond, func() error {
		_, err := w.QR(t.Context(), id)
		return err
	})
	if err != nil {
		t.Errorf("the worker was not started: %v", err)
	}
}

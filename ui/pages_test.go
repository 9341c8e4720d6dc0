package ui_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"flowhq"
)

// shown is a page, what it must say in English and in Swahili.
type shown struct{ path, english, swahili string }

// village is a site with something on every page.
type village struct {
	*site
	salon, duka, fastnet, quiet string // ids of businesses: answering, banned, waiting for the scan, never started
	token                       string // of the owner's link of FastNet
	booking, order, setupID     string
	bulk                        string
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{site: newSite(t)}
	v.salon = v.tenant("Neema Salon", servicesConnected())
	v.duka = v.tenant("Duka <b>la</b> Asha", flowhq.SessionReport{
		Phase: flowhq.PhaseBanned, Detail: "WhatsApp banned the number for a time (code 101).",
		LinkedJID: "255700000002:1@s.whatsapp.net",
	})
	expires := v.Clock.Now().Add(15 * time.Second)
	v.fastnet = v.tenant("FastNet", flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@code", QRExpires: &expires})
	v.quiet = v.tenant("Kimya", flowhq.SessionReport{Phase: flowhq.PhaseOff})
	v.chat(v.salon)
	v.booking = v.request(v.salon, flowhq.RequestEvent{
		ID: "q1", Type: flowhq.RequestBooking, Status: flowhq.RequestNew,
		Fields: flowhq.RequestFields{Service: "Facial", Date: "2026-03-01", Time: "10:00", Name: "Asha"},
	})
	v.order = v.request(v.salon, flowhq.RequestEvent{
		ID: "q3", Chat: "lid:123456", Type: flowhq.RequestOrder, Status: flowhq.RequestNew,
		Fields: flowhq.RequestFields{Items: []flowhq.OrderItem{{Product: "Kitenge", Quantity: 2}}, Total: 50000,
			Currency: "TZS"},
	})
	v.post("/admin/tenants/"+v.salon+"/requests/"+v.order, url.Values{"status": {"DONE"}})
	v.Must(v.publish(v.salon, 30000))
	_, err := v.SaveDraft(v.Ctx, "admin", v.salon, prices(35000), "")
	v.Must(err)
	until := v.Clock.Now().Add(24 * time.Hour)
	v.Must(v.PauseFor(v.Ctx, "admin", v.quiet, flowhq.Pause{Reason: "not paid", Until: &until}))
	address, _, err := v.CreateInvite(v.Ctx, "admin", v.fastnet)
	v.Must(err)
	_, v.token, _ = strings.Cut(address, "/link/")
	v.setupID = v.setup("neema@example.com", "+255712000009")
	job := v.post("/admin/bulk", url.Values{"action": {"pause"}, "ids": {v.quiet}, "confirm": {"yes"}})
	v.bulk = job.Header().Get("Location")
	return v
}

func prices(price int64) flowhq.Settings {
	return flowhq.Settings{Services: []flowhq.Item{{Name: "Facial", Price: price, Available: true}}}.Normalize()
}

func (v *village) publish(id string, price int64) error {
	if _, err := v.SaveDraft(v.Ctx, "admin", id, prices(price), ""); err != nil {
		return err
	}
	_, err := v.PublishDraft(v.Ctx, "admin", id)
	return err
}

func servicesConnected() flowhq.SessionReport {
	return flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255700000001:1@s.whatsapp.net"}
}

// pages lists every page and every part that renews itself, with what matters on it.
func (v *village) pages() []shown {
	of := "/admin/tenants/" + v.salon
	chat := of + "/chats/%2B255700000055"
	return []shown{
		{"/sign-in", "Sign in", "Ingia"},
		{"/api/docs", "/admin/things/{id}", "Yaliyomo"},
		{"/admin/overview", "Needs your attention", "Yanayohitaji uangalizi wako"},
		{"/admin/overview?part=overview", "40.0 GB free of 100.0 GB", "40.0 GB huru kati ya 100.0 GB"},
		{"/admin/tenants", "Neema Salon", "Inasubiri kuunganishwa"},
		{"/admin/tenants?q=asha", "Duka &lt;b&gt;la&lt;/b&gt; Asha", "Inahitaji uangalizi"},
		{"/admin/tenants?part=list", "FastNet", "Inajibu"},
		{"/admin/tenants?status=ERROR", "banned the number for a time (code 101).",
			"imefungia namba kwa muda (msimbo 101)."},
		{"/admin/tenants/new", "New business", "Biashara mpya"},
		{"/admin/sessions", "This browser", "Vivinjari vilivyoingia"},
		{"/admin/setup-requests", "Waiting for your decision", "Yanasubiri uamuzi wako"},
		{"/admin/setup-requests?part=list", "neema@example.com", "Linasubiri"},
		{"/admin/setup-requests?part=waiting", `<span class="badge">1</span>`, `<span class="badge">1</span>`},
		{"/admin/setup-requests/" + v.setupID, "Approve", "Kataa"},
		{v.bulk, "Pause: 1 business", "Sitisha: biashara 1"},

		{of, "Linked and connected", "Mazungumzo"},
		{of + "?part=head", "Restart", "Simamisha"},
		{of + "?part=chats", "Karibu", "Amejitoa"},
		{of + "?part=waiting", "Facial", "saa 4 asubuhi"},
		{of + "?part=process", "Running", "Inafanya kazi"},
		{of + "?part=events", "Worker started by admin", "Bot imeanzishwa na msimamizi"},
		{"/admin/tenants/" + v.duka, "banned the number for a time (code 101).", "Cha kufanya"},
		{"/admin/tenants/" + v.fastnet + "?part=linking", `src="data:image/png;base64,`, "Elekeza kamera"},
		{"/admin/tenants/" + v.quiet, "not paid", "Imesitishwa"},
		{"/admin/tenants/" + v.quiet + "/manage", "not paid", "itaendelea"},

		{of + "/linking", "Create a link", "Tengeneza kiungo"},
		{"/admin/tenants/" + v.fastnet + "/linking?part=invites", "Not opened yet", "Bado hakijafunguliwa"},
		{of + "/chats", "Choose a chat", "Chagua mazungumzo"},
		{of + "/chats?q=karibu", "<mark>Karibu</mark>", "Ndani ya jumbe"},
		{of + "/chats?part=list", "Asha", "Amejitoa"},
		{chat, "Not answered: a person handles the chat", "Haukujibiwa: mtu anashughulikia mazungumzo"},
		{chat + "?part=head", "Take over", "Chukua mazungumzo"},
		{chat + "?part=newer&after=20200101T000000.000_x", "&lt;script&gt;", "mteja"},
		{of + "/requests?type=BOOKING", "Today", "saa 4 asubuhi"},
		{of + "/requests?type=ORDER&closed=1", "TZS 50,000", "Limekamilika"},
		{of + "/requests/" + v.booking, "Facial", "Historia"},
		{of + "/customers", "VIP", "Lebo"},
		{of + "/customers?opted_out=1", "These customers wrote STOP", "waliandika ACHA"},
		{of + "/settings", "35,000", "Saa za kazi"},
		{of + "/flow", "flow: 1", "Andika kama mteja"},
		{of + "/process", "The chart of memory and processor", "siri"},
		{of + "/process?part=restarts", "The worker started (process 2)", "Bot imeanza (mchakato 2)"},
		{of + "/worker/log", "&lt;b&gt;second&lt;/b&gt;", "Pakua"},
		{of + "/worker/log?q=boom", "found &lt;boom&gt;", "mistari imepatikana"},
		{of + "/events", "Timeline", "Matukio"},
		{of + "/events?type=ADMIN&part=events", "Worker started by admin", "Bot imeanzishwa na msimamizi"},
		{of + "/manage", "Type the name", "Namba nyingine"},
		{"/link/" + v.token, "data:image/png;base64,", "Unganisha simu"},
		{"/link/" + v.token + "?lang=EN", "Link the phone of the business", "Link the phone of the business"},
	}
}

func TestPages_BothLanguages(t *testing.T) {
	v := newVillage(t)
	for _, p := range v.pages() {
		for lang, want := range map[string]string{"en": p.english, "sw": p.swahili} {
			if body := v.page(p.path, "Accept-Language", lang); !strings.Contains(body, want) {
				t.Errorf("GET %s in %s: without %q\n%s", p.path, lang, want, body)
			}
		}
	}
}

var (
	inline = regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]|<style|\son[a-z]+\s*=\s*"|\sstyle\s*=|` +
		`javascript:|(?:src|href|action)="(?:https?:)?//`)
	elementID    = regexp.MustCompile(`\sid="([^"]+)"`)
	untranslated = regexp.MustCompile(`>\s*[a-z]+(?:_[a-z]+)*\.[a-zA-Z_.]+\s*<|(?:page|time|alarm)\.[a-z]+[._][a-z]`)
	assetPath    = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)
)

// What the content security policy forbids is on no page, no key stands where a text should, and each id is there once.
func TestPages_HoldNothingInline(t *testing.T) {
	v := newVillage(t)
	assets := map[string]bool{}
	for _, p := range v.pages() {
		body := v.page(p.path)
		if hit := inline.FindString(body); hit != "" {
			t.Errorf("%s holds %q, which the content security policy forbids", p.path, hit)
		}
		if hit := untranslated.FindString(body); hit != "" {
			t.Errorf("%s shows a key instead of a text: %q", p.path, hit)
		}
		seen := map[string]bool{}
		for _, m := range elementID.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				t.Errorf("%s has two elements with the id %q", p.path, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range assetPath.FindAllStringSubmatch(body, -1) {
			assets[m[1]] = true
		}
	}
	if len(assets) < 3 {
		t.Errorf("the pages name the assets %v", assets)
	}
	for path := range assets {
		if w := v.get(path); w.Code != http.StatusOK ||
			!strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %s", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestPages_Unknown(t *testing.T) {
	v := newVillage(t)
	for _, path := range []string{
		"/admin/tenants/none", "/admin/tenants/" + v.salon + "?part=none", "/admin/setup-requests/none",
		"/assets/none.css", "/admin/bulk/none",
		"/admin/tenants/" + v.salon + "/requests/none", "/admin/tenants/" + v.salon + "/chats/nobody",
	} {
		if w := v.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A browser that is not signed in sees nothing but what is open to everybody.
func TestPages_SignedOut(t *testing.T) {
	v := newVillage(t)
	v.cookie = ""
	for _, p := range v.pages() {
		open := strings.HasPrefix(p.path, "/sign-in") || strings.HasPrefix(p.path, "/link/") || p.path == "/api/docs"
		if w := v.get(p.path); (w.Code == http.StatusOK) != open || !open && w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", p.path, w.Code)
		}
	}
}

package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
)

// busy is a fleet whose first tenant has something on every page.
func busy() *fleetStub {
	f := example()
	f.public = true
	f.messages[0].Trace = []flowhq.TraceEntry{
		{Step: flowhq.TraceReceived, Detail: "from WhatsApp", At: noon()},
		{Step: flowhq.TraceHandedOver, Detail: "the owner wrote in this chat", At: noon()},
	}
	f.messages[0].ID, f.messages[0].Chat = "m1", "+255700000055"
	today := time.Now().In(flowhq.Settings{}.Location()).Format(time.DateOnly)
	f.records = []flowhq.CustomerRequest{
		{ID: "q1", TenantID: "t1", Chat: "+255700000055", Type: flowhq.RequestBooking, Status: flowhq.RequestNew, CreatedAt: noon(),
			Fields: flowhq.RequestFields{Service: "Facial", Date: "2026-01-02", Time: "10:00", Name: "Asha"}},
		{ID: "q2", TenantID: "t1", Chat: "+255700000055", Type: flowhq.RequestBooking, Status: flowhq.RequestConfirmed, CreatedAt: noon(),
			Fields: flowhq.RequestFields{Service: "Kusuka", Date: today, Time: "14:30", Name: "Neema"}},
		{ID: "q3", TenantID: "t1", Chat: "lid:123456", Type: flowhq.RequestOrder, Status: flowhq.RequestDone, CreatedAt: noon(),
			Fields: flowhq.RequestFields{Items: []flowhq.OrderItem{{Product: "Kitenge", Quantity: 2}}, Total: 50000, Currency: "TZS"}},
	}
	f.draft = &flowhq.SettingsVersion{Version: 3, State: flowhq.SettingsDraft, Author: "admin", CreatedAt: noon(),
		Settings: flowhq.Settings{Services: []flowhq.Item{{Name: "Facial", Price: 35000, Available: true}}}.Normalize()}
	until := noon().Add(24 * time.Hour)
	f.paused = &flowhq.Pause{Reason: "not paid", Until: &until, CreatedAt: noon()}
	return f
}

func tenantPages() map[string][2]string {
	of := "/admin/tenants/t1"
	chat := of + "/chats/%2B255700000055"
	return map[string][2]string{
		of:                           {"not paid", "Imesitishwa"},
		of + "/linking":              {"Create a link", "Tengeneza kiungo"},
		of + "/linking?part=invites": {"Not opened yet", "Kimebatilishwa"},
		of + "/chats":                {"Choose a chat", "Chagua mazungumzo"},
		of + "/chats?q=karibu":       {"<mark>Karibu</mark>", "Ndani ya jumbe"},
		of + "/chats?part=list":      {"Asha", "Amejitoa"},
		chat:                         {"Not answered: a person handles the chat", "Haukujibiwa: mtu anashughulikia mazungumzo"},
		chat + "?part=head":          {"Take over", "Chukua mazungumzo"},
		chat + "?part=newer&after=20200101T000000.000_x":    {"&lt;script&gt;", "mteja"},
		chat + "?part=trace&message=20261123T120000.000_m1": {"Received", "Umepokelewa"},
		of + "/requests":                       {"Today", "saa 4 asubuhi"},
		of + "/requests?type=ORDER&closed=1":   {"TZS 50,000", "Limekamilika"},
		of + "/requests/q1":                    {"Facial", "Historia"},
		of + "/customers":                      {"VIP", "Lebo"},
		of + "/customers?opted_out=1":          {"opted_out=1", "waliandika ACHA"},
		of + "/settings":                       {"35,000", "Saa za kazi"},
		of + "/flow":                           {"flow: 1", "Andika kama mteja"},
		of + "/process":                        {"<polyline", "siri"},
		of + "/process?part=process":           {"9.0 MB of 256 MB", "kati ya"},
		of + "/process?part=restarts":          {"Status NEW", "Kuanza na kusimama"},
		of + "/worker/log":                     {"&lt;b&gt;second&lt;/b&gt;", "Pakua"},
		of + "/worker/log?q=boom":              {"found &lt;boom&gt;", "mistari imepatikana"},
		of + "/events":                         {"Status NEW", "Matukio"},
		of + "/events?type=WORKER&part=events": {"Status NEW", "Status NEW"},
		of + "/manage":                         {"Type the name", "Namba nyingine"},
		"/link/" + token:                       {"data:image/png;base64,AAAA", "Unganisha simu"},
		"/link/" + token + "?lang=EN":          {"Link the phone of the business", "English"},
	}
}

func TestTenantPagesAreDrawnInBothLanguages(t *testing.T) {
	f := busy()
	f.tenants[2].Session.QRExpires = new(time.Now().Add(15 * time.Second))
	h := serve(t, f)
	for path, want := range tenantPages() {
		for i, lang := range []string{"en", "sw"} {
			if strings.HasSuffix(path, "lang=EN") && i == 1 {
				continue
			}
			w := get(h, path, "Accept-Language", lang)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want[i]) {
				t.Errorf("GET %s in %s: %d, without %q", path, lang, w.Code, want[i])
			}
		}
	}
}

func TestTenantPagesHoldNothingInline(t *testing.T) {
	h := serve(t, busy())
	inline := regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]|<style|\son[a-z]+\s*=\s*"|\sstyle\s*=|javascript:|(?:src|href|action)="(?:https?:)?//`)
	id := regexp.MustCompile(`\sid="([^"]+)"`)
	untranslated := regexp.MustCompile(`>\s*[a-z]+(?:_[a-z]+)*\.[a-zA-Z_.]+\s*<`)
	for path := range tenantPages() {
		body := get(h, path).Body.String()
		if hit := inline.FindString(body); hit != "" {
			t.Errorf("%s holds %q, which the content security policy forbids", path, hit)
		}
		if hit := untranslated.FindString(body); hit != "" {
			t.Errorf("%s shows a key instead of a text: %q", path, hit)
		}
		seen := map[string]bool{}
		for _, m := range id.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				t.Errorf("%s has two elements with the id %q", path, m[1])
			}
			seen[m[1]] = true
		}
	}
}

func TestTenantForms(t *testing.T) {
	f := busy()
	f.draft = nil
	h := serve(t, f)
	of := "/admin/tenants/t1"
	chat := of + "/chats/%2B255700000055"
	for _, s := range []struct {
		path, to string
		form     url.Values
	}{
		{of + "/pause", of + "/manage?done=paused", url.Values{"reason": {"not paid"}, "until": {"2027-01-10"}}},
		{of + "/reset", of + "/linking?done=reset", url.Values{"phone_number": {"+255 1"}}},
		{of + "/links/i1/revoke", of + "/linking?done=revoked", nil},
		{chat + "/send", chat, url.Values{"text": {"Karibu"}}},
		{chat + "/take-over", chat, nil},
		{chat + "/release", chat, nil},
		{chat + "/labels", of + "/customers?q=as&done=labels", url.Values{"labels": {"VIP, new"}, "q": {"as"}}},
		{of + "/requests/q1", of + "/requests?type=BOOKING&undo=q1_NEW&done=request_confirmed", url.Values{"status": {"CONFIRMED"}}},
		{of + "/requests/q1", of + "/requests/q1?done=saved", url.Values{"notes": {"calls back"}}},
		{of + "/identity", of + "/settings?done=saved", url.Values{"name": {"Neema"}, "phone_number": {"+255700000001"}}},
		{of + "/settings/publish", of + "/settings?done=published", nil},
		{of + "/settings/discard", of + "/settings?done=discarded", nil},
		{of + "/settings/rollback", of + "/settings?done=rolled_back", url.Values{"version": {"1"}}},
		{of + "/flow", of + "/flow?done=draft", url.Values{"flow_yaml": {"flow: 1\r\nname: x"}}},
	} {
		w := post(h, s.path, s.form)
		got, _ := url.PathUnescape(w.Header().Get("Location"))
		want, _ := url.PathUnescape(s.to)
		if w.Code != http.StatusSeeOther || got != want {
			t.Errorf("POST %s: %d to %q, want %q", s.path, w.Code, got, want)
		}
	}
	want := []string{
		`pause t1 "not paid" 2027-01-09T21:00:00Z`, // the day begins in Dar es Salaam
		"reset t1 to +255 1", "revoke t1 i1", "send t1 +255700000055 Karibu", "take over t1 +255700000055", "release t1 +255700000055",
		"label t1 +255700000055 VIP| new", "move q1 CONFIRMED", "note q1", "update t1 Neema", "publish t1", "discard t1", "roll back t1 to 1", "draft t1",
	}
	if !slices.Equal(f.done, want) {
		t.Errorf("done\n%q, want\n%q", f.done, want)
	}
}

func TestUndoLeadsBack(t *testing.T) {
	body := get(serve(t, busy()), "/admin/tenants/t1/requests?type=BOOKING&undo=q1_NEW&done=request_confirmed").Body.String()
	for _, want := range []string{"Confirmed.", `action="/admin/tenants/t1/requests/q1"`, `name="status" value="NEW"`, "Undo"} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q", want)
		}
	}
	if strings.Contains(get(serve(t, busy()), "/admin/tenants/t1?done=anything").Body.String(), "anything") {
		t.Error("the page repeats what the address says")
	}
}

func TestSettingsFormKeepsWhatWasTyped(t *testing.T) {
	f := busy()
	f.draft = nil
	h := serve(t, f)
	typed := url.Values{
		"do": {"save"}, "timezone": {"Mars/Olympus"}, "currency": {"TZS"}, "contact": {"Kariakoo & co"},
		"service.0.name": {"Facial"}, "service.0.price": {"30,000/="}, "service.0.available": {"1"},
		"service.1.name": {"Kusuka"}, "service.1.price": {"a lot"},
		"service.2.name": {""}, "service.2.price": {""}, "service.2.unit": {""},
		"hours_known": {"1"}, "mon.0.open": {"08:00"}, "mon.0.close": {"17:00"}, "holiday": {"2026-12-25"}, "replies_per_minute": {"many"},
	}
	w := post(h, "/admin/tenants/t1/settings", typed)
	body := w.Body.String()
	if w.Code != http.StatusBadRequest {
		t.Errorf("it answered %d", w.Code)
	}
	for _, want := range []string{`value="a lot"`, "must be a whole number", "Kariakoo &amp; co", `value="08:00"`, `value="2026-12-25"`, `value="many"`, `value="30,000/="`} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q", want)
		}
	}
	typed.Set("service.1.price", "15 000")
	typed.Set("replies_per_minute", "5")
	if body := post(h, "/admin/tenants/t1/settings", typed).Body.String(); !strings.Contains(body, "is no time zone") {
		t.Error("the wrong time zone is not named")
	}
	typed.Set("timezone", "Africa/Nairobi")
	if w := post(h, "/admin/tenants/t1/settings", typed); w.Code != http.StatusSeeOther {
		t.Fatalf("it answered %d: %s", w.Code, regexp.MustCompile(`class="wrong"[^<]*<?`).FindString(w.Body.String()))
	}
	s := f.saved
	if len(s.Services) != 2 || s.Services[0].Price != 30000 || !s.Services[0].Available || s.Services[1].Price != 15000 || s.Services[1].Available ||
		s.Hours == nil || len(s.Hours.Days[time.Monday]) != 1 || s.Hours.Holidays[0] != "2026-12-25" || *s.Limits.RepliesPerMinute != 5 {
		t.Errorf("saved %+v", s)
	}
}

func TestSettingsRowsComeAndGoWithoutScript(t *testing.T) {
	h := serve(t, busy())
	typed := url.Values{
		"do": {"add.service"}, "timezone": {"Africa/Nairobi"}, "currency": {"KES"},
		"service.0.name": {"First"}, "service.1.name": {"Second"}, "product.0.name": {"Third"},
	}
	body := post(h, "/admin/tenants/t1/settings", typed).Body.String()
	if !strings.Contains(body, `name="service.2.name" value=""`) || !strings.Contains(body, `value="Second"`) || !strings.Contains(body, `value="KES"`) {
		t.Error("there is no third row, or what was typed is gone")
	}
	typed.Set("do", "remove.service.0")
	body = post(h, "/admin/tenants/t1/settings", typed).Body.String()
	if !strings.Contains(body, `name="service.0.name" value="Second"`) || strings.Contains(body, `value="First"`) {
		t.Error("the first row is still there")
	}
	for _, odd := range []string{"remove.service.99", "remove.service.-1", "remove.nothing.0", "add.nothing", "remove"} {
		typed.Set("do", odd)
		if w := post(h, "/admin/tenants/t1/settings", typed); w.Code != http.StatusOK {
			t.Errorf("%s: %d", odd, w.Code)
		}
	}
}

func htmxPost(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTryingAFlowOut(t *testing.T) {
	f := busy()
	h := serve(t, f)
	const of = "/admin/tenants/t1/flow"
	body := htmxPost(h, of+"/try", url.Values{"text": {"habari <b>"}, "flow_yaml": {"flow: 1"}}).Body.String()
	for _, want := range []string{"Karibu! habari &lt;b&gt;", "The bot calls a person.", `name="state" value="{&#34;n&#34;:0}"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the try-out lacks %q", want)
		}
	}
	if strings.Contains(body, "<!DOCTYPE") || strings.Contains(body, "hidden\"") && strings.Contains(body, ">hidden<") {
		t.Error("it is a whole page, or shows a decision")
	}
	log := regexp.MustCompile(`name="log" value="([^"]*)"`).FindStringSubmatch(body)[1]
	log = strings.NewReplacer("&#34;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&", `\u003c`, "<").Replace(log)
	body = post(h, of+"/try", url.Values{"text": {"bei?"}, "state": {`{"n":0}`}, "log": {log}}).Body.String()
	if !strings.Contains(body, "<!DOCTYPE") || !strings.Contains(body, "Karibu! habari") || !strings.Contains(body, "Karibu! bei?") {
		t.Error("without JavaScript the page does not keep what was said")
	}
	body = htmxPost(h, of+"/try", url.Values{"text": {"typed words"}, "flow_yaml": {"bad"}}).Body.String()
	if !strings.Contains(body, "line 3, column 5") || !strings.Contains(body, "typed words") {
		t.Error("a flow that does not load is not told, or what was typed is gone")
	}
	body = htmxPost(h, of+"/check", url.Values{"flow_yaml": {"bad"}, "do": {"check"}}).Body.String()
	if !strings.Contains(body, `data-line="3"`) || !strings.Contains(body, "line 3, column 5") {
		t.Errorf("the check says %s", body)
	}
	body = htmxPost(h, of+"/check", url.Values{"flow_yaml": {"flow: 1"}, "do": {"replay"}}).Body.String()
	if !strings.Contains(body, "No mistakes found") || !strings.Contains(body, "<ins>after</ins>") {
		t.Errorf("the comparison says %s", body)
	}
	w := post(h, of, url.Values{"flow_yaml": {"bad"}})
	if body := w.Body.String(); w.Code != http.StatusBadRequest || !strings.Contains(body, ">bad</textarea>") || !strings.Contains(body, `data-line="3"`) {
		t.Errorf("a refused flow: %d", w.Code)
	}
}

func TestTheOwnersLink(t *testing.T) {
	f := busy()
	h := serve(t, f)
	w := get(h, "/link/"+token)
	body := w.Body.String()
	if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("headers %v", w.Header())
	}
	for _, never := range []string{"/admin/", "EventSource", "sign-out"} {
		if strings.Contains(body, never) {
			t.Errorf("an owner's page holds %q", never)
		}
	}
	again := regexp.MustCompile(`hx-get="([^"]+)"`).FindStringSubmatch(body)[1]
	part := get(h, strings.ReplaceAll(again, "&amp;", "&"))
	next := regexp.MustCompile(`hx-get="([^"]+)"`).FindStringSubmatch(part.Body.String())[1]
	if w := get(h, strings.ReplaceAll(next, "&amp;", "&")); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("what has not changed is sent again: %d", w.Code)
	}
	for n := range 4 {
		body := htmxPost(h, "/link/"+token+"/code?lang=EN", url.Values{"phone_number": {"+255700000003"}}).Body.String()
		if got := strings.Contains(body, "ABCD-EFGH"); got != (n < 3) {
			t.Errorf("code %d: %v", n+1, got)
		}
	}
	gone := get(h, "/link/another", "Accept-Language", "sw")
	if gone.Code != http.StatusNotFound || !strings.Contains(gone.Body.String(), "Kiungo hiki hakifanyi kazi") {
		t.Errorf("a link that there is not: %d", gone.Code)
	}
	for range 25 {
		gone = get(h, "/link/another")
	}
	if gone.Code != http.StatusTooManyRequests {
		t.Errorf("whoever tries links is not slowed down: %d", gone.Code)
	}
}

func TestInviteIsShownOnce(t *testing.T) {
	f := busy()
	h := serve(t, f)
	w := post(h, "/admin/tenants/t1/links", nil)
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), "https://bots.example.com/link/"+token) {
		t.Errorf("%d without the address", w.Code)
	}
	if strings.Contains(get(h, "/admin/tenants/t1/linking").Body.String(), token) {
		t.Error("the address is shown again")
	}
	f.public = false
	if body := get(h, "/admin/tenants/t1/linking").Body.String(); !strings.Contains(body, "PUBLIC_URL") || strings.Contains(body, "Create a link") {
		t.Error("without an address outside the page does not say what is missing")
	}
}

func TestDeletingWantsTheNameTyped(t *testing.T) {
	f := busy()
	w := post(serve(t, f), "/admin/tenants/t1/delete", url.Values{"confirm": {"Neema"}})
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `value="Neema"`) || len(f.done) > 0 {
		t.Errorf("%d, done %q", w.Code, f.done)
	}
}

func TestRefusedFormsOfATenantSayWhy(t *testing.T) {
	h := serve(t, busy())
	of := "/admin/tenants/t1"
	for path, c := range map[string]struct {
		form url.Values
		says string
	}{
		"/pause":                      {url.Values{"until": {"soon"}, "reason": {"kept words"}}, "kept words"},
		"/reset":                      {url.Values{"phone_number": {"12"}}, `value="12"`},
		"/identity":                   {url.Values{"name": {""}, "business_name": {"kept words"}}, "kept words"},
		"/chats/%2B255700000055/send": {url.Values{"text": {"  "}}, "must not be empty"},
		"/settings/rollback":          {url.Values{"version": {"x"}}, "Version not found"},
		"/requests/none":              {url.Values{"status": {"DONE"}}, "Request not found"},
		"/chats/nobody/take-over":     {nil, ""},
	} {
		w := post(h, of+path, c.form)
		if path == "/chats/nobody/take-over" {
			continue
		}
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d, without %q", path, w.Code, c.says)
		}
	}
	if w := get(h, of+"/worker/log?q="+strings.Repeat("x", 201)); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "is longer than") {
		t.Errorf("a search that is too long: %d", w.Code)
	}
}

func TestAThousandRequestsAreOnePage(t *testing.T) {
	f := busy()
	f.records = nil
	for i := range 1000 {
		f.records = append(f.records, flowhq.CustomerRequest{
			ID: fmt.Sprint("r", i), TenantID: "t1", Type: flowhq.RequestBooking, Status: flowhq.RequestNew, Chat: "+255700000055",
			Fields: flowhq.RequestFields{Service: "Facial", Date: noon().AddDate(0, 0, i%30).Format(time.DateOnly), Time: "10:00"},
		})
	}
	w := get(serve(t, f), "/admin/tenants/t1/requests?type=BOOKING")
	if n := strings.Count(w.Body.String(), `class="card request"`); w.Code != http.StatusOK || n != 1000 || !strings.Contains(w.Body.String(), "There are more open requests than fit here") {
		t.Errorf("%d, %d cards", w.Code, n)
	}
}

func TestAPauseIsCountedDown(t *testing.T) {
	for lang, words := range map[string]string{"en": "WhatsApp ends this on", "sw": "WhatsApp itaondoa kizuizi hiki"} {
		for _, tc := range []struct {
			phase flowhq.Phase
			ends  *time.Time
			shown bool
		}{
			{flowhq.PhaseBanned, in(time.Hour), true}, {flowhq.PhaseRestricted, in(time.Minute), true},
			{flowhq.PhaseBanned, in(-time.Second), false}, {flowhq.PhaseBanned, nil, false}, {flowhq.PhaseConnected, in(time.Hour), false},
		} {
			f := example()
			f.tenants[1].Session.Phase, f.tenants[1].Session.BlockedUntil = tc.phase, tc.ends
			page := get(serve(t, f), "/admin/tenants/t2", "Accept-Language", lang).Body.String()
			if shown := strings.Contains(page, words) && strings.Contains(page, `data-left="long"`); shown != tc.shown {
				t.Errorf("%s, %s until %v: shown %t", lang, tc.phase, tc.ends, shown)
			}
		}
	}
}

// in gives a time from now, as the pages see it.
func in(d time.Duration) *time.Time {
	at := time.Now().Add(d)
	return &at
}

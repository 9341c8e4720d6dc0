package ui_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"flowhq"
)

func (s *site) htmxPost(path string, form url.Values) string {
	return s.post(path, form, "HX-Request", "true").Body.String()
}

func TestTenant_Forms(t *testing.T) {
	v := newVillage(t)
	of := "/admin/tenants/" + v.salon
	chat := of + "/chats/%2B255700000055"
	link := regexp.MustCompile(`/links/([^/]+)/revoke`).FindString(v.page("/admin/tenants/" + v.fastnet + "/linking"))
	v.Links.Took()
	for _, s := range []struct {
		path, to string
		form     url.Values
	}{
		{chat + "/take-over", chat, nil},
		{chat + "/release", chat, nil},
		{chat + "/labels", of + "/customers?q=as&done=labels", url.Values{"labels": {"VIP, new"}, "q": {"as"}}},
		{of + "/requests/q1", of + "/requests?type=BOOKING&undo=q1_NEW&done=request_confirmed",
			url.Values{"status": {"CONFIRMED"}}},
		{of + "/requests/q1", of + "/requests/q1?done=saved", url.Values{"notes": {"calls back"}}},
		{of + "/settings/publish", of + "/settings?done=published", nil},
		{of + "/settings/rollback", of + "/settings?done=rolled_back", url.Values{"version": {"1"}}},
		{of + "/flow", of + "/flow?done=draft", url.Values{"flow_yaml": {""}}},
		{of + "/settings/discard", of + "/settings?done=discarded", nil},
		{of + "/pause", of + "/manage?done=paused", url.Values{"reason": {"not paid"}, "until": {"2027-01-10"}}},
		{of + "/reset", of + "/linking?done=reset", url.Values{"phone_number": {"+255 712 000 111"}}},
		{"/admin/tenants/" + v.fastnet + link, "/admin/tenants/" + v.fastnet + "/linking?done=revoked", nil},
	} {
		w := v.post(s.path, s.form)
		got, _ := url.PathUnescape(w.Header().Get("Location"))
		want, _ := url.PathUnescape(s.to)
		if w.Code != http.StatusSeeOther || got != want {
			t.Errorf("POST %s: %d to %q, want %q\n%s", s.path, w.Code, got, want, w.Body)
		}
	}
	if took := strings.Join(v.Links.Took(), " "); !strings.Contains(took, "take-over "+asha) ||
		!strings.Contains(took, "release "+asha) {
		t.Errorf("the worker was asked %q", took)
	}
	checkFormsStored(t, v)
}

// checkFormsStored looks at what the forms have changed.
func checkFormsStored(t *testing.T, v *village) {
	t.Helper()
	p, err := v.PauseOf(v.Ctx, v.salon)
	if err != nil || p == nil || p.Until == nil || p.Until.UTC().Format(time.RFC3339) != "2027-01-09T21:00:00Z" {
		t.Errorf("the day does not begin in Dar es Salaam: %v, %+v", err, p)
	}
	r, _, err := v.Request(v.Ctx, v.salon, "q1")
	if err != nil || r.Status != flowhq.RequestConfirmed || r.Notes != "calls back" {
		t.Errorf("%v, %+v", err, r)
	}
	c, err := v.Customer(v.Ctx, v.salon, asha)
	if err != nil || strings.Join(c.Labels, "|") != "VIP|new" {
		t.Errorf("%v, labels %q", err, c.Labels)
	}
	if d := v.Get(v.salon); d.PhoneNumber != "+255712000111" {
		t.Errorf("the number is %s", d.PhoneNumber)
	}
}

func TestTenant_Send(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", servicesConnected())
	s.worker(id, flowhq.WorkerEvent{Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: "in", Chat: asha, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
		Kind: flowhq.KindText, From: asha,
		To: "+255700000001", Text: "Habari", SentAt: s.Clock.Now(),
	}})
	chat := "/admin/tenants/" + id + "/chats/%2B255700000055"
	s.Links.Took()
	if w := s.post(chat+"/send", url.Values{"text": {"Karibu"}}); w.Code != http.StatusSeeOther {
		t.Errorf("it answers %d", w.Code)
	}
	if took := strings.Join(s.Links.Took(), " "); !strings.Contains(took, "send "+asha+" Karibu") {
		t.Errorf("the worker was asked %q", took)
	}
	if body := s.htmxPost(chat+"/send", url.Values{"text": {"  "}}); !strings.Contains(body, "must not be empty") ||
		strings.Contains(body, "<!DOCTYPE") {
		t.Errorf("an empty text: %s", body)
	}
}

func TestTenant_Identity(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", servicesConnected())
	form := url.Values{
		"name": {"Neema"}, "business_name": {"Salon ya Neema"}, "phone_number": {s.Get(id).PhoneNumber},
		"template_type": {"SUPPORT"}, "language": {"EN"},
	}
	w := s.post("/admin/tenants/"+id+"/identity", form)
	if d := s.Get(id); w.Code != http.StatusSeeOther || d.Name != "Neema" ||
		d.Config.TemplateType != flowhq.TemplateSupport {
		t.Errorf("%d, %+v", w.Code, d)
	}
}

func TestTenant_Undo(t *testing.T) {
	v := newVillage(t)
	of := "/admin/tenants/" + v.salon
	body := v.page(of + "/requests?type=BOOKING&undo=q1_NEW&done=request_confirmed")
	for _, want := range []string{"Confirmed.", `action="` + of + `/requests/q1"`, `name="status" value="NEW"`,
		"Undo"} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q", want)
		}
	}
	if strings.Contains(v.page(of+"?done=anything"), "anything") {
		t.Error("the page repeats what the address says")
	}
}

func TestSettings_KeepWhatWasTyped(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", flowhq.SessionReport{Phase: flowhq.PhaseOff})
	path := "/admin/tenants/" + id + "/settings"
	typed := url.Values{
		"do": {"save"}, "timezone": {"Mars/Olympus"}, "currency": {"TZS"}, "contact": {"Kariakoo & co"},
		"service.0.name": {"Facial"}, "service.0.price": {"30,000/="}, "service.0.available": {"1"},
		"service.1.name": {"Kusuka"}, "service.1.price": {"a lot"},
		"service.2.name": {""}, "service.2.price": {""}, "service.2.unit": {""},
		"hours_known": {"1"}, "mon.0.open": {"08:00"}, "mon.0.close": {"17:00"}, "holiday": {"2026-12-25"},
		"replies_per_minute": {"many"},
	}
	w := s.post(path, typed)
	if w.Code != http.StatusBadRequest {
		t.Errorf("it answered %d", w.Code)
	}
	for _, want := range []string{
		`value="a lot"`, "must be a whole number", "Kariakoo &amp; co", `value="08:00"`, `value="2026-12-25"`,
		`value="many"`, `value="30,000/="`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("without %q", want)
		}
	}
	if body := s.post(path, typed, "Accept-Language", "sw").Body.String(); !strings.Contains(body, "iwe namba kamili") {
		t.Error("what is wrong is not said in Swahili")
	}
	typed.Set("service.1.price", "15 000")
	typed.Set("replies_per_minute", "5")
	if body := s.post(path, typed).Body.String(); !strings.Contains(body, "time zone") {
		t.Error("the wrong time zone is not named")
	}
	typed.Set("timezone", "Africa/Nairobi")
	if w := s.post(path, typed); w.Code != http.StatusSeeOther {
		t.Fatalf("it answered %d: %s", w.Code, regexp.MustCompile(`class="wrong"[^<]*<?`).FindString(w.Body.String()))
	}
	checkTypedSettings(t, s, id)
}

func checkTypedSettings(t *testing.T, s *site, id string) {
	t.Helper()
	_, draft, err := s.Settings(s.Ctx, id)
	if err != nil || draft == nil {
		t.Fatalf("%v, %v", err, draft)
	}
	got := draft.Settings
	if len(got.Services) != 2 || got.Services[0].Price != 30000 || !got.Services[0].Available ||
		got.Services[1].Price != 15000 ||
		got.Services[1].Available || got.Hours == nil || len(got.Hours.Days[time.Monday]) != 1 ||
		got.Hours.Holidays[0] != "2026-12-25" ||
		*got.Limits.RepliesPerMinute != 5 {
		t.Errorf("saved %+v", got)
	}
}

func TestSettings_RowsWithoutScript(t *testing.T) {
	s := newSite(t)
	path := "/admin/tenants/" + s.tenant("Neema Salon", flowhq.SessionReport{Phase: flowhq.PhaseOff}) + "/settings"
	typed := url.Values{
		"do": {"add.service"}, "timezone": {"Africa/Nairobi"}, "currency": {"KES"},
		"service.0.name": {"First"}, "service.1.name": {"Second"}, "product.0.name": {"Third"},
	}
	body := s.post(path, typed).Body.String()
	if !strings.Contains(body, `name="service.2.name" value=""`) || !strings.Contains(body, `value="Second"`) ||
		!strings.Contains(body, `value="KES"`) {
		t.Error("there is no third row, or what was typed is gone")
	}
	typed.Set("do", "remove.service.0")
	body = s.post(path, typed).Body.String()
	if !strings.Contains(body, `name="service.0.name" value="Second"`) || strings.Contains(body, `value="First"`) {
		t.Error("the first row is still there")
	}
	for _, odd := range []string{"remove.service.99", "remove.service.-1", "remove.nothing.0", "add.nothing",
		"remove"} {
		typed.Set("do", odd)
		if w := s.post(path, typed); w.Code != http.StatusOK {
			t.Errorf("%s: %d", odd, w.Code)
		}
	}
}

func TestFlow_Try(t *testing.T) {
	v := newVillage(t)
	of := "/admin/tenants/" + v.salon + "/flow"
	body := v.htmxPost(of+"/try", url.Values{"text": {"habari <b>"}})
	if strings.Contains(body, "<!DOCTYPE") || !strings.Contains(body, "habari &lt;b&gt;") ||
		!strings.Contains(body, "Neema Salon") {
		t.Errorf("the try-out says %s", body)
	}
	carried := func(name string) string {
		return html.UnescapeString(regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(
			body)[1])
	}
	state, log := carried("state"), carried("log")
	body = v.post(of+"/try", url.Values{"text": {"Facial ni bei gani?"}, "state": {state}, "log": {log}}).Body.String()
	for _, want := range []string{"<!DOCTYPE", "habari &lt;b&gt;", "35,000"} { // the draft's price
		if !strings.Contains(body, want) {
			t.Errorf("without JavaScript the page lacks %q", want)
		}
	}
	body = v.htmxPost(of+"/try", url.Values{"text": {"typed words"}, "flow_yaml": {"flow: [1"}})
	if !strings.Contains(body, "line 1") || !strings.Contains(body, "typed words") {
		t.Errorf("a flow that does not load is not told, or what was typed is gone: %s", body)
	}
}

func TestFlow_Check(t *testing.T) {
	v := newVillage(t)
	of := "/admin/tenants/" + v.salon + "/flow"
	flows, err := v.Flows(v.Ctx, v.salon)
	v.Must(err)
	for lang, says := range map[string]string{"en": "is not known here", "sw": "haijulikani hapa"} {
		body := v.post(of+"/check", url.Values{"flow_yaml": {"flow: 1\ntemplat: BOOKING\n"}, "do": {"check"}},
			"HX-Request", "true", "Accept-Language", lang).Body.String()
		if !strings.Contains(body, `data-line="2"`) || !strings.Contains(body, says) {
			t.Errorf("the check in %s says %s", lang, body)
		}
	}
	body := v.htmxPost(of+"/check", url.Values{"flow_yaml": {flows.Default}, "do": {"replay"}})
	if !strings.Contains(body, "No mistakes found") || !strings.Contains(body, "Past messages") {
		t.Errorf("the comparison says %s", body)
	}
	w := v.post(of, url.Values{"flow_yaml": {"flow: 1\nbad: x\n"}})
	if body := w.Body.String(); w.Code != http.StatusBadRequest || !strings.Contains(body, "bad: x") ||
		!strings.Contains(body, `data-line="2"`) {
		t.Errorf("a refused flow: %d", w.Code)
	}
}

func TestOwnersLink(t *testing.T) {
	v := newVillage(t)
	v.cookie = ""
	w := v.get("/link/" + v.token)
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
	part := v.get(strings.ReplaceAll(again, "&amp;", "&"))
	next := regexp.MustCompile(`hx-get="([^"]+)"`).FindStringSubmatch(part.Body.String())[1]
	if w := v.get(strings.ReplaceAll(next, "&amp;", "&")); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("what has not changed is sent again: %d", w.Code)
	}
	for n := range 4 {
		body := v.htmxPost("/link/"+v.token+"/code?lang=EN", url.Values{"phone_number": {"+255700000003"}})
		if got := strings.Contains(body, "ABCD-EFGH"); got != (n < 3) {
			t.Errorf("code %d: %v", n+1, got)
		}
	}
	gone := v.get("/link/another", "Accept-Language", "sw")
	if gone.Code != http.StatusNotFound || !strings.Contains(gone.Body.String(), "Kiungo hiki hakifanyi kazi") {
		t.Errorf("a link that there is not: %d", gone.Code)
	}
	for range 25 {
		gone = v.get("/link/another")
	}
	if gone.Code != http.StatusTooManyRequests {
		t.Errorf("whoever tries links is not slowed down: %d", gone.Code)
	}
}

func TestInvite_IsShownOnce(t *testing.T) {
	s := newSite(t)
	of := "/admin/tenants/" + s.tenant("Neema Salon", servicesConnected())
	w := s.post(of+"/links", nil)
	token := regexp.MustCompile(`https://bots\.example\.com/link/([\w-]+)`).FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusCreated || token == nil {
		t.Fatalf("%d without the address", w.Code)
	}
	if strings.Contains(s.page(of+"/linking"), token[1]) {
		t.Error("the address is shown again")
	}
}

func TestTenant_Delete(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", servicesConnected())
	w := s.post("/admin/tenants/"+id+"/delete", url.Values{"confirm": {"Neema"}})
	if _, err := s.Tenant(s.Ctx, id); err != nil || w.Code != http.StatusBadRequest ||
		!strings.Contains(w.Body.String(), `value="Neema"`) {
		t.Errorf("%d, %v", w.Code, err)
	}
	w = s.post("/admin/tenants/"+id+"/delete", url.Values{"confirm": {"Neema Salon"}})
	if _, err := s.Tenant(s.Ctx, id); flowhq.CodeOf(err) != flowhq.CodeNotFound || w.Code != http.StatusSeeOther {
		t.Errorf("%d, %v", w.Code, err)
	}
}

func TestTenant_RefusedForms(t *testing.T) {
	v := newVillage(t)
	of := "/admin/tenants/" + v.salon
	for _, c := range []struct {
		path          string
		form          url.Values
		says, swahili string
	}{
		{"/pause", url.Values{"until": {"soon"}, "reason": {"kept words"}}, "must be a date like", "iwe tarehe kama"},
		{"/reset", url.Values{"phone_number": {"12"}}, `value="12"`, `value="12"`},
		{"/identity", url.Values{"name": {""}, "business_name": {"kept words"}}, "kept words", "isiachwe wazi"},
		{"/settings/rollback", url.Values{"version": {"x"}}, "Version not found", "Toleo"},
		{"/requests/none", url.Values{"status": {"DONE"}}, "Request not found", "Ombi halipo"},
	} {
		for lang, says := range map[string]string{"en": c.says, "sw": c.swahili} {
			w := v.post(of+c.path, c.form, "Accept-Language", lang)
			if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), says) {
				t.Errorf("%s: %d, without %q", c.path, w.Code, says)
			}
		}
	}
	w := v.get(of + "/worker/log?q=" + strings.Repeat("x", 201))
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "is longer than") {
		t.Errorf("a search that is too long: %d", w.Code)
	}
}

func TestRequests_AThousandOnOnePage(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", servicesConnected())
	events := make([]flowhq.WorkerEvent, 1000)
	for i := range events {
		events[i] = flowhq.WorkerEvent{Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{
			ID: fmt.Sprint("r", i), Chat: asha, Type: flowhq.RequestBooking, Status: flowhq.RequestNew,
			Fields: flowhq.RequestFields{Service: "Facial",
				Date: s.Clock.Now().AddDate(0, 0, i%30).Format(time.DateOnly), Time: "10:00"},
		}}
	}
	for part := range 10 {
		s.worker(id, events[part*100:part*100+100]...)
	}
	body := s.page("/admin/tenants/" + id + "/requests?type=BOOKING")
	if n := strings.Count(body, `class="card request"`); n != 1000 ||
		!strings.Contains(body, "There are more open requests than fit here") {
		t.Errorf("%d cards", n)
	}
}

func TestLinking_CountsDown(t *testing.T) {
	s := newSite(t)
	in := func(d time.Duration) *time.Time { at := s.Clock.Now().Add(d); return &at }
	id := s.tenant("Neema Salon", servicesConnected())
	for _, tc := range []struct {
		phase flowhq.Phase
		ends  *time.Time
		shown bool
	}{
		{flowhq.PhaseBanned, in(time.Hour), true}, {flowhq.PhaseRestricted, in(time.Minute), true},
		{flowhq.PhaseBanned, in(-time.Second), false}, {flowhq.PhaseBanned, nil, false},
		{flowhq.PhaseConnected, in(time.Hour), false},
	} {
		s.Says(id, flowhq.SessionReport{Phase: tc.phase, Until: tc.ends, LinkedJID: "255700000001:1@s.whatsapp.net"})
		for lang, words := range map[string]string{"en": "WhatsApp ends this on",
			"sw": "WhatsApp itaondoa kizuizi hiki"} {
			page := s.page("/admin/tenants/"+id, "Accept-Language", lang)
			if shown := strings.Contains(page, words) && strings.Contains(page, `data-left="long"`); shown != tc.shown {
				t.Errorf("%s, %s until %v: shown %t", lang, tc.phase, tc.ends, shown)
			}
		}
	}
}

// A list that renews itself stays where it is.
func TestLists_RenewThemselves(t *testing.T) {
	s := newSite(t)
	of := "/admin/tenants/" + s.tenant("Neema Salon", servicesConnected()) + "/linking"
	for path, want := range map[string]string{
		"/admin/setup-requests?before=20260301T090000.000_x": `hx-get="/admin/setup-requests?part=list&amp;before=20260301T090000.000_x"`,
		"/admin/setup-requests?after=20260301T090000.000_x":  `hx-get="/admin/setup-requests?part=list&amp;after=20260301T090000.000_x"`,
		of + "?before=20260301T090000.000_x":                 `hx-get="` + of + `?part=invites&amp;before=20260301T090000.000_x"`,
	} {
		if body := s.page(path); !strings.Contains(body, want) {
			t.Errorf("%s does not hold %s", path, want)
		}
	}
}

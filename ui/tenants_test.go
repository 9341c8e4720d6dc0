package ui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services"
)

func TestTenants_FirstRun(t *testing.T) {
	s := newSite(t)
	body := s.page("/admin/tenants")
	if !strings.Contains(body, "Three steps to your first business") || strings.Contains(body, "<table") {
		t.Error("the empty list does not lead to the first business")
	}
}

func TestTenants_Create(t *testing.T) {
	s := newSite(t)
	form := url.Values{
		"name": {"  "}, "business_name": {"Neema & co"}, "phone_number": {"0712 345"}, "template_type": {"ECOMMERCE"},
		"language": {"EN"},
	}
	w := s.post("/admin/tenants", form)
	for _, want := range []string{
		"must not be empty", `value="Neema &amp; co"`, `value="0712 345"`, `value="ECOMMERCE" selected`,
		`value="EN" selected`,
	} {
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d, without %q", w.Code, want)
		}
	}
	form.Set("name", "Mpya")
	form.Set("phone_number", "+255712345678")
	w = s.post("/admin/tenants", form)
	made, err := s.Tenant(s.Ctx, strings.TrimPrefix(w.Header().Get("Location"), "/admin/tenants/"))
	if err != nil || made.Name != "Mpya" || made.Config.TemplateType != flowhq.TemplateEcommerce {
		t.Errorf("%d, %v, %+v", w.Code, err, made)
	}
}

// The forms offer each template once, as the API, the schema and the command line do; see TestTemplateTypes.
func TestForms_Templates(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", flowhq.SessionReport{Phase: flowhq.PhaseOff})
	for _, path := range []string{"/admin/tenants/new", "/admin/tenants/" + id + "/settings"} {
		_, form, _ := strings.Cut(s.page(path), `name="template_type"`)
		form, _, _ = strings.Cut(form, "</select>")
		var offered []flowhq.TemplateType
		for _, m := range regexp.MustCompile(`<option value="(\w+)"`).FindAllStringSubmatch(form, -1) {
			offered = append(offered, flowhq.TemplateType(m[1]))
		}
		if !slices.Equal(offered, flowhq.TemplateTypes()) {
			t.Errorf("%s offers %v", path, offered)
		}
	}
}

// follow reads a list part by part and gives how often each row was met.
func (s *site) follow(path, row, next string) (seen map[string]int, parts int) {
	rows, more := regexp.MustCompile(row), regexp.MustCompile(`href="(`+next+`)" rel="next"`)
	seen = map[string]int{}
	for ; path != "" && parts < 50; parts++ {
		body := s.page(path)
		for _, m := range rows.FindAllStringSubmatch(body, -1) {
			seen[m[1]]++
		}
		path = ""
		if m := more.FindStringSubmatch(body); m != nil {
			path, _, _ = strings.Cut(strings.ReplaceAll(m[1], "&amp;", "&"), "#")
		}
	}
	return seen, parts
}

// Lists that grow for ever are shown part by part; following the links meets every row once.
func TestLists_InParts(t *testing.T) {
	const n = 120
	s := newSite(t)
	id := s.tenant("Neema Salon", flowhq.SessionReport{Phase: flowhq.PhaseOff})
	of := "/admin/tenants/" + id
	var open, decided []string // setup requests
	for i := range n {
		s.Clock.Pass(time.Minute)
		s.NewTenant()
		_, _, err := s.CreateInvite(s.Ctx, "admin", id)
		s.Must(err)
		_, err = s.SaveDraft(s.Ctx, "admin", id, prices(int64(1000+i)), "")
		s.Must(err)
		_, err = s.PublishDraft(s.Ctx, "admin", id)
		s.Must(err)
		s.signIn()
		open = append(open, s.setup(fmt.Sprintf("open%d@example.com", i), fmt.Sprintf("+2557130%05d", i)))
		decided = append(decided, s.setup(fmt.Sprintf("no%d@example.com", i), fmt.Sprintf("+2557140%05d", i)))
		_, err = s.RejectSetupRequest(s.Ctx, "admin", decided[i], "")
		s.Must(err)
	}
	for _, list := range []struct {
		name, path, row, next string
		rows                  int
	}{
		{"businesses", "/admin/tenants", `<tr id="tenant-([^"]+)"`, `/admin/tenants\?page=[^"]+`, 3*n + 1},
		// as many as are kept,
		{"sessions", "/admin/sessions", `/admin/sessions/([^/"]+)/end"`, `/admin/sessions\?before=[^"]+`, 100},
		{"links", of + "/linking", `/links/([^/"]+)/revoke`, of + `/linking\?before=[^"]+`, n},
		{"versions", of + "/settings", `name="version" value="(\d+)"`, of + `/settings\?below=[^"]+`, n},
		{"versions of the flow", of + "/flow", `name="version" value="(\d+)"`, of + `/flow\?below=[^"]+`, n},
	} {
		seen, parts := s.follow(list.path, list.row, list.next)
		for row, times := range seen {
			if times != 1 {
				t.Errorf("%s: %s is shown %d times", list.name, row, times)
			}
		}
		if len(seen) != list.rows || parts < 3 {
			t.Errorf("%s: %d of %d rows in %d parts", list.name, len(seen), list.rows, parts)
		}
	}
	for next, ids := range map[string][]string{"after": open, "before": decided} {
		seen, parts := s.follow("/admin/setup-requests", `<li id="request-([^"]+)"`,
			`/admin/setup-requests\?`+next+`=[^"]+`)
		for _, id := range ids {
			if seen[id] != 1 {
				t.Errorf("the request %s is shown %d times", id, seen[id])
			}
		}
		if parts < 3 {
			t.Errorf("requests %s: %d parts", next, parts)
		}
	}
}

func TestBulk(t *testing.T) {
	s := newSite(t)
	one, other := s.tenant("Neema", servicesConnected()), s.tenant("Duka", servicesConnected())
	form := url.Values{"action": {"stop"}, "ids": {one, other}}
	asked := s.post("/admin/bulk", form)
	if asked.Code != http.StatusOK || !strings.Contains(asked.Body.String(), "Stop: 2 businesses") {
		t.Errorf("a bulk action is not asked for: %d", asked.Code)
	}
	form.Set("confirm", "yes")
	job := s.post("/admin/bulk", form).Header().Get("Location")
	if !strings.HasPrefix(job, "/admin/bulk/") {
		t.Fatalf("the bulk action leads to %q", job)
	}
	s.until(func() bool { return !strings.Contains(s.page(job), "In progress") })
	if body := s.page(job); !strings.Contains(body, "2 of 2 done, 0 failed") || !strings.Contains(body, "Undo: Start") {
		t.Errorf("the job says %s", body)
	}
	for _, bad := range []url.Values{{"action": {"stop"}}, {"action": {"dance"}, "ids": {one}}} {
		if w := s.post("/admin/bulk", bad); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("%v: %d", bad, w.Code)
		}
	}
}

func TestActions(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", servicesConnected())
	s.Processes.Took()
	for _, a := range []struct{ action, process string }{
		{"worker/stop", "stop"}, {"worker/start", "start"}, {"worker/restart", "restart"},
		{"worker/force-restart", "force-restart"},
		{"pause", "stop"}, {"resume", "start"},
	} {
		w := s.post("/admin/tenants/"+id+"/"+a.action, nil)
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/admin/tenants/"+id) {
			t.Errorf("%s: %d to %q", a.action, w.Code, w.Header().Get("Location"))
		}
		if took := s.Processes.Took(); !slices.Contains(took, a.process) {
			t.Errorf("%s: the process manager was asked %q", a.action, took)
		}
		s.HandleEvents()
	}
}

func TestActions_Refused(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", servicesConnected())
	start := "/admin/tenants/" + id + "/worker/start"
	for lang, says := range map[string]string{"en": "Worker already running", "sw": "Bot tayari inafanya kazi"} {
		w := s.post(start, nil, "Accept-Language", lang)
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%d, without %q", w.Code, says)
		}
	}
}

// Opening a page has codes made anew that nobody scanned; opening a fresh request begins its review.
func TestOpening(t *testing.T) {
	s := newSite(t)
	id := s.tenant("Neema Salon", flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	s.Links.Took()
	s.get("/admin/tenants/" + id + "?part=linking")
	if took := s.Links.Took(); slices.Contains(took, "relink") {
		t.Error("a part that renews itself has codes made")
	}
	s.get("/admin/tenants/" + id)
	if took := s.Links.Took(); !slices.Contains(took, "relink") {
		t.Errorf("the worker was asked %q", took)
	}
	request := s.setup("neema@example.com", "+255712000009")
	s.get("/admin/setup-requests/" + request)
	if r, err := s.SetupRequest(s.Ctx, request); err != nil || r.Status != flowhq.SetupReviewing {
		t.Errorf("%v, %s", err, r.Status)
	}
}

func TestSetupRequests_Decide(t *testing.T) {
	s := newSite(t)
	good, bad := s.setup("a@example.com", "+255712000001"), s.setup("b@example.com", "+255712000002")
	s.post("/admin/setup-requests/"+good+"/approve", url.Values{"notes": {" karibu "}})
	s.post("/admin/setup-requests/"+bad+"/reject", nil)
	for id, want := range map[string]flowhq.SetupRequestStatus{good: flowhq.SetupApproved, bad: flowhq.SetupRejected} {
		if r, err := s.SetupRequest(s.Ctx, id); err != nil || r.Status != want {
			t.Errorf("%v, %s instead of %s", err, r.Status, want)
		}
	}
	for lang, says := range map[string]string{"en": "decided already (APPROVED)", "sw": "limeshaamuliwa (APPROVED)"} {
		w := s.post("/admin/setup-requests/"+good+"/approve", nil, "Accept-Language", lang)
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%d, without %q", w.Code, says)
		}
	}
}

func TestLinks_NoPublicAddress(t *testing.T) {
	s := newSite(t, func(c *services.Config) { c.PublicURL = "" })
	id := s.tenant("Neema Salon", flowhq.SessionReport{Phase: flowhq.PhaseOff})
	if body := s.page("/admin/tenants/" + id + "/linking"); !strings.Contains(body, "PUBLIC_URL") ||
		strings.Contains(body, "Create a link") {
		t.Error("the page does not say what is missing")
	}
}

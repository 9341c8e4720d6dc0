package ui_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/services"
	"flowhq/appliance/services/servicestest"
	"flowhq/locale"
	"flowhq/ui"
)

const adminPassword = "korosho-na-nazi-77"

// asha is the chat of the one customer who writes.
const asha = "+255700000055"

// site is the pages on the real services and a real SQLite store, behind the real gate, as a browser sees them that is
// signed in.
type site struct {
	*servicestest.World
	engine *gin.Engine
	cookie string
	seq    int64
}

func newSite(t *testing.T, change ...func(*services.Config)) *site {
	t.Helper()
	gin.SetMode(gin.TestMode)
	change = append([]func(*services.Config){func(c *services.Config) {
		c.Logs, c.PublicURL = workerLogs{}, "https://bots.example.com"
	}}, change...)
	s := &site{World: servicestest.New(t, change...)}
	s.Box.State = flowhq.HostState{
		DiskPath: "/data", DiskTotal: 100 << 30, DiskFree: 40 << 30, MemoryTotal: 8 << 30, MemoryAvailable: 4 << 30,
		Database:     "SQLite",
		DatabaseSize: 3 << 20, Version: "1.0",
	}
	log := slog.New(slog.DiscardHandler)
	gate, err := access.New(access.Config{
		Password: adminPassword, PortalKey: "portal-key-of-the-tests", ListenAddr: "127.0.0.1", Sessions: s.Store,
		Log: log, Now: s.Clock.Now,
	})
	s.Must(err)
	pages, err := ui.New(ui.Config{
		Services: s.Services, Gate: gate, Logger: log, Texts: catalogue(t), Now: s.Clock.Now, Simulator: true,
		OpenAPI: []byte(testAPI),
	})
	s.Must(err)
	s.engine = gin.New()
	s.engine.Use(gate.Secure())
	for _, r := range pages.Routes() {
		if r.Open {
			s.engine.Handle(r.Method, r.Path, r.Handler)
		} else {
			s.engine.Handle(r.Method, r.Path, gate.Admin(), r.Handler)
		}
	}
	s.signIn()
	return s
}

func (s *site) signIn() {
	s.T.Helper()
	s.cookie = ""
	set := s.post("/sign-in", url.Values{"password": {adminPassword}}).Header().Get("Set-Cookie")
	if s.cookie, _, _ = strings.Cut(set, ";"); s.cookie == "" {
		s.T.Fatal("the password does not let in")
	}
}

// do asks as a browser does; headers are names and values in turn.
func (s *site) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:3000", "127.0.0.1:50000"
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", s.cookie)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return w
}

func (s *site) get(path string, headers ...string) *httptest.ResponseRecorder {
	return s.do(http.MethodGet, path, "", headers...)
}

func (s *site) post(path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	return s.do(http.MethodPost, path, form.Encode(), headers...)
}

// page gives a page that must be there.
func (s *site) page(path string, headers ...string) string {
	s.T.Helper()
	w := s.get(path, headers...)
	if w.Code != http.StatusOK {
		s.T.Errorf("GET %s: %d", path, w.Code)
	}
	return w.Body.String()
}

// until looks again until something is so; what never comes ends the test.
func (s *site) until(so func() bool) {
	s.T.Helper()
	for end := time.After(time.Minute); !so(); {
		select {
		case <-end:
			s.T.Fatal("what was waited for did not come within a minute")
		case <-time.After(time.Millisecond):
		}
	}
}

// tenant makes a business whose worker runs and is in a phase; off: its worker never ran.
func (s *site) tenant(name string, r flowhq.SessionReport) string {
	s.T.Helper()
	id := s.NewTenant().ID
	_, err := s.UpdateTenant(s.Ctx, "admin", id, flowhq.TenantPatch{Name: &name, BusinessName: &name})
	s.Must(err)
	if r.Phase == flowhq.PhaseOff {
		return id
	}
	s.Must(s.StartWorker(s.Ctx, "admin", id))
	s.HandleEvents()
	s.Links.Connect(id, true)
	s.Says(id, r)
	return id
}

// worker brings events of a tenant's worker into the store.
func (s *site) worker(id string, events ...flowhq.WorkerEvent) {
	s.T.Helper()
	for i := range events {
		s.seq++
		events[i].Seq, events[i].At = s.seq, s.Clock.Now()
	}
	_, err := s.ApplyEvents(s.Ctx, id, "journal-"+id, events)
	s.Must(err)
}

// chat has Asha write and the bot answer, and a person take over.
func (s *site) chat(id string) {
	now := s.Clock.Now()
	s.worker(id,
		flowhq.WorkerEvent{Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			WAMessageID: "in", Chat: asha, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
			Kind: flowhq.KindText, From: asha,
			To: "+255700000001", Text: "<script>alert(1)</script>", Name: "Asha", SentAt: now,
		}},
		traced("in", flowhq.TraceReceived, "Received."),
		traced("in", flowhq.TraceHandedOver, "Not answered by the bot: a human has this chat until 15:00."),
		flowhq.WorkerEvent{Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			WAMessageID: "out", Chat: asha, Direction: flowhq.DirectionOut, Author: flowhq.AuthorBot,
			Kind: flowhq.KindText,
			From: "+255700000001", To: asha, Text: "Karibu", SentAt: now,
		}},
		flowhq.WorkerEvent{Kind: flowhq.EventChat,
			Chat: &flowhq.ChatEvent{Chat: asha, Name: "Asha", Language: flowhq.Swahili, OptedOut: true}},
	)
	_, err := s.SetLabels(s.Ctx, id, asha, []string{"VIP"})
	s.Must(err)
}

func traced(message, step, detail string) flowhq.WorkerEvent {
	entry := flowhq.TraceEntry{Step: step, Detail: detail, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	return flowhq.WorkerEvent{Kind: flowhq.EventTrace,
		Trace: &flowhq.TraceEvent{WAMessageID: message, Chat: asha, Entry: entry}}
}

// request records what a customer wants and gives its id.
func (s *site) request(id string, r flowhq.RequestEvent) string {
	s.T.Helper()
	if r.Chat == "" {
		r.Chat = asha
	}
	s.worker(id, flowhq.WorkerEvent{Kind: flowhq.EventRequest, Request: &r})
	return r.ID
}

// setup has an owner ask for a bot and gives the request's id.
func (s *site) setup(email, number string) string {
	s.T.Helper()
	_, _, _, err := s.CreateOwner(s.Ctx, email, "Neema")
	s.Must(err)
	r, err := s.SubmitSetupRequest(s.Ctx, email, flowhq.NewSetupRequest{
		BusinessName: "Neema Salon " + number, TemplateType: flowhq.TemplateSupport, WhatsAppNumber: number,
		Language: flowhq.Swahili,
	})
	s.Must(err)
	return r.ID
}

// workerLogs stand in for the output of workers.
type workerLogs struct{}

func (workerLogs) FollowLog(_ context.Context, _ string, w io.Writer, _ int, _ bool) error {
	_, err := io.WriteString(w, "first\n<b>second</b>\n")
	return err
}

func (workerLogs) SearchLog(_ context.Context, _, text string, _ int) (flowhq.LogPage, error) {
	return flowhq.LogPage{Lines: []flowhq.LogLine{{File: "w-1.log", Text: "found <" + text + ">"}}, Cut: true}, nil
}

func (workerLogs) Environment(string) []flowhq.EnvVar {
	return []flowhq.EnvVar{{Name: "DIR", Value: "/srv"}, {Name: "TOKEN", Value: "hush", Secret: true}}
}

func catalogue(t *testing.T) *locale.Catalogue {
	t.Helper()
	texts, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

const testAPI = `{"info":{"description":"A **bold** word."},"tags":[{"name":"Things","description":"All of them"}],
"paths":{"/admin/things/{id}":{"parameters":[{"$ref":"#/components/parameters/id"}],"get":{"tags":["Things"],"operationId":"showThing",
"summary":"One thing","responses":{"200":{"description":"It.","content":{"application/json":{"schema":
{"$ref":"#/components/schemas/Thing"}}}}}}}},
"components":{"parameters":{"id":{"name":"id","in":"path","required":true,"schema":{"type":"string"}}},
"schemas":{"Thing":{"type":"object","required":["name"],"properties":{"name":{"type":"string","description":"What it is called"},
"kind":{"enum":["BIG","SMALL"]}}}}}}`

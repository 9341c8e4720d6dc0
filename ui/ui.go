package ui

import (
	"flowhq/appliance/access"
	"flowhq/appliance/services"
	"flowhq/locale"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// Config is what the pages are made from. Services, Gate, Logger and Texts are required.
type Config struct {
	Services  *services.Services
	Gate      *access.Gatekeeper // lets browsers in and out
	Logger    *slog.Logger
	Texts     *locale.Catalogue
	Now       func() time.Time // nil: the wall clock
	OpenAPI   []byte           // the description of the API as JSON; nil: there is no page about it
	Simulator bool             // no real WhatsApp is used; every page says so
}

// Route is one page or one form of the pages.
type Route struct {
	Method  string
	Path    string
	Handler gin.HandlerFunc
	Open    bool // without signing in
}

// UI holds the pages and the assets.
type UI struct {
	renderer *renderer
	routes   []Route
}

// New parses all that is embedded. It fails only when the program itself is broken.
func New(c Config) (*UI, error) {
	compress, err := newCompressor()
	if err != nil {
		return nil, err
	}
	a, err := loadAssets(compress)
	if err != nil {
		return nil, err
	}
	r, err := newRenderer(c, a, compress)
	if err != nil {
		return nil, err
	}
	document, err := readAPI(c.OpenAPI)
	if err != nil {
		return nil, err
	}
	assets := []Route{{Method: http.MethodGet, Path: "/assets/:name", Handler: a.serve, Open: true}}
	f := c.Services
	return &UI{renderer: r, routes: slices.Concat(
		assets,
		(&accessPages{renderer: r, gate: c.Gate}).routes(),
		(&docsPage{renderer: r, document: document}).routes(),
		(&overviewPage{renderer: r, overviews: f.Overviews}).routes(),
		(&bulkPages{renderer: r, jobs: f.BulkJobs, summaries: f.Summaries}).routes(),
		(&tenantListPages{renderer: r, summaries: f.Summaries, tenants: f.Tenants}).routes(),
		(&setupPages{renderer: r, requests: f.SetupRequests}).routes(),
		(&ownerLinkPages{renderer: r, gate: c.Gate, invites: f.Invites, devices: f.Devices}).routes(),
		tenantRoutes(&tenantScreen{renderer: r, tenants: f.Tenants, settings: f.Settings}, f),
	)}, nil
}

// tenantRoutes makes the pages of one tenant, each a tab of the same frame.
func tenantRoutes(s *tenantScreen, f *services.Services) []Route {
	linking := &linkingPages{tenantScreen: s, devices: f.Devices, invites: f.Invites}
	chats := &chatPages{tenantScreen: s, chats: f.Chats}
	requests := &requestPages{tenantScreen: s, requests: f.Requests}
	events := &eventPages{tenantScreen: s}
	process := &processPages{tenantScreen: s, logs: f.Logs, history: f.History, configs: f.Configs, events: events}
	manage := &managePages{tenantScreen: s, pauses: f.Pauses, devices: f.Devices}
	overview := &tenantPages{
		tenantScreen: s, workers: f.Workers, pauses: f.Pauses, linking: linking, chats: chats, requests: requests,
		process: process,
		events:  events, manage: manage,
	}
	settings := &settingsPages{tenantScreen: s, configs: f.Configs, overview: overview}
	flow := &flowPages{tenantScreen: s, flows: f.Flows, versions: settings}
	return slices.Concat(
		overview.routes(), linking.routes(), chats.routes(), requests.routes(), settings.routes(), flow.routes(),
		events.routes(),
		process.routes(), manage.routes(),
		(&customerPages{tenantScreen: s, chats: f.Chats}).routes(),
		(&logPages{tenantScreen: s, logs: f.Logs}).routes(),
	)
}

// Routes lists every page and form. A path that serves JSON as well is joined with it by the caller.
func (u *UI) Routes() []Route { return u.routes }

// Refusal draws a sentence as a page for a browser that is turned away before it reaches one.
func (u *UI) Refusal(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	u.renderer.refuse(w, r, status, sentence)
}

func get(path string, do gin.HandlerFunc) Route {
	return Route{Method: http.MethodGet, Path: path, Handler: do}
}

func post(path string, do gin.HandlerFunc) Route {
	return Route{Method: http.MethodPost, Path: path, Handler: do}
}

// open makes a route that needs no signing in.
func (r Route) open() Route { r.Open = true; return r }

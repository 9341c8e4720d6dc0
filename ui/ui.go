package ui

import (
	"context"
	"flowhq/locale"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// Fleet is what the pages show and do; each group of pages asks for the part that it needs.
type Fleet interface {
	boardReader
	overviewReader
	bulkJobs
	tenantCreator
	setupDesk
	tenantReader
	workerControl
	deviceLinker
	inviter
	invitedFinder
	chatKeeper
	customerKeeper
	requestKeeper
	settingsKeeper
	settingsReader
	tenantEditor
	flowDesk
	processReader
	logReader
	eventReader
	tenantKeeper
}

// Config is what the pages are made from. Fleet, Door, Logger and Texts are required.
type Config struct {
	Fleet     Fleet
	Door      Door
	Logger    *slog.Logger
	Texts     *locale.Catalogue
	Now       func() time.Time // nil: the wall clock
	OpenAPI   []byte           // the description of the API as JSON; nil: there is no page about it
	Simulator bool             // no real WhatsApp is used; every page says so
}

// Door lets browsers in and out.
type Door interface {
	// SignIn checks the password and, where it is right, sets the session cookie. An error of CodeUnauthorized is a wrong password,
	// one of CodeUnavailable too many attempts.
	SignIn(c *gin.Context, password string) error
	SignOut(c *gin.Context) error
	// Sessions lists the browsers that are signed in, latest seen first; EndSession signs one out, CodeNotFound when it is gone.
	Sessions(ctx context.Context, p flowhq.PageQuery) ([]flowhq.AdminSession, error)
	EndSession(ctx context.Context, id string) error
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
	f := c.Fleet
	return &UI{renderer: r, routes: slices.Concat(
		assets,
		(&accessPages{renderer: r, gate: c.Door}).routes(),
		(&docsPage{renderer: r, document: document}).routes(),
		(&overviewPage{renderer: r, dashboard: f}).routes(),
		(&bulkPages{renderer: r, jobs: f, dashboard: f}).routes(),
		(&tenantListPages{renderer: r, dashboard: f, tenants: f}).routes(),
		(&setupPages{renderer: r, requests: f}).routes(),
		(&ownerLinkPages{renderer: r, gate: c.Door, invites: f, device: f}).routes(),
		tenantRoutes(&tenantScreen{renderer: r, tenants: f, settings: f}, f),
	)}, nil
}

// tenantRoutes makes the pages of one tenant, each a tab of the same frame.
func tenantRoutes(s *tenantScreen, f Fleet) []Route {
	linking := &linkingPages{tenantScreen: s, device: f, invites: f}
	chats := &chatPages{tenantScreen: s, chats: f}
	requests := &requestPages{tenantScreen: s, requests: f}
	events := &eventPages{tenantScreen: s, timeline: f}
	process := &processPages{tenantScreen: s, processes: f, events: events}
	manage := &managePages{tenantScreen: s, keeper: f}
	overview := &tenantPages{
		tenantScreen: s, control: f, linking: linking, chats: chats, requests: requests, process: process, events: events, manage: manage,
	}
	settings := &settingsPages{tenantScreen: s, service: f, editor: f, overview: overview}
	flow := &flowPages{tenantScreen: s, flows: f, settings: settings}
	return slices.Concat(
		overview.routes(), linking.routes(), chats.routes(), requests.routes(), settings.routes(), flow.routes(), events.routes(),
		process.routes(), manage.routes(),
		(&customerPages{tenantScreen: s, customers: f}).routes(),
		(&logPages{tenantScreen: s, logs: f}).routes(),
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

package ui

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// Fleet is what the pages show and do; each page asks for the part it needs.
type Fleet interface {
	tenantReader
	boardReader
	bulkDesk
	tenantKeeper
	workerControl
	deviceControl
	inviter
	pauser
	chatKeeper
	recordKeeper
	settingsKeeper
	flowDesk
	processReader
	logReader
	setupDesk
}

// Config is what the pages are made from. Fleet, Door and Logger are required.
type Config struct {
	Fleet     Fleet
	Door      Door
	Logger    *slog.Logger
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

// UI holds the parsed templates and the assets.
type UI struct {
	fleet     Fleet
	door      Door
	log       *slog.Logger
	now       func() time.Time
	simulator bool
	openAPI   *apiDocument
	assets    *assets
	packers   packers
	pace      pace
	locales   map[flowhq.Language]locale
	engines   map[flowhq.Language]*engine
}

// New parses all that is embedded. It fails only when the program itself is broken.
func New(c Config) (*UI, error) {
	a, err := loadAssets()
	if err != nil {
		return nil, err
	}
	now := c.Now
	if now == nil {
		now = time.Now
	}
	u := &UI{
		fleet: c.Fleet, door: c.Door, log: c.Logger, now: now, simulator: c.Simulator, assets: a,
		locales: map[flowhq.Language]locale{}, engines: map[flowhq.Language]*engine{},
	}
	if u.openAPI, err = readAPI(c.OpenAPI); err != nil {
		return nil, err
	}
	for _, lang := range flowhq.Languages() {
		if u.locales[lang], err = loadLocale(lang); err != nil {
			return nil, err
		}
		u.engines[lang] = newEngine(lang, u.locales[lang], a, now)
	}
	return u, nil
}

// Routes lists every page and form. A path that serves JSON as well is joined with it by the caller.
func (u *UI) Routes() []Route {
	get, post := http.MethodGet, http.MethodPost
	routes := []Route{
		{Method: get, Path: "/assets/:name", Handler: u.assets.serve, Open: true},
		{Method: get, Path: signInPath, Handler: u.signInPage, Open: true},
		{Method: post, Path: signInPath, Handler: u.signIn, Open: true},
		{Method: post, Path: signOutPath, Handler: u.signOut, Open: true},
		{Method: post, Path: "/language", Handler: u.setLanguage, Open: true},
		{Method: get, Path: docsPath, Handler: u.docs, Open: true},
		{Method: get, Path: "/admin/sessions", Handler: u.sessions},
		{Method: post, Path: "/admin/sessions/end-others", Handler: u.endOtherSessions},
		{Method: post, Path: "/admin/sessions/:id/end", Handler: u.endSession},
		{Method: get, Path: "/admin/overview", Handler: u.overview},
		{Method: post, Path: "/admin/bulk", Handler: u.bulk},
		{Method: get, Path: "/admin/bulk/:id", Handler: u.bulkJob},
		{Method: get, Path: "/admin/tenants", Handler: u.tenants},
		{Method: post, Path: "/admin/tenants", Handler: u.createTenant},
		{Method: get, Path: "/admin/tenants/new", Handler: u.newTenant},
		{Method: get, Path: "/admin/setup-requests", Handler: u.setupRequests},
		{Method: get, Path: "/admin/setup-requests/:id", Handler: u.setupRequest},
		{Method: post, Path: "/admin/setup-requests/:id/approve", Handler: u.decide(u.fleet.ApproveSetupRequest)},
		{Method: post, Path: "/admin/setup-requests/:id/reject", Handler: u.decide(u.fleet.RejectSetupRequest)},
	}
	return append(routes, u.tenantRoutes()...)
}

package ui

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// Fleet is what the pages show and do; each page asks for the part it needs.
type Fleet interface {
	tenantReader
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
	Simulator bool             // no real WhatsApp is used; every page says so
}

// Door lets browsers in and out.
type Door interface {
	// SignIn checks the password and, where it is right, sets the session cookie. An error of CodeUnauthorized is a wrong password,
	// one of CodeUnavailable too many attempts.
	SignIn(c *gin.Context, password string) error
	SignOut(c *gin.Context) error
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
	for _, lang := range flowhq.Languages() {
		if u.locales[lang], err = loadLocale(lang); err != nil {
			return nil, err
		}
		if u.engines[lang], err = newEngine(lang, u.locales[lang], a, now); err != nil {
			return nil, err
		}
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

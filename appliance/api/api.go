package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/services"
	"flowhq/locale"
)

// Sessions are the signed-in browsers; access.Gatekeeper has them.
type Sessions interface {
	SignIn(c *gin.Context, password string) error
	SignOut(c *gin.Context) error
	Sessions(ctx context.Context, p flowhq.PageQuery) ([]flowhq.AdminSession, error)
	EndSession(ctx context.Context, id string) error
}

// Config is what an API works with. Services and Sessions are required.
type Config struct {
	Services   *services.Services
	Sessions   Sessions
	StillIn    func(c *gin.Context) bool // is the credential of an open stream still good; nil: yes
	Stopping   <-chan struct{}           // closed when the appliance shuts down: open streams end
	Heartbeat  time.Duration             // of the stream of changes; 0: 15 s
	MaxStreams int                       // open at once; 0: 256
	Now        func() time.Time          // nil: time.Now
	Log        *slog.Logger              // nil: discards
	Texts      *locale.Catalogue         // nil: one of its own
}

// API holds the calls. Make one with New.
type API struct {
	cfg     Config
	streams chan struct{} // a place for each open stream
	spec    document
}

// Area says who may make a call.
type Area int

// The areas.
const (
	Open   Area = iota // everybody
	Admin              // who is signed in or shows the admin password
	Portal             // who shows the portal's key
	Local              // the command line, over the control socket; refused everywhere else
)

// Route is one call.
type Route struct {
	Method  string
	Path    string // as gin writes it: /admin/tenants/:id
	Area    Area
	Handler gin.HandlerFunc
}

// New makes the API. It fails only when the embedded description can't be read.
func New(cfg Config) (*API, error) {
	if cfg.StillIn == nil {
		cfg.StillIn = func(*gin.Context) bool { return true }
	}
	if cfg.Heartbeat <= 0 {
		cfg.Heartbeat = 15 * time.Second
	}
	if cfg.MaxStreams <= 0 {
		cfg.MaxStreams = 256
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Texts == nil {
		texts, err := locale.New()
		if err != nil {
			return nil, err
		}
		cfg.Texts = texts
	}
	spec, err := readDocument()
	if err != nil {
		return nil, err
	}
	return &API{cfg: cfg, streams: make(chan struct{}, cfg.MaxStreams), spec: spec}, nil
}

// Mount puts routes on an engine, each behind the gate of its area, and answers unknown addresses and methods, for
// browsers by the gate's Page. The gate's Observe and Secure are put in front of everything.
func Mount(engine *gin.Engine, routes []Route, gate *access.Gatekeeper) {
	engine.HandleMethodNotAllowed = true
	engine.Use(gate.Observe(), gate.Secure())
	engine.NoRoute(func(c *gin.Context) { gate.Refuse(c, http.StatusNotFound, "There is nothing at this address.") })
	engine.NoMethod(func(c *gin.Context) {
		// gin has set Allow
		gate.Refuse(c, http.StatusMethodNotAllowed, "This address does not take "+c.Request.Method+".")
	})
	refuseLocal(engine, gate)
	Register(engine, routes, gate)
}

// Register puts routes on an engine or a group that has its own middleware already.
func Register(engine gin.IRoutes, routes []Route, gate *access.Gatekeeper) {
	admin, portal := gate.Admin(), gate.Portal()
	for _, r := range routes {
		switch r.Area {
		case Admin:
			engine.Handle(r.Method, r.Path, admin, r.Handler)
		case Portal:
			engine.Handle(r.Method, r.Path, portal, r.Handler)
		case Local: // see RegisterLocal
		default:
			engine.Handle(r.Method, r.Path, r.Handler)
		}
	}
}

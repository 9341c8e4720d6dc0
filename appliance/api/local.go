package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
)

// ByCommandLine is who does what the command line asks for, for histories.
const ByCommandLine = "the command line"

// Handler makes a gin handler of a call whose errors become answers as those of the API do.
func (a *API) Handler(do func(c *gin.Context) error) gin.HandlerFunc { return a.handle(do) }

// refuseLocal refuses, at the web address, everything that only the command line may call: it is never answered there,
// whoever asks and whatever is shown.
func refuseLocal(engine gin.IRoutes, gate *access.Gatekeeper) {
	refuse := func(c *gin.Context) {
		gate.Refuse(c, http.StatusForbidden, "Only the command line of this server may make this call.")
	}
	for _, path := range []string{"/local/*call", "/v1/*call"} {
		engine.Any(path, refuse)
	}
}

// RegisterLocal puts routes on the engine of the control socket, whose peers are trusted: the calls of an admin and
// those of the command line. What the portal calls is not there.
func RegisterLocal(engine gin.IRoutes, routes []Route) {
	trusted := func(c *gin.Context) { access.SetBy(c, ByCommandLine) }
	for _, r := range routes {
		if r.Area == Admin || r.Area == Local {
			engine.Handle(r.Method, r.Path, trusted, r.Handler)
		}
	}
}

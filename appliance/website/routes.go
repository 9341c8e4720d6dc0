package website

import (
	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
	"flowhq/appliance/api"
	"flowhq/ui"
)

// address is where a route is.
type address struct{ method, path string }

// joinRoutes puts pages and JSON at the same addresses: a browser gets the page, everybody else JSON. What only one of
// the two serves is served to all.
func joinRoutes(calls []api.Route, pages []ui.Route) []api.Route {
	byAddress := make(map[address]ui.Route, len(pages))
	for _, p := range pages {
		byAddress[address{p.Method, p.Path}] = p
	}
	routes := make([]api.Route, 0, len(calls)+len(pages))
	for _, c := range calls {
		at := address{c.Method, c.Path}
		if p, ok := byAddress[at]; ok {
			c.Handler = negotiate(p.Handler, c.Handler)
			delete(byAddress, at)
		}
		routes = append(routes, c)
	}
	for _, p := range pages {
		if _, left := byAddress[address{p.Method, p.Path}]; !left {
			continue
		}
		area := api.Admin
		if p.Open {
			area = api.Open
		}
		routes = append(routes, api.Route{Method: p.Method, Path: p.Path, Area: area, Handler: p.Handler})
	}
	return routes
}

func negotiate(page, call gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Vary", "Accept")
		if access.WantsHTML(c) {
			page(c)
			return
		}
		call(c)
	}
}

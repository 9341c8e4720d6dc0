package access

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// contentPolicy is strict: everything comes from here, scripts and styles only from files, and nobody frames us.
// Pictures may be data URLs: QR codes are.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Secure sets the headers that every answer carries, bounds every body to MaxBody, and refuses what only a page of
// another site would send: a Host that is not ours (DNS rebinding) and state-changing requests of another origin.
//
// The portal API stands apart: its web app calls through a rewrite of its own and hands on its own Host and Origin.
// There the key decides alone; no cookie counts, and no browser sends the key of itself, so there is nothing that a
// foreign page could make use of.
func (g *Gatekeeper) Secure() gin.HandlerFunc {
	return func(c *gin.Context) {
		g.setHeaders(c)
		if c.Request.ContentLength > MaxBody {
			g.Refuse(c, http.StatusRequestEntityTooLarge, tooLarge)
			return
		}
		if c.Request.Body != nil {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody)
		}
		path := c.Request.URL.Path
		if strings.HasPrefix(path, "/portal/") || path == "/healthz" || path == "/readyz" {
			c.Next()
			return
		}
		if !g.net.knows(g.net.host(c.Request)) {
			g.Refuse(c, http.StatusForbidden,
				"This server is not known under the name that was asked for. Set PUBLIC_URL to the address it is "+
					"reached at.")
			return
		}
		if err := g.origins.Check(g.asAsked(c.Request)); err != nil {
			g.cfg.Log.Warn("cross-origin request refused", "address", g.net.client(c.Request).String(), "route",
				c.FullPath())
			g.Refuse(c, http.StatusForbidden, "This request came from a page of another site and was refused.")
			return
		}
		c.Next()
	}
}

// asAsked gives the request with the Host that the client asked for, which a trusted proxy may have exchanged.
func (g *Gatekeeper) asAsked(r *http.Request) *http.Request {
	host := g.net.host(r)
	if host == r.Host {
		return r
	}
	asked := *r
	asked.Host = host
	return &asked
}

func (g *Gatekeeper) setHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store") // assets with a hash in their name say otherwise themselves
	if g.net.secure(c.Request) && g.net.public != nil && g.net.public.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"flowhq/locale"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// Keys under which the middleware leaves what it found out.
const (
	keyBy      = "flowhq.access.by"
	keySession = "flowhq.access.session"
	keyEmail   = "flowhq.access.email"
)

// ByAdmin is who an admin is in histories: there is one password, so there is one name.
const ByAdmin = "admin"

// By tells who does what the request asks for, for histories: "admin", or the e-mail of the portal's user; "" when the
// request passed neither Admin nor Portal.
func By(c *gin.Context) string { return c.GetString(keyBy) }

// Email gives the portal user that a request speaks for, as the portal wrote it; "" when it named none.
func Email(c *gin.Context) string { return c.GetString(keyEmail) }

// Admin lets in who is signed in or shows the admin password: the session cookie, then `password` in the query or the
// body, then HTTP Basic with any user name. A browser that used a password in the address gets a session and is sent to
// the same address without it.
func (g *Gatekeeper) Admin() gin.HandlerFunc {
	return func(c *gin.Context) {
		session, sessionErr := g.sessionOf(c.Request)
		if session != nil {
			c.Set(keySession, session)
			c.Set(keyBy, ByAdmin)
			if !g.cleanURL(c) {
				c.Next()
			}
			return
		}
		given, err := passwords(c)
		if err != nil {
			g.Refuse(c, http.StatusRequestEntityTooLarge, tooLarge)
			return
		}
		if len(given) == 0 && sessionErr != nil {
			g.cfg.Log.Error("sessions cannot be read", "error", sessionErr)
			g.Refuse(c, http.StatusServiceUnavailable, "Sessions cannot be read just now. Try again in a moment.")
			return
		}
		if err := g.verify(c, given...); err != nil {
			g.turnAway(c, err)
			return
		}
		c.Set(keyBy, ByAdmin)
		if !g.cleanURL(c) {
			c.Next()
		}
	}
}

// cleanURL sends a browser that opened an address with a password in it to the address without, with a session if it
// has none yet; false where there is nothing to do.
func (g *Gatekeeper) cleanURL(c *gin.Context) bool {
	r := c.Request
	if !r.URL.Query().Has("password") || !safe(r.Method) || !WantsHTML(c) {
		return false
	}
	if Session(c) == nil {
		if err := g.startSession(c); err != nil {
			g.cfg.Log.Error("a session could not be made", "error", err)
			return false // the page itself can be shown all the same
		}
	}
	c.Redirect(http.StatusSeeOther, withoutPassword(r.URL))
	c.Abort()
	return true
}

// turnAway answers who is not let in: a browser goes to the sign-in page, everybody else gets 401 (or 429) as JSON.
func (g *Gatekeeper) turnAway(c *gin.Context, err error) {
	if flowhq.CodeOf(err) == flowhq.CodeUnavailable {
		g.Refuse(c, http.StatusTooManyRequests, Sentence(err))
		return
	}
	if c.GetHeader("HX-Request") == "true" {
		c.Header("HX-Redirect", g.cfg.SignInPath)
		g.Refuse(c, http.StatusUnauthorized, "Unauthorized")
		return
	}
	if WantsHTML(c) {
		to := g.cfg.SignInPath
		if safe(c.Request.Method) {
			to += "?next=" + url.QueryEscape(withoutPassword(c.Request.URL))
		}
		c.Redirect(http.StatusSeeOther, to)
		c.Abort()
		return
	}
	if c.GetHeader("Sec-Fetch-Mode") == "" { // no script of a page: there, the browser would ask with a box of its own
		c.Header("WWW-Authenticate", `Basic realm="Flow HQ", charset="UTF-8"`)
	}
	g.Refuse(c, http.StatusUnauthorized, "Unauthorized")
}

// verify checks the passwords that an attempt shows, any of which may be right; several count as one attempt. None at
// all is refused without counting: that is how every browser begins.
func (g *Gatekeeper) verify(c *gin.Context, given ...string) error {
	if len(given) == 0 {
		return flowhq.Errorf(flowhq.CodeUnauthorized, "Unauthorized")
	}
	check := func() bool {
		for _, p := range given {
			if g.credential.matches(p) {
				return true
			}
		}
		return false
	}
	addr := g.net.client(c.Request)
	ok, failures, wait := g.waitTurn(c.Request.Context(), g.throttle.of(addr), check)
	switch {
	case ok:
		return nil
	case wait > 0:
		seconds := int(math.Ceil(wait.Seconds()))
		c.Header("Retry-After", strconv.Itoa(seconds))
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"Too many wrong passwords from this address. Try again in %d seconds.", seconds)
	}
	g.cfg.Log.Warn("admin password refused", "address", addr.String(), "failures", failures, "proxy",
		g.net.proxied(c.Request))
	return flowhq.Errorf(flowhq.CodeUnauthorized, "Wrong password.")
}

// waitTurn makes an attempt when it is its turn. It waits for maxWait in all; wait tells how long it would take beyond
// that.
func (g *Gatekeeper) waitTurn(ctx context.Context, who *guesser, check func() bool) (ok bool, failures int,
	wait time.Duration) {
	var leave func()
	for waited := time.Duration(0); ; waited += wait {
		ok, failures, wait = who.attempt(g.cfg.Now(), check)
		if wait == 0 || waited+wait > maxWait {
			return ok, failures, wait
		}
		if leave == nil {
			var free bool
			if leave, free = who.queue(); !free {
				return false, failures, wait
			}
			defer leave()
		}
		if !sleep(ctx, wait) {
			return false, failures, wait
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Portal lets in who shows the portal's key, and remembers the user that it speaks for.
func (g *Gatekeeper) Portal() gin.HandlerFunc {
	return func(c *gin.Context) {
		given := digest(c.GetHeader("x-portal-key"))
		if subtle.ConstantTimeCompare(given[:], g.portalKey[:]) != 1 {
			g.cfg.Log.Warn("portal key refused", "address", g.net.client(c.Request).String())
			g.Refuse(c, http.StatusUnauthorized, "Invalid portal key")
			return
		}
		email := strings.TrimSpace(c.GetHeader("x-user-email"))
		c.Set(keyEmail, email)
		c.Set(keyBy, email)
		c.Next()
	}
}

// Address gives the address that a request comes from, trusted proxies looked through.
func (g *Gatekeeper) Address(r *http.Request) netip.Addr { return g.net.client(r) }

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// Sentence gives what a person may read of an error.
func Sentence(err error) string {
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		return locale.English(e)
	}
	return internalError
}

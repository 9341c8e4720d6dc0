package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"flowhq"
)

// Names of the session cookie. The prefix makes browsers refuse a cookie that a neighbouring host or a page without TLS
// set.
const (
	cookieName       = "flowhq_session"
	secureCookieName = "__Host-flowhq_session"
)

// touchEvery is how often LastSeenAt is written at most.
const touchEvery = time.Minute

// maxSessions is how many browsers may be signed in at once; the one unseen for longest makes room. A script that takes
// pages with a password in their address would fill the store otherwise.
const maxSessions = 100

// maxUserAgent is how many bytes of a browser's name are kept with its session.
const maxUserAgent = 200

// SignIn checks the admin password for the browser of c and gives it a session. A wrong password is CodeUnauthorized,
// too many of them CodeUnavailable with the time to wait in the sentence (and in Retry-After, set on c).
func (g *Gatekeeper) SignIn(c *gin.Context, password string) error {
	if err := g.verify(c, password); err != nil {
		return err
	}
	return g.startSession(c)
}

// SignOut ends the session of the browser of c and takes its cookie. Without a session it does nothing.
func (g *Gatekeeper) SignOut(c *gin.Context) error {
	s, err := g.sessionOf(c.Request)
	g.setCookie(c, "", -1)
	if err != nil || s == nil {
		return err
	}
	g.cfg.Log.Info("admin signed out", "session", s.ID, "address", g.net.client(c.Request).String())
	return g.EndSession(c.Request.Context(), s.ID)
}

// Sessions lists the sessions that are good now, latest seen first.
func (g *Gatekeeper) Sessions(ctx context.Context, p flowhq.PageQuery) ([]flowhq.AdminSession, error) {
	now := g.cfg.Now()
	return g.cfg.Sessions.AdminSessions(ctx, flowhq.AdminSessionQuery{PageQuery: p, Alive: now,
		SeenSince: now.Add(-g.cfg.Idle)})
}

// EndSession signs out the browser that has this session. One that is gone already is CodeNotFound.
func (g *Gatekeeper) EndSession(ctx context.Context, id string) error {
	return g.cfg.Sessions.DeleteAdminSession(ctx, id)
}

// Session gives the session that the request came in by; nil when it came in by a password.
func Session(c *gin.Context) *flowhq.AdminSession {
	s, _ := c.Value(keySession).(*flowhq.AdminSession)
	return s
}

// StillIn tells whether the credential that c came in by is good still: a stream that stays open for hours must end
// when its browser was signed out. Where the store can't tell, nothing changes.
func (g *Gatekeeper) StillIn(c *gin.Context) bool {
	if Session(c) == nil {
		return true
	}
	s, err := g.sessionOf(c.Request)
	return err != nil || s != nil
}

// startSession makes a session and sets its cookie. The one that the browser had before ends, and those that ended of
// themselves are cleared away.
func (g *Gatekeeper) startSession(c *gin.Context) error {
	token := make([]byte, 32)
	if _, err := rand.Read(token); err != nil {
		return fmt.Errorf("reading random bytes: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	ctx, value, now := c.Request.Context(), base64.RawURLEncoding.EncodeToString(token), g.cfg.Now().UTC()
	s := flowhq.AdminSession{
		ID: id.String(), TokenHash: g.tokenHash(value), Address: g.net.client(c.Request).String(),
		UserAgent: cut(c.Request.UserAgent(), maxUserAgent), CreatedAt: now, LastSeenAt: now,
		ExpiresAt: now.Add(g.cfg.Absolute),
	}
	before, err := g.sessionOf(c.Request)
	if err != nil {
		return err
	}
	if err := g.cfg.Sessions.CreateAdminSession(ctx, s); err != nil {
		return err
	}
	g.clearAway(ctx, before)
	g.setCookie(c, value, int(g.cfg.Absolute/time.Second))
	g.cfg.Log.Info("admin signed in", "session", s.ID, "address", s.Address)
	return nil
}

// clearAway deletes the sessions that nobody can use any more, the one named, and what is over maxSessions.
func (g *Gatekeeper) clearAway(ctx context.Context, before *flowhq.AdminSession) {
	all, err := g.cfg.Sessions.AdminSessions(ctx, flowhq.AdminSessionQuery{})
	slices.SortFunc(all, func(a, b flowhq.AdminSession) int {
		return cmp.Or(b.LastSeenAt.Compare(a.LastSeenAt), strings.Compare(b.ID, a.ID)) // ids grow with time
	})
	kept := 0
	for _, s := range all {
		if g.good(s) && kept < maxSessions && (before == nil || s.ID != before.ID) {
			kept++
			continue
		}
		err = errors.Join(err, g.cfg.Sessions.DeleteAdminSession(ctx, s.ID))
	}
	if err != nil && flowhq.CodeOf(err) != flowhq.CodeNotFound {
		g.cfg.Log.Warn("sessions that ended could not be cleared away", "error", err)
	}
}

// sessionOf finds the session of a request's cookie; nil when it has none that is good.
func (g *Gatekeeper) sessionOf(r *http.Request) (*flowhq.AdminSession, error) {
	cookie, err := r.Cookie(g.cookieName(r))
	if err != nil || len(cookie.Value) != base64.RawURLEncoding.EncodedLen(32) {
		return nil, nil
	}
	s, err := g.cfg.Sessions.AdminSessionByHash(r.Context(), g.tokenHash(cookie.Value))
	switch {
	case flowhq.CodeOf(err) == flowhq.CodeNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case !g.good(s):
		return nil, nil
	}
	if now := g.cfg.Now().UTC(); now.Sub(s.LastSeenAt) >= touchEvery {
		s.LastSeenAt = now
		if err := g.cfg.Sessions.TouchAdminSession(r.Context(), s.ID, now); err != nil {
			g.cfg.Log.Warn("a session's time could not be written", "session", s.ID, "error", err)
		}
	}
	return &s, nil
}

func (g *Gatekeeper) good(s flowhq.AdminSession) bool {
	now := g.cfg.Now()
	return now.Before(s.ExpiresAt) && now.Before(s.LastSeenAt.Add(g.cfg.Idle))
}

// tokenHash is what the store keeps of a cookie: its SHA-256 together with a print of the admin password, so that a new
// password ends every session. The cookie is 256 random bits, so the hash tells nothing of the password.
func (g *Gatekeeper) tokenHash(value string) []byte {
	h := sha256.New()
	h.Write([]byte(value))
	h.Write(g.credential.print[:])
	return h.Sum(nil)
}

func (g *Gatekeeper) cookieName(r *http.Request) string {
	if g.net.secure(r) {
		return secureCookieName
	}
	return cookieName
}

// setCookie sets the session cookie; maxAge in seconds, negative to take it away. SameSite is Lax, not Strict: a link
// to a tenant in a chat or a mail must not land on the sign-in page. What Lax lets through are top-level GETs, which
// change nothing here; everything that does is checked for its origin in Secure.
func (g *Gatekeeper) setCookie(c *gin.Context, value string, maxAge int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: g.cookieName(c.Request), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: g.net.secure(c.Request), SameSite: http.SameSiteLaxMode,
	})
}

func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "") // PostgreSQL takes nothing else
}

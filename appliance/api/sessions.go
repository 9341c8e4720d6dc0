package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
)

// adminSessionView is one signed-in browser.
type adminSessionView struct {
	ID         string `json:"id"`
	Address    string `json:"address"`
	UserAgent  string `json:"user_agent"`
	Current    bool   `json:"current"`
	CreatedAt  stamp  `json:"created_at"`
	LastSeenAt stamp  `json:"last_seen_at"`
	ExpiresAt  stamp  `json:"expires_at"`
}

// listSessions shows the signed-in browsers, all of them or a part; current is the one that asks.
func listSessions(s Sessions) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, 0)
		if err != nil {
			return err
		}
		sessions, err := s.Sessions(c.Request.Context(), flowhq.PageQuery{Before: before, Limit: limit})
		if err != nil {
			return err
		}
		linkNext(c, limit, len(sessions), func() flowhq.Cursor {
			last := sessions[len(sessions)-1]
			return flowhq.Cursor{At: last.LastSeenAt, ID: last.ID}
		})
		own := access.Session(c)
		c.JSON(http.StatusOK, list(sessions, func(s *flowhq.AdminSession) adminSessionView {
			return adminSessionView{
				ID: s.ID, Address: s.Address, UserAgent: s.UserAgent, Current: own != nil && own.ID == s.ID,
				CreatedAt: stamp(s.CreatedAt), LastSeenAt: stamp(s.LastSeenAt), ExpiresAt: stamp(s.ExpiresAt),
			}
		}))
		return nil
	}
}

// endSession signs a browser out.
func endSession(s Sessions) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Session")
		if err != nil {
			return err
		}
		if err := s.EndSession(c.Request.Context(), id); err != nil {
			return missing(err, "Session")
		}
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
		return nil
	}
}

// signIn gives a browser a session for the admin password.
func signIn(s Sessions) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		password := in.text("password")
		if err := in.err(); err != nil {
			return err
		}
		if err := s.SignIn(c, password); err != nil {
			if flowhq.CodeOf(err) == flowhq.CodeUnavailable && c.Writer.Header().Get("Retry-After") != "" {
				return fail(http.StatusTooManyRequests, access.Sentence(err))
			}
			return err
		}
		done(c, "Signed in")
		return nil
	}
}

// signOut ends the session of the browser that asks.
func signOut(s Sessions) call {
	return func(c *gin.Context) error {
		if err := s.SignOut(c); err != nil {
			return err
		}
		done(c, "Signed out")
		return nil
	}
}

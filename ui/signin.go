package ui

import (
	"flowhq/appliance/access"
	"flowhq/locale/key"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// Where browsers sign in and out.
const (
	signInPath  = "/sign-in"
	signOutPath = "/sign-out"
)

// accessPages let browsers in and out, and show which are in.
type accessPages struct {
	*renderer
	gate *access.Gatekeeper
}

func (h *accessPages) routes() []Route {
	return []Route{
		get(signInPath, h.signInPage).open(), post(signInPath, h.signIn).open(), post(signOutPath, h.signOut).open(),
		post("/language", h.setLanguage).open(),
		get(sessionsPath, h.sessions), post(sessionsPath+"/end-others", h.endOtherSessions),
		post(sessionsPath+"/:id/end", h.endSession),
	}
}

type signInView struct {
	Lang      flowhq.Language
	Simulator bool
	Next      string
	Wrong     string
}

func (h *accessPages) signInPage(c *gin.Context) {
	h.render(c, http.StatusOK, pageSignIn, "sign-in", signInView{
		Lang: language(c.Request), Simulator: h.simulator, Next: access.SafeNext(c.Query("next")),
	})
}

func (h *accessPages) signIn(c *gin.Context) {
	next := access.SafeNext(c.PostForm("next"))
	err := h.gate.SignIn(c, c.PostForm("password"))
	if err == nil {
		c.Redirect(http.StatusSeeOther, next)
		return
	}
	v := signInView{Lang: language(c.Request), Simulator: h.simulator, Next: next, Wrong: h.sentence(c, err)}
	code := statusOf(err)
	switch flowhq.CodeOf(err) {
	case flowhq.CodeUnauthorized:
		v.Wrong = h.translator(c).text(key.PageSignInFailed)
	case flowhq.CodeUnavailable:
		v.Wrong, code = h.translator(c).text(key.PageSignInSlow), http.StatusTooManyRequests
	}
	h.render(c, code, pageSignIn, "sign-in", v)
}

func (h *accessPages) signOut(c *gin.Context) {
	if err := h.gate.SignOut(c); err != nil {
		h.log.Warn("sign out", "error", err)
	}
	c.Redirect(http.StatusSeeOther, signInPath)
}

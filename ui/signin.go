package ui

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// Where browsers sign in and out.
const (
	signInPath  = "/sign-in"
	signOutPath = "/sign-out"
)

type signInView struct {
	Lang      flowhq.Language
	Simulator bool
	Next      string
	Wrong     string
}

func (u *UI) signInPage(c *gin.Context) {
	u.render(c, http.StatusOK, pageSignIn, "sign-in", signInView{
		Lang: language(c.Request), Simulator: u.simulator, Next: localPath(c.Query("next")),
	})
}

func (u *UI) signIn(c *gin.Context) {
	next := localPath(c.PostForm("next"))
	err := u.door.SignIn(c, c.PostForm("password"))
	if err == nil {
		c.Redirect(http.StatusSeeOther, next)
		return
	}
	v := signInView{Lang: language(c.Request), Simulator: u.simulator, Next: next, Wrong: u.sentence(c, err)}
	code := statusOf(err)
	switch flowhq.CodeOf(err) {
	case flowhq.CodeUnauthorized:
		v.Wrong = u.locale(c).text("sign_in.failed")
	case flowhq.CodeUnavailable:
		v.Wrong, code = u.locale(c).text("sign_in.slow"), http.StatusTooManyRequests
	}
	u.render(c, code, pageSignIn, "sign-in", v)
}

func (u *UI) signOut(c *gin.Context) {
	if err := u.door.SignOut(c); err != nil {
		u.log.Warn("sign out", "error", err)
	}
	c.Redirect(http.StatusSeeOther, signInPath)
}

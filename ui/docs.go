package ui

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

const docsPath = "/api/docs"

type docsView struct {
	Page
	*apiDocument
}

// docs shows the description of the API, to everybody: so is the document itself served.
func (u *UI) docs(c *gin.Context) {
	if u.openAPI == nil {
		u.fail(c, flowhq.NotFound("Part"))
		return
	}
	l := u.locale(c)
	title := l.text("docs.title")
	p := Page{Lang: l.lang, Title: title, Nav: "docs", Path: docsPath, Simulator: u.simulator, Bare: true}
	u.render(c, http.StatusOK, pageDocs, "layout", docsView{p, u.openAPI})
}

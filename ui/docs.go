package ui

import (
	"flowhq/locale/key"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

const docsPath = "/api/docs"

// docsPage shows the description of the API.
type docsPage struct {
	*renderer
	document *apiDocument // nil: there is none
}

func (h *docsPage) routes() []Route { return []Route{get(docsPath, h.show).open()} }

type docsView struct {
	Page
	*apiDocument
}

// docs shows the description of the API, to everybody: so is the document itself served.
func (h *docsPage) show(c *gin.Context) {
	if h.document == nil {
		h.fail(c, flowhq.NotFound("Part"))
		return
	}
	l := h.translator(c)
	title := l.text(key.PageDocsTitle)
	p := Page{Lang: l.lang, Title: title, Nav: "docs", Path: docsPath, Simulator: h.simulator, Bare: true}
	h.render(c, http.StatusOK, pageDocs, "layout", docsView{p, h.document})
}

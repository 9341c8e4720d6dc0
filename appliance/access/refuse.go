package access

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Refuse ends a request with a sentence: as JSON {"error": …}, or as a page for a browser.
func (g *Gatekeeper) Refuse(c *gin.Context, status int, sentence string) {
	if !WantsHTML(c) {
		c.AbortWithStatusJSON(status, gin.H{"error": sentence})
		return
	}
	if g.cfg.Page != nil {
		g.cfg.Page(c.Writer, c.Request, status, sentence)
		c.Abort()
		return
	}
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.String(status, "%s\n", sentence)
	c.Abort()
}

// internalError is what a person reads of a fault of ours.
const internalError = "Something went wrong here. It is in the log."

func (g *Gatekeeper) fault(c *gin.Context) {
	if c.Writer.Written() {
		c.Abort()
		return
	}
	g.Refuse(c, http.StatusInternalServerError, internalError)
}

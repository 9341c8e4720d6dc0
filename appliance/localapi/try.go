package localapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// maxMessages is how many messages one call gives.
const maxMessages = 20_000

// Conversations is what `flowhq try` needs of a business: what customers are answered with, and what they would be
// answered with by the draft.
type Conversations struct {
	InForce flowhq.Conversation  `json:"in_force"`
	Draft   *flowhq.Conversation `json:"draft"`
}

func (l *Calls) conversation(c *gin.Context) error {
	var v Conversations
	var err error
	if v.InForce, v.Draft, err = l.cfg.Services.Flows.Conversation(c.Request.Context(), c.Param("id")); err != nil {
		return err
	}
	c.JSON(http.StatusOK, v)
	return nil
}

// messages gives a business's newest messages, oldest first.
func (l *Calls) messages(c *gin.Context) error {
	limit, err := number(c, "limit", flowhq.MaxLimit)
	if err != nil {
		return err
	}
	if limit > maxMessages {
		return flowhq.Errorf(flowhq.CodeInvalid, "limit must be %d at most.", maxMessages)
	}
	t, err := l.cfg.Services.Tenants.Tenant(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	found, err := l.cfg.Services.Flows.RecentMessages(c.Request.Context(), t.ID, limit)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, found)
	return nil
}

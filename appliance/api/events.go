package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/tenants"
)

type eventView struct {
	ID        string          `json:"id"`
	TenantID  string          `json:"tenant_id"`
	Type      string          `json:"type"`
	Detail    string          `json:"detail"`
	Payload   json.RawMessage `json:"payload"`
	CreatedAt stamp           `json:"created_at"`
}

func viewEvent(e *flowhq.TenantEvent) eventView {
	return eventView{
		ID: e.ID, TenantID: e.TenantID, Type: e.Type, Detail: e.Detail, Payload: rawOrNull(e.Payload),
		CreatedAt: stamp(e.CreatedAt),
	}
}

// listEvents shows a tenant's time line, newest first.
func listEvents(businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, flowhq.DefaultLimit)
		if err != nil {
			return err
		}
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		rows, err := businesses.Events(c.Request.Context(), id,
			flowhq.EventQuery{Type: strings.ToUpper(c.Query("type")), Before: before, Limit: limit})
		if err != nil {
			return err
		}
		linkNext(c, limit, len(rows), func() flowhq.Cursor {
			last := rows[len(rows)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		})
		c.JSON(http.StatusOK, list(rows, viewEvent))
		return nil
	}
}

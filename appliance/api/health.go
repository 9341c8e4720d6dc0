package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/supervisor"
)

type healthView struct {
	Status string `json:"status"`
}

// alive says that the appliance answers.
func alive(c *gin.Context) error {
	c.JSON(http.StatusOK, healthView{Status: "ok"})
	return nil
}

// readyTimeout bounds how long readiness is looked for.
const readyTimeout = 5 * time.Second

// ready says whether the store and the process manager answer. Why not is in the log: anybody may ask here.
func (a *API) ready(health *supervisor.Supervisor) call {
	return func(c *gin.Context) error {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
		defer cancel()
		if err := health.Health(ctx); err != nil {
			a.cfg.Log.Warn("not ready", "error", err)
			c.JSON(http.StatusServiceUnavailable, healthView{Status: "unavailable"})
			return nil
		}
		c.JSON(http.StatusOK, healthView{Status: "ready"})
		return nil
	}
}

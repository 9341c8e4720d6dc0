package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
	"flowhq/appliance/conversations"
)

// exportCustomer gives all that is kept of a customer.
func exportCustomer(erasure *conversations.Erasure) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		data, err := erasure.CustomerData(c.Request.Context(), id, c.Param("chat"))
		if err != nil {
			return err
		}
		c.Header("Content-Disposition", `attachment; filename="customer.json"`)
		c.JSON(http.StatusOK, data)
		return nil
	}
}

func eraseCustomer(erasure *conversations.Erasure) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if _, err := erasure.EraseCustomer(c.Request.Context(), access.By(c), id, c.Param("chat")); err != nil {
			return err
		}
		c.Status(http.StatusNoContent)
		return nil
	}
}

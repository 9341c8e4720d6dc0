package api

import (
	"net/http"
	"strconv"

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

// ErasedRows is the header that says how many rows an erasure removed.
const ErasedRows = "Flowhq-Erased-Rows"

func eraseCustomer(erasure *conversations.Erasure) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		rows, err := erasure.EraseCustomer(c.Request.Context(), access.By(c), id, c.Param("chat"))
		if err != nil {
			return err
		}
		c.Header(ErasedRows, strconv.FormatInt(rows, 10))
		c.Status(http.StatusNoContent)
		return nil
	}
}

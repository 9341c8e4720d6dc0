package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
)

type customerEraser interface {
	CustomerData(ctx context.Context, id, chat string) (map[string][]map[string]any, error)
	EraseCustomer(ctx context.Context, by, id, chat string) (int64, error)
}

// exportCustomer gives all that is kept of a customer.
func exportCustomer(f customerEraser) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		data, err := f.CustomerData(c.Request.Context(), id, c.Param("chat"))
		if err != nil {
			return err
		}
		c.Header("Content-Disposition", `attachment; filename="customer.json"`)
		c.JSON(http.StatusOK, data)
		return nil
	}
}

func eraseCustomer(f customerEraser) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if _, err := f.EraseCustomer(c.Request.Context(), access.By(c), id, c.Param("chat")); err != nil {
			return err
		}
		c.Status(http.StatusNoContent)
		return nil
	}
}

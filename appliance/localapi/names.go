package localapi

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// WorkerName is what a business may be called on the command line.
type WorkerName struct {
	TenantID string `json:"tenant_id"`
	Name     string `json:"name"`
	Number   string `json:"phone_number"`
}

// names lists the businesses without measuring anything; with "called", the one that is called so.
func (l *Calls) names(c *gin.Context) error {
	called, ctx := c.Query("called"), c.Request.Context()
	if called != "" {
		if t, err := l.cfg.Services.Tenants.Tenant(ctx, called); err == nil {
			c.JSON(http.StatusOK, []WorkerName{nameOf(t)})
			return nil
		}
	}
	tenants, err := l.cfg.Services.Tenants.Tenants(ctx, flowhq.TenantFilter{})
	if err != nil {
		return err
	}
	if called != "" {
		t, err := FindTenant(called, tenants)
		if err != nil {
			return err
		}
		tenants = []flowhq.TenantDetail{t}
	}
	names := make([]WorkerName, len(tenants))
	for i, t := range tenants {
		names[i] = nameOf(t)
	}
	c.JSON(http.StatusOK, names)
	return nil
}

func nameOf(t flowhq.TenantDetail) WorkerName {
	return WorkerName{TenantID: t.ID, Name: businessName(t), Number: t.PhoneNumber}
}

// businessName gives the name that people know a business by.
func businessName(t flowhq.TenantDetail) string {
	if t.Config != nil && t.Config.BusinessName != "" {
		return t.Config.BusinessName
	}
	return t.Name
}

// FindTenant gives the one of tenants that a person means: by id, by the beginning of an id (4 characters or more), by
// number, or by name. None is CodeNotFound, more than one CodeConflict.
func FindTenant(wanted string, tenants []flowhq.TenantDetail) (flowhq.TenantDetail, error) {
	var found []flowhq.TenantDetail
	for _, t := range tenants {
		if means(wanted, t) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return flowhq.TenantDetail{}, flowhq.Errorf(flowhq.CodeNotFound,
			"No tenant has the id, number or name %q. `flowhq ps` lists them.", wanted)
	case 1:
		return found[0], nil
	}
	return flowhq.TenantDetail{}, flowhq.Errorf(flowhq.CodeConflict,
		"%d tenants are meant by %q. Use the id.", len(found), wanted)
}

// minPrefix is how much of an id must be written.
const minPrefix = 4

func means(wanted string, t flowhq.TenantDetail) bool {
	number := strings.TrimPrefix(wanted, "+")
	switch {
	case len(wanted) >= minPrefix && strings.HasPrefix(t.ID, strings.ToLower(wanted)),
		number != "" && number == strings.TrimPrefix(t.PhoneNumber, "+"),
		strings.EqualFold(wanted, t.Name):
		return true
	}
	return t.Config != nil && strings.EqualFold(wanted, t.Config.BusinessName)
}

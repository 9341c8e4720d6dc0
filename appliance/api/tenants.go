package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/conversations"
	"flowhq/appliance/tenants"
	"flowhq/locale/key"
)

// logsWithTenant is how many log rows come along with one tenant.
const logsWithTenant = 50

// listTenants: all of them, newest first; q, status, limit and before narrow the list.
func listTenants(businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, 0)
		if err != nil {
			return err
		}
		filter := flowhq.TenantFilter{
			Query: c.Query("q"), Status: flowhq.TenantStatus(strings.ToUpper(c.Query("status"))), Before: before,
			Limit: limit,
		}
		switch filter.Status {
		case "", flowhq.TenantNew, flowhq.TenantQRPending, flowhq.TenantActive, flowhq.TenantPaused, flowhq.TenantError:
		default:
			return flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("status", key.InputTenantStatus)})
		}
		rows, err := businesses.Tenants(c.Request.Context(), filter)
		if err != nil {
			return err
		}
		linkNext(c, limit, len(rows), func() flowhq.Cursor {
			last := rows[len(rows)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		})
		c.JSON(http.StatusOK, list(rows, viewTenant))
		return nil
	}
}

// createTenant makes a tenant; whether the fields are good is for the tenants' service to say.
func createTenant(businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		t := flowhq.NewTenant{
			Name:         in.text("name"),
			PhoneNumber:  in.text("phone_number"),
			TemplateType: flowhq.TemplateType(in.text("template_type")),
			BusinessName: in.text("business_name"),
			Language:     flowhq.Language(in.text("language")),
		}
		if err := in.err(); err != nil {
			return err
		}
		made, err := businesses.CreateTenant(c.Request.Context(), access.By(c), t)
		if err != nil {
			return err
		}
		c.Header("Location", "/admin/tenants/"+made.ID)
		c.JSON(http.StatusCreated, viewTenant(&made))
		return nil
	}
}

type tenantWithLogs struct {
	Tenant tenantView    `json:"tenant"`
	Logs   []messageView `json:"logs"`
}

// showTenant: one tenant and the newest of its messages.
func showTenant(businesses *tenants.Service, chats *conversations.Chats) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		t, err := businesses.Tenant(c.Request.Context(), id)
		if err != nil {
			return err
		}
		logs, err := chats.Messages(c.Request.Context(), id, flowhq.MessageQuery{Limit: logsWithTenant})
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, tenantWithLogs{Tenant: viewTenant(&t), Logs: list(logs, viewMessage)})
		return nil
	}
}

// patchTenant changes what the body names and leaves the rest.
func patchTenant(businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		p := flowhq.TenantPatch{Name: in.maybeText("name"), PhoneNumber: in.maybeText("phone_number"),
			BusinessName: in.maybeText("business_name")}
		if s := in.maybeText("template_type"); s != nil {
			p.TemplateType = new(flowhq.TemplateType(*s))
		}
		if s := in.maybeText("language"); s != nil {
			p.Language = new(flowhq.Language(*s))
		}
		if h := in.openingHours("hours_json"); h != nil {
			if p.HoursJSON, err = json.Marshal(h); err != nil {
				return err
			}
		}
		if err := in.err(); err != nil {
			return err
		}
		t, err := businesses.UpdateTenant(c.Request.Context(), access.By(c), id, p)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewTenant(&t))
		return nil
	}
}

// deleteTenant takes the tenant and all that belongs to it.
func deleteTenant(businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if err := businesses.DeleteTenant(c.Request.Context(), access.By(c), id); err != nil {
			return err
		}
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
		return nil
	}
}
